"""PGS111 archive-command-not-durable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.archiving import archive_commands
from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.archiving import ArchiveCommand
    from pgsurvive.findings import Draft


def _is_broken_anyway(each: ArchiveCommand) -> bool:
    """Whether an error is reported about the command, which has to be rewritten before durability matters."""
    command = each.command
    return bool(
        command.script.broken
        or command.always_succeeds
        or command.lost_failures
        or command.unguarded_copies
        or each.stored_in_vain
    )


@rule(
    code="PGS111",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL",
)
def archive_command_not_durable(config: PostgresConfig) -> Iterator[Draft]:
    """The copy is acknowledged before it is on disk, so a power failure takes it from both places."""
    if config.is_throwaway:
        return
    for each in archive_commands(config):
        if _is_broken_anyway(each):
            continue
        copy = each.command.unsynced
        if copy is not None:
            yield each.finding(
                copy.command.start,
                copy.command.end,
                f"{copy.program} leaves the segment in memory and the server may recycle its own: a power failure of the "
                "archive's host within the next half minute leaves an empty or torn file, where every later restore stops",
                help="sync the file and its directory before the command succeeds: sync FILE DIRECTORY from GNU coreutils, "
                "dd conv=fsync or rsync --fsync",
            )
