"""PGS102 archive-command-missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS102",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL",
)
def archive_command_missing(config: PostgresConfig) -> Iterator[Draft]:
    """WAL archiving is on, but nothing says where to: segments pile up on the disk they should survive."""
    mode = config.effective("archive_mode")
    command = config.effective("archive_command")
    library = config.effective("archive_library")
    if mode.value not in ("on", "always") or not command.is_empty:
        return
    # Before PostgreSQL 15 there was no archive_library; an unknown one may be set elsewhere.
    library_exists = any(major >= 15 for major in config.majors)  # noqa: PLR2004 - the major that brought it
    if library_exists and not library.is_empty and (library.is_set or config.is_complete):
        return
    place = command if command.is_set or not mode.is_set else mode
    yield place.finding(
        "archive_mode is on without a command: no segment leaves this disk, and pg_wal grows until it is full",
        help="set archive_command to a command that stores %p durably as %f, or archive_library to a module",
        related=(mode.related("archiving is turned on here"),) if place is command and mode.is_set else (),
    )
