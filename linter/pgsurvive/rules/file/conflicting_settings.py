"""PGS005 conflicting-settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.postgres import Setting
    from pgsurvive.findings import Draft


_SUMMARIES_SINCE = 17


def _with_minimal(config: PostgresConfig, level: Setting) -> Iterator[Draft]:
    archive = config.effective("archive_mode")
    senders = config.effective("max_wal_senders")
    summaries = config.effective("summarize_wal")
    conflicts = []
    if archive.value in ("on", "always"):
        conflicts.append((archive, f"archive_mode = {archive.value}", "archive_mode = off"))
    if isinstance(senders.value, int) and senders.value > 0:
        state = "" if senders.is_set else ", its default"
        conflicts.append((senders, f"max_wal_senders = {senders.value}{state}", "max_wal_senders = 0"))
    if summaries.value is True and max(config.majors) >= _SUMMARIES_SINCE:
        conflicts.append((summaries, "summarize_wal = on", "summarize_wal = off"))
    for other, shown, instead in conflicts:
        place = other if other.is_set else level
        yield place.finding(
            f"wal_level = minimal excludes {shown}: the server does not start",
            help=f"set wal_level = replica, the default; or give up on recovery and set {instead}",
            related=(level.related("wal_level is set here"),) if place is other else (),
        )


def _connections(config: PostgresConfig) -> Iterator[Draft]:
    """The connections kept for administrators must leave some for everyone else."""
    limit = config.effective("max_connections")
    kept = [config.effective(name) for name in ("superuser_reserved_connections", "reserved_connections")]
    numbers = [setting.value for setting in kept if isinstance(setting.value, int)]
    place = next((setting for setting in (*kept, limit) if setting.is_set), None)
    if isinstance(limit.value, int) and place is not None and sum(numbers) >= limit.value:
        yield place.finding(
            f"{sum(numbers)} connections are reserved of the {limit.value} in max_connections: the server does not start",
            help="reserve fewer, or raise max_connections",
            related=(limit.related("max_connections is set here"),)
            if limit.is_set and place is not limit
            else (),
        )


@rule(
    code="PGS005",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-WAL-LEVEL",
)
def conflicting_settings(config: PostgresConfig) -> Iterator[Draft]:
    """Two settings, each fine alone, exclude each other: the server doesn't start."""
    level = config.effective("wal_level")
    if level.value == "minimal":
        yield from _with_minimal(config, level)
    yield from _connections(config)
