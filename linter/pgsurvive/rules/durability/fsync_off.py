"""PGS201 fsync-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS201",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-FSYNC",
)
def fsync_off(config: PostgresConfig) -> Iterator[Draft]:
    """The server never asks the disk to keep anything; a power cut leaves a cluster beyond repair."""
    setting = config.effective("fsync")
    if setting.value is False and not config.is_throwaway:
        yield setting.finding(
            "fsync is off: a power cut or a crash of the operating system loses commits and can destroy the cluster",
            help="set fsync = on; where speed matters more than the last commits, synchronous_commit = off is safe for "
            "the cluster",
            fix=setting.set_to("on"),
        )
