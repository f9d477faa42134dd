"""PGS418 archive-push-queue-drops-wal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_NEVER_REACHED = 2**50
"""No disk for pg_wal holds so much, a pebibyte."""


@rule(
    code="PGS418",
    severity=Severity.WARNING,
    applies_to=PgbackrestConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://pgbackrest.org/configuration.html#section-archive/option-archive-push-queue-max",
)
def archive_push_queue_drops_wal(config: PgbackrestConfig) -> Iterator[Draft]:
    """WAL that waits too long is thrown away and reported as archived; no restore gets past the hole."""
    if config.is_throwaway:
        return
    for stanza in config.stanzas or (None,):
        limit = config.effective("archive-push-queue-max", stanza, "archive-push")
        if isinstance(limit.value, int) and limit.value < _NEVER_REACHED:
            yield limit.finding(
                f"when more than {limit.text} of WAL waits, pgBackRest drops it and tells PostgreSQL that it is archived: "
                "every restore ends at that hole",
                help="remove it, give pg_wal room for the longest outage of a repository, and watch "
                "pg_stat_archiver.last_archived_time",
            )
