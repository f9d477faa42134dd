"""PGS103 archive-command-always-succeeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.archiving import archive_commands
from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS103",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL",
)
def archive_command_always_succeeds(config: PostgresConfig) -> Iterator[Draft]:
    """The command reports success whatever happens, so the server recycles WAL that was never stored."""
    for each in archive_commands(config):
        if each.command.always_succeeds:
            yield each.finding_at_end(
                f"{each.subject} succeeds whatever happens: the server takes WAL for archived and recycles it",
                help="let the status of the copy be the status of the command: no `|| true`, no `; true`, no `exit 0`",
            )
