"""PGS205 ignore-checksum-failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS205",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.UNNOTICED_DAMAGE,
    source="https://www.postgresql.org/docs/current/runtime-config-developer.html#GUC-IGNORE-CHECKSUM-FAILURE",
)
def ignore_checksum_failure(config: PostgresConfig) -> Iterator[Draft]:
    """A page that the disk damaged is read as if it were sound, and written back with a checksum that fits."""
    setting = config.effective("ignore_checksum_failure")
    if setting.value is True and not config.is_throwaway:
        yield setting.finding(
            "ignore_checksum_failure is on: damaged rows are served and dumped as if they were sound, and the next write to "
            "their page hides the damage for good",
            help="set ignore_checksum_failure = off; to get at the rest of a damaged table, SET it in one session on a copy "
            "of the data directory",
            fix=setting.set_to("off"),
        )
