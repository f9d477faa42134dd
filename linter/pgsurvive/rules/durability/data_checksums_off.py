"""PGS203 data-checksums-off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import majors_from_path
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Command, Word

_NO_CLUSTER_MADE = frozenset({"--version", "-V", "--help", "-?", "--show", "-s", "--sync-only", "-S"})

_ON_BY_DEFAULT = 18
"""The first major whose initdb turns checksums on unless told otherwise."""


@rule(
    code="PGS203",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.UNNOTICED_DAMAGE,
    source="https://www.postgresql.org/docs/current/checksums.html",
)
def data_checksums_off(script: ShellScript) -> Iterator[Draft]:
    """The cluster is made without checksums, so damage on disk is copied into every backup unseen."""
    if script.is_throwaway or not script.mentions("initdb", "pg_ctl", "pg_createcluster", "pg_checksums"):
        return
    for command in script.commands:
        without = _without_checksums(command, script.majors)
        if without is not None:
            yield script.finding(
                command,
                f"{without}: a page that the disk damages is served and backed up as if it were sound, until the last "
                "good backup has expired",
                help="initdb --data-checksums; for an existing cluster pg_checksums --enable while it is shut down",
            )


def _without_checksums(command: Command, majors: frozenset[int]) -> str | None:
    """How this command leaves a cluster without checksums, or None."""
    words = [word.text for word in command.words]
    if command.name == "pg_checksums":
        disables = any(word == "-d" or _abbreviates(word, "--disable", least="--di") for word in words)
        return "checksums are turned off" if disables else None
    if not _initializes(command) or not _NO_CLUSTER_MADE.isdisjoint(words):
        return None
    if any(
        _abbreviates(part, "--no-data-checksums", least="--no-d") for word in words for part in word.split()
    ):
        return "the cluster is made without checksums"
    if any(_asks_for_checksums(word) for word in words) or any(
        _may_hold_options(word) for word in command.words
    ):
        return None
    older = sorted(major for major in _majors(command, majors) if major < _ON_BY_DEFAULT)
    if not older:
        return None
    which = f"{older[0]}" if len(older) == 1 else f"{older[0]} to {older[-1]}"
    return f"initdb of PostgreSQL {which} makes a cluster without checksums unless asked"


def _initializes(command: Command) -> bool:
    if command.name in ("initdb", "pg_createcluster"):
        return True
    return command.name == "pg_ctl" and any(word.text in ("init", "initdb") for word in command.arguments)


def _majors(command: Command, majors: frozenset[int]) -> frozenset[int]:
    """The majors that the command may be of: /usr/lib/postgresql/16/bin/initdb and `pg_createcluster 16 main` say it."""
    if command.name == "pg_createcluster":
        operands = [word.text for word in command.arguments if not word.text.startswith("-")]
        return frozenset({int(operands[0])}) if operands and operands[0].isdecimal() else majors
    return majors_from_path(command.words[0].text) or majors


def _asks_for_checksums(word: str) -> bool:
    """`--data-checksums` or `-k`, also abbreviated, bundled, or in the words of pg_ctl's `-o '-k -E UTF8'`."""
    return any(
        _abbreviates(part, "--data-checksums", least="--da")
        or (re.match(r"-[A-Za-z]*k", part) is not None and not part.startswith("--"))
        for part in word.split()
    )


def _abbreviates(word: str, option: str, *, least: str) -> bool:
    return word.startswith(least) and option.startswith(word)


def _may_hold_options(word: Word) -> bool:
    """Whether what an expansion stands for may be, or begin with, an option: not so for `"$PGDATA"` or `--pgdata=$X`."""
    if word.constant or word.text.startswith("-"):
        return False
    return not word.quoted or word.text in ("$@", "${@}", "$*") or "[@]" in word.text
