"""PGS107 wal-level-minimal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS107",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-WAL-LEVEL",
)
def wal_level_minimal(config: PostgresConfig) -> Iterator[Draft]:
    """WAL holds only what a crash needs: no base backup, no archiving, no point-in-time recovery."""
    setting = config.effective("wal_level")
    if setting.value == "minimal" and not config.is_throwaway:
        yield setting.finding(
            "wal_level is minimal: no base backup can be taken and no WAL archived; everything since the last dump is "
            "lost with the disk",
            help="set wal_level = replica, the default; it needs a restart and, after it, a new base backup",
        )
