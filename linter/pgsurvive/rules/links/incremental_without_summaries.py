"""PGS632 incremental-without-summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.estate import Estate
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST_MAJOR = 17
"""The first that makes incremental base backups."""


@rule(
    code="PGS632",
    severity=Severity.WARNING,
    applies_to=Estate,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SUMMARIZE-WAL",
)
def incremental_without_summaries(estate: Estate) -> Iterator[Draft]:
    """A script makes incremental base backups of a server that keeps no WAL summaries; the server refuses each of them."""
    for cluster, script in estate.incremental_backups:
        setting = cluster.effective("summarize_wal")
        if setting.value is not False or max(cluster.majors & script.majors, default=0) < _FIRST_MAJOR:
            continue
        if estate.speaks_of("summarize_wal"):
            continue
        if script.mentions("PGHOST", "PGPORT", "PGSERVICE"):
            continue  # it may name another server
        for step, found in script.invocations:
            incremental = found.given("--incremental") if found.program.name == "pg_basebackup" else None
            if incremental is None or found.has("--host", "--dbname", "--port"):
                continue
            if any(wrapper.name == "ssh" for wrapper in step.wrappers):
                continue
            span = script.source.span(incremental.start, incremental.end)
            yield Draft(
                script.source,
                span,
                "summarize_wal is off in the server's configuration: it refuses every incremental backup, and what changed "
                "since the last full one is in none",
                "set summarize_wal = on, reload, and make a full backup for the incremental ones to build on",
                (
                    setting.related(
                        "no WAL summaries are kept" if setting.is_set else "summarize_wal is off by default"
                    ),
                ),
            )
