"""PGS104 archive-command-overwrites."""

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
    code="PGS104",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL",
)
def archive_command_overwrites(config: PostgresConfig) -> Iterator[Draft]:
    """The command replaces a segment that is already archived, whoever wrote it."""
    for each in archive_commands(config):
        if each.command.script.broken:
            continue
        overwriting = [copy for copy in each.command.unguarded_copies if not copy.is_for_barman]
        for copy in overwriting[:1]:
            yield each.finding(
                copy.command.start,
                copy.command.end,
                f"{copy.program} replaces a segment that is already archived: a second server with this command, such as a "
                "restored copy, destroys the WAL that point-in-time recovery needs",
                help="store nothing over a file with other contents: compare with cmp, copy to a temporary name, sync, "
                "then rename; or use pgbackrest archive-push or barman-wal-archive",
            )
