"""PGS121 streaming-without-slot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pgsurvive.estate.invocation import invocation
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Command

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
    for step in script.own_steps:
        command = step.command
        if command.name in _RECEIVERS and _lacks_slot(command):
            yield script.finding(
                command,
                f"{command.name} without a replication slot: what the server recycles while the receiver is down is missing "
                "for ever, and no restore gets past the hole",
                help=f"create a slot once ({command.name} --slot=NAME --create-slot --if-not-exists), then stream with "
                "--slot=NAME; limit what the slot may keep with max_slot_wal_keep_size",
            )


def _lacks_slot(command: Command) -> bool:
    """Whether the command receives WAL and certainly names no slot."""
    # pg_receivexlog is what pg_receivewal was called before 10.
    name = replace(command.words[0], text="pg_receivewal")
    read = invocation(replace(command, words=(name, *command.arguments)))
    return read is not None and read.complete and read.has("--directory") and not read.has(*_OTHER_WORK)
