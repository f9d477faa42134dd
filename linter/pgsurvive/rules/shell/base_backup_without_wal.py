"""PGS613 base-backup-without-wal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.findings import Draft

_NONE = frozenset({"n", "none"})
_TAR = frozenset({"t", "tar"})
_ARCHIVES = re.compile(
    r"archiv|receive-?wal|receivexlog|restore_command|wal-g|wal-e|wal_?dir|/wals?\b", re.IGNORECASE
)
"""A script that speaks of an archive has WAL from elsewhere."""

_BASE_TAR = re.compile(r"\bbase\.tar\b")
_WAL_TAR = re.compile(r"pg_wal|\*\.tar|\*\.t?gz|/\*")


@rule(
    code="PGS613",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/app-pgbasebackup.html",
)
def base_backup_without_wal(script: ShellScript) -> Iterator[Draft]:
    """The backup lacks the WAL that it needs to be consistent, so it can't be started."""
    if script.is_throwaway or not script.mentions("pg_basebackup"):
        return
    for step, call in script.invocations:
        if call.program.name != "pg_basebackup":
            continue
        method = call.given("--wal-method")
        if method is not None and method.value in _NONE and not _ARCHIVES.search(script.text):
            yield script.finding_at(
                method.start,
                method.end,
                "without the WAL that was written while it was copied, the backup can't be started",
                help="leave the option out (WAL is streamed by default); use none only where an archive has that WAL",
            )
        elif _stores_only_the_base(script, call):
            yield script.finding(
                step.command,
                "only base.tar is kept: the WAL that the backup needs is in pg_wal.tar beside it, and without it the "
                "restored server does not start",
                help="keep every file of the directory, pg_wal.tar and backup_manifest too; or take the WAL into base.tar "
                "with --wal-method=fetch",
            )


def _stores_only_the_base(script: ShellScript, call: Invocation) -> bool:
    """Whether the script goes on with base.tar and never with the file that holds the WAL."""
    streamed = call.value("--wal-method") in (None, "s", "stream") and call.complete
    is_tar = call.value("--format") in _TAR and call.has("--pgdata") and call.value("--pgdata") != "-"
    text = re.sub(r"#.*", "", script.text)
    return (
        is_tar
        and streamed
        and call.given("--wal-method") is None
        and bool(_BASE_TAR.search(text))
        and not _WAL_TAR.search(text)
        and not _ARCHIVES.search(text)
    )
