"""PGS513 network-compression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.estate.barman_certainty import backed_up, certain
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS513",
    severity=Severity.INFO,
    applies_to=BarmanConfig,
    costs=Loss.RESTORE,
    source="https://docs.pgbarman.org/release/latest/user_guide/backup.html",
)
def network_compression(config: BarmanConfig) -> Iterator[Draft]:
    """Files are compressed on one core, so that a restore over a fast network takes several times as long."""
    for server in backed_up(config):
        compression = certain(server, "network_compression")
        method = certain(server, "backup_method")
        limit = certain(server, "bandwidth_limit")
        if compression is None or compression.value is not True or method is None or method.value != "rsync":
            continue
        if limit is not None and not limit.value:
            yield compression.finding(
                "network_compression is on: with an rsync older than 3.2 at either end a restore crawls at some 30 to "
                "50 MB/s, whatever the network",
                help="leave it off on a network of 1 Gbit/s or more, use parallel_jobs instead; else measure a restore",
            )
