"""PGS113 archive-command-unquoted-path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.archiving import archive_commands
from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.estate.quoting import split_paths
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS113",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL",
)
def archive_command_unquoted_path(config: PostgresConfig) -> Iterator[Draft]:
    """The shell takes a path with a space in it apart, so no segment reaches the archive."""
    for each in archive_commands(config):
        if each.command.script.broken:
            continue
        for split in split_paths(each.command)[:1]:
            yield each.finding(
                split.start,
                split.end,
                f"the shell takes {split.path!r} for several words, so every copy fails: no segment leaves this disk, and "
                "pg_wal grows until it is full",
                help='put the path in double quotes: "%f" and "$NAME" are still replaced there; in postgresql.conf a '
                "backslash before a space is lost",
            )
