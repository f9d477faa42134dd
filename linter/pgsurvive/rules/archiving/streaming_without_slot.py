"""PGS121 streaming-without-slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_RECEIVERS = frozenset({"pg_receivewal", "pg_receivexlog"})
_OTHER_WORK = ("--slot", "--create-slot", "--drop-slot", "--endpos", "--help", "--version")


@rule(
    code="PGS121",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/app-pgreceivewal.html",
)
def streaming_without_slot(script: ShellScript) -> Iterator[Draft]:
    """While the receiver is down the server recycles WAL that it hasn't got, and a restore can't get past the hole."""
    if script.is_throwaway or not script.mentions(*_RECEIVERS):
        return
    for step, found in script.invocations:
        if found.program.name != "pg_receivewal" or not found.complete:
            continue
        if found.has("--directory") and not found.has(*_OTHER_WORK):
            name = step.command.name
            yield script.finding(
                step.command,
                f"{name} without a replication slot: what the server recycles while the receiver is down is missing "
                "for ever, and no restore gets past the hole",
                help=f"create a slot once ({name} --slot=NAME --create-slot --if-not-exists), then stream with "
                "--slot=NAME; limit what the slot may keep with max_slot_wal_keep_size",
            )
