"""PGS420 page-checksum-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS420",
    severity=Severity.WARNING,
    applies_to=PgbackrestConfig,
    costs=Loss.UNNOTICED_DAMAGE,
    source="https://pgbackrest.org/configuration.html#section-backup/option-checksum-page",
)
def page_checksum_off(config: PgbackrestConfig) -> Iterator[Draft]:
    """A damaged page goes into every new backup without a word, until the last sound backup has expired."""
    if config.is_throwaway:
        return
    for option in config.decisions("checksum-page", "backup"):
        if option.value is False:
            yield option.finding(
                "checksum-page is off: pages that the disk has damaged are backed up without a word, until the last "
                "backup that holds them sound has expired",
                help="remove the line: pages are then checked wherever the cluster has checksums; read the warnings",
            )
