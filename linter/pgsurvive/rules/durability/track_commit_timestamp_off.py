"""PGS210 track-commit-timestamp-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS210",
    severity=Severity.INFO,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-COMMIT-TIMESTAMP",
)
def track_commit_timestamp_off(config: PostgresConfig) -> Iterator[Draft]:
    """WAL is archived for point-in-time recovery, but nothing tells to which point: commits have no time."""
    setting = config.effective("track_commit_timestamp")
    archiving = config.effective("archive_mode").value in ("on", "always")
    # The default is left alone: nearly every file that archives would be told.
    if setting.is_set and setting.value is False and archiving and not config.is_throwaway:
        yield setting.finding(
            "track_commit_timestamp is off: when wrong rows turn up, nothing tells when they were written or which others "
            "were written with them, so you restore to a guess and lose good commits",
            help="set track_commit_timestamp = on (it needs a restart, and counts from then on)",
        )
