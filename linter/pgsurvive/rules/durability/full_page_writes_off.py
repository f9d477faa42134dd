"""PGS202 full-page-writes-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS202",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-FULL-PAGE-WRITES",
)
def full_page_writes_off(config: PostgresConfig) -> Iterator[Draft]:
    """A page that a crash left half written can't be repaired from WAL."""
    setting = config.effective("full_page_writes")
    if setting.value is False and not config.is_throwaway:
        yield setting.finding(
            "full_page_writes is off: a page half written at a crash stays torn, and recovery goes on as if it were whole",
            help="set full_page_writes = on; wal_compression = on makes up for some of the WAL it costs",
            fix=setting.set_to("on"),
        )
