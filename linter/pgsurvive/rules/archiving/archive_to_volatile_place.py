"""PGS110 archive-to-volatile-place."""

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
    code="PGS110",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL",
)
def archive_to_volatile_place(config: PostgresConfig) -> Iterator[Draft]:
    """Segments are stored where a reboot or the loss of the data directory takes them too."""
    if config.is_throwaway:
        return
    for each in archive_commands(config):
        for copy, why in each.stored_in_vain[:1]:
            yield each.finding(
                copy.destination.start,
                copy.destination.end,
                f"the archive is gone when it is needed: {why}",
                help="store segments on another machine, or at least on a disk of their own under an absolute path",
            )
