"""PGS314 delayed-standby-is-no-backup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_UNITS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1000), ("millisecond", 1))


@rule(
    code="PGS314",
    severity=Severity.INFO,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-RECOVERY-MIN-APPLY-DELAY",
)
def delayed_standby_is_no_backup(config: PostgresConfig) -> Iterator[Draft]:
    """A delayed standby keeps what a mistake destroyed for the length of the delay, and no longer."""
    delay = config.effective("recovery_min_apply_delay")
    if config.is_throwaway or not isinstance(delay.value, int) or delay.value <= 0 or _has_archive(config):
        return
    yield delay.finding(
        f"this standby replays a mistake {_spoken(delay.value)} after it was made: found later than that, it is here too, "
        "and there is no other point to go back to",
        help="keep base backups and an archive of the WAL as well; write down how to pause the replay "
        "(pg_wal_replay_pause), since the clock runs from the commit",
    )


def _has_archive(config: PostgresConfig) -> bool:
    """Whether the files show an archive of the WAL, from which an older state can be restored."""
    restores = config.effective("restore_command").value
    return bool(restores) or config.effective("archive_mode").value in ("on", "always")


def _spoken(milliseconds: int) -> str:
    """The time in the largest two units that it has."""
    parts: list[str] = []
    for name, size in _UNITS:
        count, milliseconds = divmod(milliseconds, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return " and ".join(parts[:2])
