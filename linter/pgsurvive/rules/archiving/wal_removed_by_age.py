"""PGS119 wal-removed-by-age."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pgsurvive.estate.expansion import expanded
from pgsurvive.estate.script import ShellScript, unwrapped
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.syntax import shell
from pgsurvive.syntax.shell import Command, Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Node

_AGES = {"-mtime": 24 * 60, "-ctime": 24 * 60, "-atime": 24 * 60, "-mmin": 1, "-cmin": 1, "-amin": 1}
"""The tests of `find` for an age, and their unit in minutes."""

_NAMES = frozenset({"-name", "-iname"})
_OTHER_TESTS = frozenset(
    {"-newer", "-anewer", "-cnewer", "-empty", "-size", "-regex", "-iregex", "-path", "-ipath"}
)
"""What makes a selection too particular to be judged: `! -newer BACKUP` is even the right way."""

_EXPIRES = ("pg_archivecleanup", "pgbackrest", "barman", "wal-g", "wal-e", "pg_probackup", "pitrery")
"""A script that names one of these knows what the backups need, or isn't about this kind of archive."""

_SEGMENT_NAME = re.compile(r"0000|\[0-9A-Fa-f\]|\[0-9a-fA-F\]|\[0-9A-F\]|\?{16}|\[\[:xdigit:\]\]")
_ANY_NAME = re.compile(
    r"\*|\*\.(?:gz|bz2|xz|zst|lz4|lzo|Z|gpg|enc|age|wal)(?:\.(?:gpg|enc|age))?|.*wal.*", re.IGNORECASE
)
_OTHER_NAME = re.compile(r"history|partial|te?mp|\.log|\.sql|\.dump|\.tar|\.backup|base", re.IGNORECASE)

_WAL = frozenset(
    {
        "wal",
        "wals",
        "xlog",
        "xlogs",
        "pgwal",
        "waldir",
        "walarchive",
        "walarchives",
        "walbackup",
        "walbackups",
    }
)
_NO_ARCHIVE = frozenset({"log", "logs", "tmp", "temp", "test", "base", "basebackup"})
_LIVE = re.compile(r"(?:pgdata|/data|/main)[\"'}]*/pg_(?:wal|xlog)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{?(\w+)")


@dataclass(frozen=True, slots=True)
class Removal:
    """A `find` that removes files by their age."""

    command: Command
    place: str
    """Where it looks, as written, and what the variables in it were set to."""

    names: tuple[str, ...]
    age: str
    minutes: int | None
    """The age, if it is known."""

    is_judged: bool
    """Whether nothing but age, name and type selects the files."""

    @property
    def _words(self) -> frozenset[str]:
        return frozenset(re.split(r"[^a-z0-9]+", self.place.lower()))

    @property
    def takes_logs(self) -> bool:
        """Whether what it removes is evidently neither WAL nor a backup."""
        return bool(self._words & {"log", "logs", "tmp", "temp"}) or any(
            ".log" in name for name in self.names
        )

    @property
    def takes_wal(self) -> bool:
        """Whether what it removes is evidently archived WAL."""
        words = self._words
        if not self.is_judged or words & _NO_ARCHIVE or _LIVE.search(self.place):
            return False
        if any(_OTHER_NAME.search(name) for name in self.names):
            return False
        if self.names and all(_SEGMENT_NAME.search(name) for name in self.names):
            return True
        return bool(words & _WAL) and all(map(_ANY_NAME.fullmatch, self.names))


@rule(
    code="PGS119",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/pgarchivecleanup.html",
)
def wal_removed_by_age(script: ShellScript) -> Iterator[Draft]:
    """Archived WAL is removed by age, whatever the backups still need, so an older backup can't be rolled forward."""
    if script.is_throwaway or not script.mentions("find") or script.mentions(*_EXPIRES):
        return
    removals = list(_removals(expanded(script.script.body), _assigned(script)))
    for removal in removals:
        if not removal.takes_wal:
            continue
        backups = [other for other in removals if not other.takes_wal and not other.takes_logs]
        if all(_outlives(removal, other) for other in backups):
            yield script.finding(
                removal.command,
                "archived WAL is removed by age, whatever the backups need: when backups begin to fail, the last good one "
                "soon can't be rolled forward any more",
                help="remove only what the oldest backup doesn't need: pg_archivecleanup DIRECTORY NAME.backup, with that "
                "backup's .backup file from the archive; or let pgBackRest or Barman expire both",
            )


def _outlives(wal: Removal, backups: Removal) -> bool:
    """Whether backups are certainly kept for longer than WAL. Where both go by the same age, no backup is left without."""
    return wal.minutes is not None and backups.minutes is not None and wal.minutes < backups.minutes


def _removals(node: Node, values: dict[str, str]) -> Iterator[Removal]:
    match node:
        case Command():
            yield from _removal(unwrapped(node), values, removes=False)
        case Pipeline(parts=parts):
            for index, part in enumerate(parts):
                removes = any(_removes(c) for after in parts[index + 1 :] for c in shell.commands(after))
                if isinstance(part, Command):
                    yield from _removal(unwrapped(part), values, removes=removes)
                else:
                    yield from _removals(part, values)
        case _:
            for child in shell.children(node):
                yield from _removals(child, values)


def _removes(command: Command) -> bool:
    command = unwrapped(command)
    words = [word.text for word in command.words]
    return command.name in ("rm", "unlink") or (command.name == "xargs" and "rm" in words)


def _removal(command: Command, values: dict[str, str], *, removes: bool) -> Iterator[Removal]:
    """What a `find` removes by age; nothing for any other command."""
    words = [word.text for word in command.arguments]
    if command.name != "find" or not words or words[0].startswith("-"):
        return
    acts = {word.rpartition("/")[2] for word in words}
    removes = removes or "-delete" in acts or ("rm" in acts and not acts.isdisjoint({"-exec", "-execdir"}))
    tests = [(test, value.strip("+")) for test, value in pairwise(words) if test in _AGES]
    if not removes or len(tests) != 1 or words[words.index(tests[0][0]) + 1].startswith("-"):
        return
    test, age = tests[0]
    names = tuple(
        value
        for before, test_, value in zip(["", *words], words, words[1:], strict=False)
        if test_ in _NAMES and before not in ("!", "-not")
    )
    is_judged = _OTHER_TESTS.isdisjoint(words) and ("-type", "d") not in pairwise(words)
    minutes = int(age) * _AGES[test] if age.isdecimal() else None
    yield Removal(command, _described(words[0], values), names, f"{test} {age}", minutes, is_judged)


def _assigned(script: ShellScript) -> dict[str, str]:
    """Every variable's text as it is set last; enough to see what a directory is called."""
    found: dict[str, str] = {}
    for command in shell.commands(script.script.body):
        for word in (*command.assignments, *command.arguments):
            name, equals, value = word.text.partition("=")
            if equals and name.isidentifier():
                found[name] = value
    return found


def _described(path: str, values: dict[str, str]) -> str:
    """A path with what its variables were set to behind it."""
    described, pending = path, path
    for _ in range(3):
        pending = " ".join(values.get(name, "") for name in _VARIABLE.findall(pending)).strip()
        described += f" {pending}" if pending else ""
    return described
