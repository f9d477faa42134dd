"""PGS114 archive-timeout-tiny."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_TINY = 30
"""Seconds. Below it a day's archive can pass 45 GB however little is written."""

_DAY = 24 * 60 * 60
_SEGMENT = 16 * 2**20
"""Bytes, unless initdb was given another --wal-segsize."""


@rule(
    code="PGS114",
    severity=Severity.INFO,
    applies_to=PostgresConfig,
    costs=Loss.SINCE_LAST_SEGMENT,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-ARCHIVE-TIMEOUT",
)
def archive_timeout_tiny(config: PostgresConfig) -> Iterator[Draft]:
    """A whole segment is archived every few seconds, so that the archive's disk fills although little is written."""
    timeout = config.effective("archive_timeout")
    if config.is_standby or config.is_throwaway or config.effective("archive_mode").value == "off":
        return
    if not isinstance(timeout.value, int) or not 0 < timeout.value < _TINY:
        return
    segments = _DAY // timeout.value
    yield timeout.finding(
        f"archive_timeout is {timeout.value} s: with a row now and then the server archives {segments} segments of 16 MB a "
        f"day, {segments * _SEGMENT / 10**9:.0f} GB before compression, and a restore has to fetch them one by one",
        help="set 60 or more; to lose less than a minute, stream WAL with pg_receivewal and a replication slot",
    )
