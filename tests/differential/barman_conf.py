"""Our reading of Barman's configuration against Barman's own, over any number of generated files.

    python -m tests.differential.barman_conf --cases 2000             exit 1 if anything differs
    python -m tests.differential.barman_conf --cases 1 --first 4711   one case again, with its files

Compared: whether Barman refuses everything, at which line and option and why; the servers and models; each option's value
when the files are read and when a command begins to work; which options and which values Barman says that it ignores.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pgsurvive.catalog import barman as catalog
from pgsurvive.catalog.barman_values import RetentionPolicy
from pgsurvive.estate import barman
from pgsurvive.estate.barman import State, Why
from pgsurvive.text import Source
from tests.differential.figures import record
from tests.differential.generate import Case
from tests.differential.generate_barman import DIRECTORY, MAIN, case
from tests.support.software import barman as barman_programs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from pgsurvive.estate.barman import BarmanConfig, BarmanOption, Refusal, Server

DRIVER = Path(__file__).with_name("barman_driver.py")

_REFUSED_AS = {
    Why.NOT_UTF8: {"UnicodeDecodeError"},
    Why.SYNTAX: {"ParsingError", "MissingSectionHeaderError"},
    Why.REFERENCE: {
        "InterpolationSyntaxError",
        "InterpolationMissingOptionError",
        "InterpolationDepthError",
        "TypeError",
    },
    Why.PERCENT: {"ValueError"},
    Why.NO_GLOBALS: {"NoSectionError"},
    Why.GLOBALS_ELSEWHERE: {"SystemExit"},
    Why.RESERVED: {"SystemExit"},
    Why.NOT_BOOLEAN: {"ValueError"},
    Why.MISSING: {"SystemExit"},
    Why.EMPTY: {"TypeError"},
}
_SAYS = {
    Why.PERCENT: "invalid interpolation syntax",
    Why.GLOBALS_ELSEWHERE: "contains a not empty [barman] section",
    Why.RESERVED: "the reserved word 'all'",
    Why.NOT_BOOLEAN: "Invalid boolean",
    Why.MISSING: "missing required parameters",
}


class Memory:
    """The files of a case, as the model reads them."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def read(self, path: str) -> Source | None:
        """The file under this name."""
        return Source.decode(path, self._files[path]) if path in self._files else None

    def covers(self, path: str) -> bool:  # noqa: ARG002 - the protocol's signature
        """Everything is in the tree."""
        return True

    def names_in(self, directory: str) -> list[str] | None:
        """The names in a directory."""
        if directory != DIRECTORY:
            return None
        return [name.removeprefix(f"{DIRECTORY}/") for name in self._files if name != MAIN]

    def find(self, name: str, near: str) -> Source | None:  # noqa: ARG002 - the protocol's signature
        """Nothing is looked for by name."""
        return None


def ours(configuration: Case) -> BarmanConfig:
    """What pgsurvive reads."""
    files = Memory(configuration.files)
    source = files.read(MAIN)
    assert source is not None
    config = barman.read(source, files)
    # Whatever the main file says, a case is a whole configuration.
    return barman.BarmanConfig(config.tree, config.included) if config.is_fragment else config


class Barman:
    """A process of Barman's Python that reads one configuration after the other."""

    def __enter__(self) -> Self:
        """Starts it."""
        self._directory = tempfile.TemporaryDirectory(prefix="barman-")
        self._process = subprocess.Popen(
            [barman_programs() / "python3", DRIVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONUTF8": "1", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
        self._count = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._directory.cleanup()

    def reading(self, configuration: Case) -> dict[str, Any]:
        """What Barman reads."""
        self._count += 1
        directory = Path(self._directory.name, str(self._count))
        (directory / DIRECTORY).mkdir(parents=True)
        for name, content in configuration.files.items():
            (directory / name).write_bytes(content)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{directory}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def disagreement(mine: BarmanConfig, theirs: dict[str, Any]) -> str | None:
    """What the two say differently, or None."""
    if mine.refusals or "refused" in theirs:
        return _refused_differently(mine, theirs)
    names = [server.name for server in mine.servers]
    if names != list(theirs["servers"]):
        return f"servers: {names}, Barman says {list(theirs['servers'])}"
    models = [model.name for model in mine.models]
    if models != list(theirs["models"]):
        return f"models: {models}, Barman says {list(theirs['models'])}"
    found = _globals_differ(mine, theirs["globals"])
    for server in mine.servers:
        found = found or _values_differ(server, theirs["servers"][server.name])
        found = found or _differs_at_work(server, theirs["at_work"][server.name])
        found = found or _differs_in_method(server, theirs["at_work"][server.name])
    for model in mine.models:
        found = found or _values_differ(model, theirs["models"][model.name])
    return found or _complaints_differ(mine, theirs["said"])


def _refused_differently(mine: BarmanConfig, theirs: dict[str, Any]) -> str | None:
    if not mine.refusals:
        return f"accepted; Barman says {theirs}"
    first = mine.refusals[0]
    what = f"{first.why.name} in {first.source.path} at {first.span} ({first.section}, {first.option})"
    if "refused" not in theirs:
        return f"refused: {what}; Barman accepts it"
    if theirs["refused"] not in _REFUSED_AS[first.why] or _SAYS.get(first.why, "") not in theirs["message"]:
        return f"refused: {what}; Barman says {theirs}"
    if first.why is Why.SYNTAX:
        lines = [_line(r) for r in mine.refusals if r.why is Why.SYNTAX and r.source == first.source]
        if (first.source.path, lines) != (theirs["file"], theirs["lines"]):
            return f"refused: {what} in lines {lines}; Barman says {theirs}"
    if first.why is Why.REFERENCE and theirs["place"][0] and [first.section, first.option] != theirs["place"]:
        return f"refused: {what}; Barman says {theirs}"
    return None


def _line(refusal: Refusal) -> int:
    """The line as Python counts: a carriage return alone ends one, too."""
    source = refusal.source
    before = source.text[: source.offset(refusal.span.line, refusal.span.column)]
    return len(re.findall(r"\r\n?|\n", before)) + 1


def _globals_differ(mine: BarmanConfig, theirs: dict[str, Any]) -> str | None:
    for name, value in theirs.items():
        own: object = mine.option(name).value
        if name == "log_level" and value == logging.INFO and own == "INFO":
            continue  # the default is a number
        if name == "config_changes_queue" and mine.option("barman_home").value is None:
            continue  # nobody wants it in a directory called None
        if (own or None) != (value or None):
            return f"[barman] {name}: {own!r}, Barman says {value!r}"
    return None


def _read(option: BarmanOption, type_: str) -> object:
    """The value that reading leaves, as the driver encodes it."""
    definition = catalog.definition(option.name)
    assert definition is not None
    value: object = option.value
    if not definition.is_read_at_once:
        text = option.text if option.text is not None else definition.default
        unset = type_ == "model" and option.state is State.DEFAULT
        return None if unset or text in ("", "None") else text
    if definition.type == "interval" and value is not None:
        return {"seconds": value}
    if isinstance(value, frozenset):
        return {"set": sorted(value)}
    if isinstance(value, tuple):
        return {"list": list(value)}
    return value


def _values_differ(server: Server, theirs: dict[str, Any]) -> str | None:
    for option in server.options:
        own = _read(option, "model" if server.is_model else "server")
        if own != theirs[option.name] or type(own) is not type(theirs[option.name]):
            return f"[{server.name}] {option.name}: {own!r} ({option.state}), Barman says {theirs[option.name]!r}"
    if len(server.options) != len(theirs):
        return f"[{server.name}]: options {set(theirs) ^ {o.name for o in server.options}}"
    return None


def _differs_at_work(server: Server, theirs: dict[str, Any]) -> str | None:
    if server.breaks_at_work or "error" in theirs:
        return (
            None if server.breaks_at_work and "error" in theirs else f"[{server.name}]: Barman says {theirs}"
        )
    policy = server.effective("retention_policy")
    if theirs["enforced"] is not isinstance(policy.value, RetentionPolicy):
        return f"[{server.name}] retention_policy: {policy.value}, Barman says {theirs['retention_policy']}"
    if isinstance(policy.value, RetentionPolicy) and theirs["retention_policy"] != {
        "policy": _shown(policy.value)
    }:
        return f"[{server.name}] retention_policy: {policy.value}, Barman says {theirs['retention_policy']}"
    names = ["minimum_redundancy", "retention_policy_mode", "bandwidth_limit"]
    for name in names:
        if server.effective(name).value != theirs[name]:
            return f"[{server.name}] {name}: {server.effective(name)}, Barman says {theirs[name]!r}"
    return None


def _differs_in_method(server: Server, theirs: dict[str, Any]) -> str | None:
    """Whether WAL is fetched from where it is put, and which options disable the server."""
    if not theirs.get("is_whole"):
        return None
    streams, archives = (server.effective(name).value for name in ("streaming_archiver", "archiver"))
    forced = server.is_backed_up and not streams and not archives
    if theirs["archiver"] != (archives or forced):
        return f"[{server.name}] archiver: {archives}, Barman says {theirs['archiver']}"
    method = str(server.effective("backup_method").value)
    mine = {
        *(n for n in catalog.NOT_WITH_METHOD.get(method, ()) if server.conflicts(server.effective(n))),
        *(n for n in catalog.NEEDED_BY_METHOD.get(method, ()) if server.effective(n).value is None),
    }
    said = re.findall(
        r"(\w+) option is (?:not supported|required) by|(?:or invalid|requires) (ssh_command)\b",
        "\n".join(theirs["disabled"]),
    )
    disabled = {option or other for option, other in said}
    if "ssh_command" in mine:
        mine = {"ssh_command"}  # Barman looks no further
    if server.effective("conninfo").value is None:
        mine.add("conninfo")
    if "Missing 'conninfo' parameter" in "".join(theirs["disabled"]):
        disabled.add("conninfo")
    unreadable = {option.name for option in server.unreadable_connections}
    said_so = {each.split(":")[0] for each in theirs["disabled"] if "not a valid connection string" in each}
    # Without the first connection, Barman doesn't look at that of the primary.
    expected = {"PostgreSQL connection"} if unreadable & {"conninfo", "primary_conninfo"} else set()
    expected |= {"Streaming connection"} if "streaming_conninfo" in unreadable else set()
    if server.is_backed_up and expected != said_so and "conninfo" not in mine:
        return f"[{server.name}] connections {unreadable}, Barman says {theirs['disabled']}"
    if mine != disabled and server.is_backed_up:
        return f"[{server.name}] disabled by {mine}, Barman says {theirs['disabled']}"
    return None


def _shown(policy: RetentionPolicy) -> str:
    if policy.is_window:
        return f"RECOVERY WINDOW OF {policy.count} {policy.unit.upper()}"
    return f"REDUNDANCY {policy.count}"


def _complaints_differ(mine: BarmanConfig, said: list[tuple[str, list[str]]]) -> str | None:
    unknown = {
        (section, name)
        for section, options in mine.given.items()
        for name in options
        if catalog.is_complained_about(name, mine.kind_of(section))
    }
    theirs = {(a[1], a[0]) for message, a in said if message.startswith("Invalid configuration option")}
    if unknown != theirs:
        return f"unknown options: {unknown - theirs}, Barman says {theirs - unknown}"
    ignored = {
        (server.name, option.name, each.section, each.text)
        for server in (*mine.servers, *mine.models)
        for option in server.options
        for each in option.dropped
        if _is_read_at_once(option.name)
    }
    sections = {(name, section) for _, name, section, _ in ignored}
    complained = {
        (a[1], a[2].removeprefix("[").removesuffix("] section"))
        for message, a in said
        if message.startswith("Ignoring invalid")
    }
    if sections != complained:
        return f"ignored values: {sections - complained}, Barman says {complained - sections}"
    return None


def _is_read_at_once(name: str) -> bool:
    definition = catalog.definition(name)
    return definition is not None and definition.is_read_at_once


def compare(cases: Iterable[Case]) -> Iterator[tuple[Case, str]]:
    """The cases in which Barman and the reader disagree, each with the difference."""
    with Barman() as theirs:
        for each in cases:
            found = disagreement(ours(each), theirs.reading(each))
            if found:
                yield each, found


def real_files(directory: Path) -> list[Case]:
    """Each file in a directory as the main file, or as the only one that a plain main file includes."""
    return [case_of(file.name, file.read_bytes()) for file in sorted(directory.iterdir()) if file.is_file()]


def case_of(name: str, content: bytes) -> Case:
    """A file as the main file, or as the only one that a plain main file includes."""
    if b"[barman]" in content:
        return Case(name, {MAIN: content})
    plain = f"[barman]\nbarman_home = /nowhere\nconfiguration_files_directory = {DIRECTORY}\n"
    return Case(name, {MAIN: plain.encode(), f"{DIRECTORY}/a.conf": content})


def main() -> int:
    """Compares and reports; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=2000, metavar="N", help="generated configurations")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the seed to begin with")
    parser.add_argument("--files", type=Path, metavar="DIRECTORY", help="compare real files too")
    parser.add_argument("--record", action="store_true", help="write the figures into docs/testing.md")
    options = parser.parse_args()
    cases = [case(seed) for seed in range(options.first, options.first + options.cases)]
    cases += real_files(options.files) if options.files else []
    started = time.monotonic()
    found = 0
    for each, difference in compare(cases):
        found += 1
        print(f"{each.name}: {difference}")
        if len(cases) == 1:
            for name, content in each.files.items():
                print(f"--- {name}\n{content!r}")
    seconds = time.monotonic() - started
    accepted = sum(not ours(each).refusals for each in cases)
    version = catalog.version()
    if options.record:
        _record(len(cases), accepted, found)
    print(
        f"Barman {version}: {len(cases)} configurations, {accepted} of them accepted, {found} disagreements, {seconds:.0f} s"
    )
    return 1 if found else 0


def _record(cases: int, accepted: int, disagreements: int) -> None:
    """Writes the figures between the marks on the site's page about tests."""
    record(
        "barman.conf",
        f"Barman {catalog.version()} and pgsurvive each read {cases:,} configurations, of which Barman accepts "
        f"{accepted:,}: {disagreements} disagreements.",
    )


if __name__ == "__main__":
    sys.exit(main())
