"""Our reading of postgresql.conf against the server's, over any number of generated files.

    python -m tests.differential.postgresql_conf --cases 2000             all majors; exit 1 if anything differs
    python -m tests.differential.postgresql_conf --cases 1 --first 4711   one case again, with its files

The running server's view pg_file_settings reads the files again at each query. It stops at the first syntax error, looks at
names only when the syntax is clean and at values only when the names are, so it is compared in these steps.
"""

from __future__ import annotations

import argparse
import json
import os
import posixpath
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pgsurvive.catalog.postgresql import definition
from pgsurvive.catalog.values import Invalid, interpret
from pgsurvive.estate import postgres
from pgsurvive.syntax.problem import Problem
from pgsurvive.text import Kind, Source
from tests.differential.figures import record
from tests.differential.generate import AUTO, MAIN, Case, case
from tests.support.lab import Lab
from tests.support.software import MAJORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from pgsurvive.syntax.postgresql_conf import Entry

# In hexadecimal, since a file may hold any bytes.
_QUERY = """
SELECT coalesce(jsonb_agg(jsonb_build_array(
                  sourcefile, sourceline, encode(convert_to(name, 'SQL_ASCII'), 'hex'),
                  encode(convert_to(setting, 'SQL_ASCII'), 'hex'), error) ORDER BY seqno), '[]')
  FROM pg_file_settings WHERE sourcefile IS NOT NULL;
"""

Line = tuple[str, int, str, str]
"""File, line, name in lower case, value."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What someone makes of a configuration, as far as it goes."""

    error: tuple[str, int, str] | None
    """File, line and kind of the first error that ends the reading: `syntax` or `include`."""

    lines: tuple[Line, ...]
    """Every setting, in order; up to the error where there is one."""

    unknown: frozenset[Line]
    refused: frozenset[Line] | None
    """Lines whose value is refused; None where names are unknown, since then nobody looks at values."""


class Memory:
    """The files of a case, as the model reads them."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def read(self, path: str) -> Source | None:
        """The file under this name."""
        name = _below_data(path)
        return Source.decode(name, self._files[name]) if name in self._files else None

    def covers(self, path: str) -> bool:  # noqa: ARG002 - the protocol's signature
        """Everything is in the tree."""
        return True

    def names_in(self, directory: str) -> list[str] | None:
        """The names in a directory."""
        top = _below_data(directory) + "/"
        if top in ("./", "../"):
            return []
        names = [name.removeprefix(top) for name in self._files if name.startswith(top)]
        return [name for name in names if "/" not in name] or (None if top not in ("conf.d/", "sub/") else [])

    def find(self, name: str, near: str) -> Source | None:  # noqa: ARG002 - the protocol's signature
        """No case has scripts."""
        return None


def _below_data(path: str) -> str:
    return posixpath.normpath(path).removeprefix("../data/")


def ours(configuration: Case, major: int) -> Reading:
    """What pgsurvive reads."""
    files = Memory(configuration.files)
    source = files.read(MAIN)
    assert source is not None
    config = postgres.read(source, Kind.POSTGRESQL_CONF, frozenset({major}), files)
    lines = tuple((tree.source.path, e.line, e.name, e.value) for tree, e in config.lines)
    errors = [
        (
            tree.source.path,
            _counted(tree.source, error),
            "syntax" if isinstance(error, Problem) else "include",
        )
        for tree, error in config.errors
    ]
    unknown = frozenset(line for line in lines if "." not in line[2] and definition(line[2], major) is None)
    refused = frozenset(
        (tree.source.path, e.line, e.name, e.value)
        for tree, e in config.lines
        if config.is_looked_at(e)
        and _says_whether_it_refuses(major, e.name)
        and _refuses(major, e.name, e.value)
    )
    return Reading(errors[0] if errors else None, lines, unknown, None if unknown else refused)


def _counted(source: Source, error: Problem | Entry) -> int:
    """The line of an error as the server counts: one too few where the last line ends too early and has no line end."""
    line = error.span.line
    cut_off = line == source.text.count("\n") + 1 and str(getattr(error, "message", "")).endswith(
        "near end of line"
    )
    return line - 1 if cut_off else line


def _refuses(major: int, name: str, value: str) -> bool:
    known = definition(name, major)
    return known is not None and isinstance(interpret(known, value), Invalid)


class Server:
    """A running server whose configuration files are replaced under it."""

    def __init__(self, major: int) -> None:
        self.major = major
        self._lab = Lab(major, initdb_args=("--encoding=SQL_ASCII", "--locale=C"))

    def __enter__(self) -> Self:
        """Starts it with its own settings on the command line, so that the files are the case's alone."""
        lab = self._lab.__enter__()
        lab.stop()
        self.data = lab.pgdata
        options = f"-c listen_addresses='' -c unix_socket_directories={lab.env['PGHOST']} -c port={lab.env['PGPORT']}"
        self.write(Case("empty", {MAIN: b"", AUTO: b""}))
        lab.run(
            ["pg_ctl", "-D", str(self.data), "-w", "-s", "-l", f"{lab.directory}/log", "-o", options, "start"]
        )
        self._psql = subprocess.Popen(
            [lab.postgresql.program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1"],
            env=lab.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops everything."""
        self._psql.kill()
        self._psql.__exit__(kind, error, trace)  # closes its pipes and collects it
        self._lab.__exit__(kind, error, trace)

    def write(self, configuration: Case) -> None:
        """Puts the files in place, and removes those of the case before."""
        for name in ("conf.d", "sub"):
            (self.data / name).mkdir(exist_ok=True)
            for file in (self.data / name).iterdir():
                file.unlink()
        (self.data / "a.conf").unlink(missing_ok=True)
        for name in (MAIN, AUTO):
            (self.data / name).write_bytes(b"")
        for name, content in configuration.files.items():
            (self.data / name).write_bytes(content)

    def reading(self, configuration: Case) -> Reading:
        """What the server reads."""
        self.write(configuration)
        assert self._psql.stdin is not None
        assert self._psql.stdout is not None
        self._psql.stdin.write(_QUERY)
        self._psql.stdin.flush()
        rows = json.loads(self._psql.stdout.readline())
        return self._as_reading(rows)

    def _as_reading(self, rows: list[list[object]]) -> Reading:
        error: tuple[str, int, str] | None = None
        lines: list[Line] = []
        unknown: set[Line] = set()
        refused: set[Line] = set()
        for file, number, name, setting, complaint in rows:
            place = os.path.relpath(str(file), self.data)
            assert isinstance(number, int)
            if name is None:
                error = error or (place, number, "syntax" if complaint == "syntax error" else "include")
                continue
            line = (place, number, _lower(_from_hex(name)), _from_hex(setting))
            lines.append(line)
            if complaint == "unrecognized configuration parameter":
                unknown.add(line)
            elif complaint is not None and _says_whether_it_refuses(self.major, line[2]):
                refused.add(line)
        return Reading(error, tuple(lines), frozenset(unknown), None if unknown else frozenset(refused))


def _says_whether_it_refuses(major: int, name: str) -> bool:
    """Whether a complaint of the view is about the value, and the catalog knows which values are right.

    Of a setting that only a start can change the view complains whenever it differs. Texts that the server looks into, such
    as a time zone, are nothing the catalog knows about.
    """
    known = definition(name, major)
    if known is None or known.unlisted or known.context in ("postmaster", "internal"):
        return False
    return known.type != "string"


def _from_hex(text: object) -> str:
    return bytes.fromhex(str(text or "")).decode(errors="surrogateescape")


def _lower(name: str) -> str:
    return re.sub("[A-Z]+", lambda match: match.group().lower(), name)


def disagreement(mine: Reading, theirs: Reading) -> str | None:
    """What the two say differently, or None."""
    if mine.error and theirs.error and (mine.error[2], theirs.error[0].strip("./")) == ("include", ""):
        return None  # a directory where a file should be: the server names it instead of the line that includes it
    if mine.error != theirs.error:
        return f"first error: {mine.error}, the server says {theirs.error}"
    if mine.error is not None:
        return None
    if mine.lines != theirs.lines:
        return f"lines: {_difference(mine.lines, theirs.lines)}"
    if mine.unknown != theirs.unknown:
        return f"unknown: {sorted(mine.unknown ^ theirs.unknown)}"
    if mine.refused != theirs.refused:
        return f"refused: {sorted((mine.refused or frozenset()) ^ (theirs.refused or frozenset()))}"
    return None


def _difference(mine: tuple[Line, ...], theirs: tuple[Line, ...]) -> str:
    first = next(
        (i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs))
    )
    return f"{mine[first : first + 1]}, the server says {theirs[first : first + 1]}"


def compare(major: int, cases: Iterable[Case]) -> Iterator[tuple[Case, str]]:
    """The cases in which server and parser disagree, each with the difference."""
    with Server(major) as server:
        for each in cases:
            found = disagreement(ours(each, major), server.reading(each))
            if found:
                yield each, found


def real_files(directory: Path) -> list[Case]:
    """Each file in a directory as the whole configuration of a server."""
    return [
        Case(file.name, {MAIN: file.read_bytes()}) for file in sorted(directory.iterdir()) if file.is_file()
    ]


def main() -> int:
    """Compares and reports; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=2000, metavar="N", help="generated files per major")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the seed to begin with")
    parser.add_argument("--pg", type=int, action="append", choices=MAJORS, metavar="MAJOR")
    parser.add_argument("--files", type=Path, metavar="DIRECTORY", help="compare real files too")
    parser.add_argument("--record", action="store_true", help="write the figures into docs/testing.md")
    options = parser.parse_args()
    cases = [case(seed) for seed in range(options.first, options.first + options.cases)]
    cases += real_files(options.files) if options.files else []
    total = 0
    for major in options.pg or MAJORS:
        started = time.monotonic()
        found = 0
        for each, difference in compare(major, cases):
            found += 1
            print(f"PostgreSQL {major}, {each.name}: {difference}")
            if len(cases) == 1:
                for name, content in each.files.items():
                    print(f"--- {name}\n{content!r}")
        total += found
        seconds = time.monotonic() - started
        print(
            f"PostgreSQL {major}: {len(cases)} configurations, {found} disagreements, {seconds:.0f} s",
            flush=True,
        )
    if options.record:
        _record(len(cases), total)
    return 1 if total else 0


def _record(cases: int, disagreements: int) -> None:
    """Writes the figures between the marks on the site's page about tests."""
    record(
        "postgresql.conf",
        f"PostgreSQL {MAJORS[0]} to {MAJORS[-1]} and pgsurvive each read {cases:,} configurations: "
        f"{disagreements} disagreements.",
    )


if __name__ == "__main__":
    sys.exit(main())
