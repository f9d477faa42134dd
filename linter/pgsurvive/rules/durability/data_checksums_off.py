"""PGS203 data-checksums-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import majors_from_path
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Command

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
        return "checksums are turned off" if {"-d", "--disable"} & set(words) else None
    if not _initializes(command):
        return None
    if "--no-data-checksums" in " ".join(words):
        return "the cluster is made without checksums"
    unknown = not all(word.constant for word in command.words)
    asked_for = any("--data-checksums" in word or _has_short_option(word) for word in words)
    # /usr/lib/postgresql/16/bin/initdb says which major it is.
    majors = majors_from_path(command.words[0].text) or majors
    older = sorted(major for major in majors if major < _ON_BY_DEFAULT)
    if unknown or asked_for or not older or {"--version", "-V", "--help", "-?"} & set(words):
        return None
    which = f"{older[0]}" if len(older) == 1 else f"{older[0]} to {older[-1]}"
    return f"initdb of PostgreSQL {which} makes a cluster without checksums unless asked"


def _initializes(command: Command) -> bool:
    if command.name in ("initdb", "pg_createcluster"):
        return True
    return command.name == "pg_ctl" and any(word.text in ("init", "initdb") for word in command.arguments)


def _has_short_option(word: str) -> bool:
    """`-k`, also among bundled letters and in the words of pg_ctl's `-o '-k -E UTF8'`."""
    return any(
        part.startswith("-") and not part.startswith("--") and part[1:2].isalpha() and part.endswith("k")
        for part in word.split()
    )
