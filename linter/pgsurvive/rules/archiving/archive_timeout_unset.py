"""PGS108 archive-timeout-unset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS108",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.SINCE_LAST_SEGMENT,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-ARCHIVE-TIMEOUT",
)
def archive_timeout_unset(config: PostgresConfig) -> Iterator[Draft]:
    """Nothing bounds the time that a commit waits in an unfinished segment."""
    mode = config.effective("archive_mode")
    timeout = config.effective("archive_timeout")
    if mode.value not in ("on", "always") or timeout.value != 0 or config.is_standby:
        return
    place = timeout if timeout.is_set or config.tree.commented_out("archive_timeout") else mode
    state = "0" if timeout.is_set else "not set, so it is 0"
    yield place.finding(
        f"archive_timeout is {state}: on a quiet server commits wait in an unfinished segment, for hours or days, and are "
        "lost with the disk",
        help="set archive_timeout to the time you can afford to lose; 60 (a minute) suits most servers",
        fix=timeout.set_to("60"),
    )
