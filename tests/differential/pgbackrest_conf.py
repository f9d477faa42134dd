"""Our reading of pgBackRest's configuration against pgBackRest's own, over any number of generated files.

    python -m tests.differential.pgbackrest_conf --cases 2000             both versions; exit 1 if anything differs
    python -m tests.differential.pgbackrest_conf --cases 1 --first 4711   one case again, with its files

Each case is given to several commands. Compared are the error that ends a command, with its text; the lines that it warns
about; and the line that begins its log, which holds every option that is not at its default.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pgsurvive.catalog import pgbackrest as catalog
from pgsurvive.catalog.pgbackrest import VERSIONS
from pgsurvive.catalog.pgbackrest_keys import Found, indexed, look_up
from pgsurvive.estate import pgbackrest
from pgsurvive.estate.files import NoFiles
from pgsurvive.estate.pgbackrest import State
from pgsurvive.estate.pgbackrest_reading import Reading, Skipped, read
from pgsurvive.syntax import pgbackrest_conf
from pgsurvive.text import Source
from tests.differential.figures import record
from tests.differential.generate_pgbackrest import Case, case
from tests.support.pgbackrest_reading import LOGGING, Said, ask
from tests.support.software import pgbackrest as current_program
from tests.support.software import pgbackrest_2_45

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgsurvive.syntax.pgbackrest_conf import PgbackrestConf

_PARAMETERS = {
    "archive-get": ["000000010000000000000001", "x"],
    "archive-push": ["x"],
    "server-ping": ["127.0.0.1"],
}
_EXEC_ID = re.compile(r" --exec-id=\S+")


def program(version: str) -> Path:
    """The real program of a version."""
    return {VERSIONS[0]: pgbackrest_2_45, VERSIONS[-1]: current_program}[version]()


class Desk:
    """A directory in which each case's files are put, where the program finds them."""

    def __init__(self, directory: Path, version: str) -> None:
        self.directory = directory
        self.version = version
        self.program = program(version)
        directory.chmod(0o755)

    def write(self, configuration: Case) -> None:
        """Puts the files in place, and removes those of the case before."""
        shutil.rmtree(self.directory / "conf.d", ignore_errors=True)
        (self.directory / "pgbackrest.conf").unlink(missing_ok=True)
        for name, content in configuration.files.items():
            file = self.directory / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)

    def arguments(self, configuration: Case, command: str) -> dict[str, str]:
        """The options on the command line, apart from the stanza."""
        where = (
            {"config-path": str(self.directory)}
            if configuration.with_include
            else {"config": f"{self.directory}/pgbackrest.conf"}
        )
        known = catalog.definition("lock-path", self.version)
        if known and command in known.commands:
            where["lock-path"] = "/tmp/pgsurvive.lock"
        return where

    def theirs(self, configuration: Case, command: str, stanza: str | None) -> Said:
        """What the program makes of the files."""
        options = [f"--{name}={value}" for name, value in self.arguments(configuration, command).items()]
        options += [f"--stanza={stanza}"] if stanza else []
        return ask(
            self.program, [command, *options, *_PARAMETERS.get(command, [])], configuration.environment
        )

    def ours(self, configuration: Case, command: str, stanza: str | None) -> Reading:
        """What pgsurvive makes of them."""
        arguments = self.arguments(configuration, command) | LOGGING
        return read(
            trees(configuration),
            command,
            stanza,
            arguments=arguments,
            environment=configuration.environment,
            version=self.version,
        )

    @staticmethod
    def unlike_model(configuration: Case, command: str, stanza: str | None, mine: Reading) -> str | None:
        """Where the model that the rules ask says otherwise than the reading that the program has confirmed."""
        if "pgbackrest.conf" not in configuration.files or configuration.environment:
            return None
        files = Memory(configuration.files if configuration.with_include else {})
        config = pgbackrest.read(
            Source.decode("pgbackrest.conf", configuration.files["pgbackrest.conf"]), files
        )
        if not config.is_complete:
            return None  # the model doesn't say what it can't know
        for options, state in ((mine.taken, State.SET), (mine.dropped, State.IGNORED)):
            for name, given in options.items():
                found = look_up(given.entry.key) if given.entry else None
                if not isinstance(found, Found) or found.name != name:
                    continue  # from the command line, or of a repository that the program has renamed
                option = config.effective(name, stanza, command)
                value = mine.values.get(name) if state is State.SET else None
                if (option.state, option.value, option.text) != (state, value, given.texts[0]):
                    return f"the model has {name} as {option}, the reading as {value!r} from {given.texts}"
        return None

    def difference(self, configuration: Case, command: str, stanza: str | None) -> str | None:
        """What the two say differently, or None."""
        mine = self.ours(configuration, command, stanza)
        theirs = self.theirs(configuration, command, stanza)
        said = (theirs.error[0], theirs.error[1]) if theirs.error else None
        if said is None and theirs.begin is None and mine.refusal is not None:
            pass  # 2.45 crashes over repo0-path
        elif mine.refusal is not None:
            expected = (mine.refusal.code, mine.refusal.message)
            if said is None or said[0] != expected[0] or not said[1].startswith(expected[1]):
                return f"refused: {expected}, the program says {said or theirs.begin}"
        elif said is not None and not (theirs.begin is not None and said[0] in _BY_THE_MACHINE):
            return f"accepted: {shown(mine, command, self.version)}, the program says {said}"
        elif theirs.begin is None:
            return f"accepted: the program says nothing: {theirs}"
        else:
            begin = _EXEC_ID.sub(
                "", theirs.begin.partition("]")[2] if command in _PARAMETERS else theirs.begin
            )
            expected_text = shown(mine, command, self.version)
            if begin.encode(errors="surrogateescape") != expected_text.encode(errors="surrogateescape"):
                return f"options: {expected_text}\n  the program says {begin}"
        if mine.refusal is None and self.version == VERSIONS[-1]:
            unlike = self.unlike_model(configuration, command, stanza, mine)
            if unlike:
                return unlike
        expected_warnings = [warned(each.why, each.key, each.section) for each in mine.warnings]
        theirs_about_files = [w for w in theirs.warnings if w.startswith("configuration file contains")]
        if expected_warnings != theirs_about_files:
            return f"warnings: {expected_warnings}, the program says {theirs_about_files}"
        return None


class Memory(NoFiles):
    """The files of a case, as the model reads them."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def read(self, path: str) -> Source | None:
        """The file under this name."""
        return Source.decode(path, self._files[path]) if path in self._files else None

    def names_in(self, directory: str) -> list[str] | None:
        """The names in a directory."""
        return [
            name.removeprefix(f"{directory}/") for name in self._files if name.startswith(f"{directory}/")
        ]


_DEFAULT_IF_DROPPED = frozenset({"archive-copy", "archive-mode-check", "repo-block"})
"""Options that come to a default of their own where what they depend on doesn't hold, from build/config.yaml."""

_BY_THE_MACHINE = frozenset({41, 47, 50, 53, 104})
"""Errors behind the reading, such as a lock that can't be taken."""


def trees(configuration: Case) -> list[PgbackrestConf]:
    """The files in the order in which the program reads them."""
    names = [name for name in configuration.files if name == "pgbackrest.conf"]
    if configuration.with_include:
        names += sorted(
            name
            for name in configuration.files
            if name.startswith("conf.d/") and pgbackrest.is_included(name)
        )
    return [pgbackrest_conf.parse(Source.decode(name, configuration.files[name])) for name in names]


def warned(why: Skipped, key: str, section: str) -> str:
    """The program's warning about a line."""
    text = f"configuration file {why.value} '{key}'"
    if why is Skipped.NOT_OF_COMMAND:
        return f"configuration file contains option '{key}' invalid for section '{section}'"
    return text + (f" in global section '{section}'" if why is Skipped.STANZA_ONLY else "")


def shown(reading: Reading, command: str, version: str) -> str:
    """The options as the program logs them when a command begins."""
    text = ""
    for name in sorted(catalog.names(version)):
        known = catalog.definition(name, version)
        assert known is not None
        if command not in known.commands:
            continue
        for index in reading.indexes[known.group] if known.group else [None]:
            key = indexed(known, index)
            given = reading.taken.get(key)
            # The program shows a negated option even where it drops it.
            set_at_all = given or (None if known.name in _DEFAULT_IF_DROPPED else reading.dropped.get(key))
            if known.type == "boolean" and set_at_all and set_at_all.texts[0] == "n":
                text += f" --no-{key}"
            elif given is None:
                continue
            elif known.secure:
                text += f" --{key}=<redacted>"
            elif known.type == "boolean":
                text += f" --{key}"
            else:
                texts = list(given.texts)
                if known.type == "hash":
                    pairs = dict(t.split("=", 1) for t in texts)
                    texts = [f"{k}={v}" for k, v in pairs.items()]
                quoted = (f'"{t}"' if " " in t else t for t in texts)
                text += "".join(f" --{key}={t}" for t in quoted)
    return text


def compare(version: str, cases: Iterable[Case]) -> Iterator[tuple[Case, str]]:
    """The cases in which program and reader disagree, each with the difference."""
    with tempfile.TemporaryDirectory(prefix="pgs.") as directory:
        desk = Desk(Path(directory), version)
        for each in cases:
            desk.write(each)
            for command, stanza in each.asked:
                found = desk.difference(each, command, stanza)
                if found:
                    yield each, f"{command} {stanza or ''}: {found}"


def real_files(directory: Path) -> list[Case]:
    """Each file in a directory as the whole configuration, asked by the commands that matter for each of its stanzas."""
    cases = []
    for file in sorted(directory.iterdir()):
        tree = pgbackrest_conf.parse(Source.read(file))
        stanzas = dict.fromkeys(s.stanza for s in tree.sections if not s.is_global) or {"main": None}
        commands = (
            "archive-get",
            "archive-push",
            "backup",
            "check",
            "expire",
            "info",
            "restore",
            "stanza-create",
            "verify",
        )
        asked = tuple((command, stanza) for stanza in stanzas for command in commands)
        cases.append(Case(file.name, {"pgbackrest.conf": file.read_bytes()}, {}, asked, with_include=False))
    return cases


def main() -> int:
    """Compares and reports; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=1000, metavar="N", help="generated files per version")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the seed to begin with")
    parser.add_argument("--version", action="append", choices=VERSIONS)
    parser.add_argument("--files", type=Path, metavar="DIRECTORY", help="compare real files too")
    parser.add_argument("--record", action="store_true", help="write the figures into docs/testing.md")
    options = parser.parse_args()
    cases = [case(seed) for seed in range(options.first, options.first + options.cases)]
    cases += real_files(options.files) if options.files else []
    total = 0
    for version in options.version or VERSIONS:
        started = time.monotonic()
        found = 0
        for each, difference in compare(version, cases):
            found += 1
            print(f"pgBackRest {version}, {each.name}: {difference}")
            if len(cases) == 1:
                for name, content in each.files.items():
                    print(f"--- {name}\n{content!r}")
        total += found
        asked = sum(len(each.asked) for each in cases)
        seconds = time.monotonic() - started
        print(
            f"pgBackRest {version}: {len(cases)} configurations, {asked} commands, {found} disagreements, {seconds:.0f} s",
            flush=True,
        )
    if options.record:
        _record(len(cases), sum(len(each.asked) for each in cases), total)
    return 1 if total else 0


def _record(cases: int, asked: int, disagreements: int) -> None:
    """Writes the figures between the marks on the site's page about tests."""
    record(
        "pgbackrest.conf",
        f"pgBackRest {' and '.join(VERSIONS)} and pgsurvive each read {cases:,} configurations as {asked:,} "
        f"commands do: {disagreements} disagreements.",
    )


if __name__ == "__main__":
    sys.exit(main())
