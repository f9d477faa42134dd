"""PGS207 data-sync-retry-on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS207",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.ACKNOWLEDGED_COMMITS,
    source="https://www.postgresql.org/docs/current/runtime-config-error-handling.html#GUC-DATA-SYNC-RETRY",
)
def data_sync_retry_on(config: PostgresConfig) -> Iterator[Draft]:
    """After a failed flush the server tries again, and takes for written what the kernel has thrown away."""
    setting = config.effective("data_sync_retry")
    if setting.value is True and not config.is_throwaway:
        yield setting.finding(
            "data_sync_retry is on: when the disk fails to write, the next checkpoint counts the lost pages as written and "
            "discards the WAL that still has them",
            help="set data_sync_retry = off; the server then stops at a failed flush and recovers from WAL",
            fix=setting.set_to("off"),
        )
