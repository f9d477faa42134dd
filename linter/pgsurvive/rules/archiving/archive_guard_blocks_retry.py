"""PGS112 archive-guard-blocks-retry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.archiving import archive_commands
from pgsurvive.estate.guards import Guard, guards
from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


def _what(guard: Guard) -> str:
    if guard.accepts:
        return (
            "whatever has the segment's name counts as the segment: after a copy that was cut short, by a full disk or a "
            "crash, the server takes half a file for archived and recycles its own"
        )
    return (
        "a copy that was cut short, or not yet acknowledged at a crash, makes every further try fail: nothing is archived "
        "from then on, until someone looks"
    )


@rule(
    code="PGS112",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL",
)
def archive_guard_blocks_retry(config: PostgresConfig) -> Iterator[Draft]:
    """A file that is already there is not compared with the segment, so an interrupted copy is never repaired."""
    if config.is_throwaway:
        return
    for each in archive_commands(config):
        if each.command.script.broken or each.command.always_succeeds:
            continue
        for guard in guards(each.command)[:1]:
            yield each.finding(
                guard.start,
                guard.end,
                _what(guard),
                help="compare instead: succeed if cmp finds the same contents, else copy to a temporary name, sync and "
                "rename",
            )
