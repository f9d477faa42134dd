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
    if config.is_throwaway or _reads_foreign_pages(config):
        return
    for option in config.decisions("checksum-page", "backup"):
        if option.value is False:
            yield option.finding(
                "checksum-page is off: pages that the disk has damaged are backed up without a word, until the last "
                "backup that holds them sound has expired",
                help="remove the line: pages are then checked wherever the cluster has checksums; read the warnings",
            )


def _reads_foreign_pages(config: PgbackrestConfig) -> bool:
    """Whether the server is one that writes files as PostgreSQL doesn't, encrypted for instance: no check can succeed."""
    return any(
        entry.key in ("archive-header-check", "pg-version-force", "page-header-check")
        for _, entry in config.lines
    )
