"""PGS206 zero-damaged-pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS206",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.UNNOTICED_DAMAGE,
    source="https://www.postgresql.org/docs/current/runtime-config-developer.html#GUC-ZERO-DAMAGED-PAGES",
)
def zero_damaged_pages(config: PostgresConfig) -> Iterator[Draft]:
    """A damaged page is taken for an empty one, so its rows vanish without an error."""
    setting = config.effective("zero_damaged_pages")
    if setting.value is True and not config.is_throwaway:
        yield setting.finding(
            "zero_damaged_pages is on: every row on a damaged page vanishes with no more than a warning, from queries, from "
            "dumps and soon from the disk",
            help="set zero_damaged_pages = off; to get at the rest of a damaged table, SET it in one session on a copy of "
            "the data directory",
            fix=setting.set_to("off"),
        )
