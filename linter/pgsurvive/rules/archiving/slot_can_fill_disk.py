"""PGS116 slot-can-fill-disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.postgres import Setting
    from pgsurvive.findings import Draft

_IDLE_TIMEOUT_SINCE = 18
"""The first major with idle_replication_slot_timeout."""


@rule(
    code="PGS116",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-SLOT-WAL-KEEP-SIZE",
)
def slot_can_fill_disk(config: PostgresConfig) -> Iterator[Draft]:
    """A replication slot that nobody reads keeps all WAL until the disk is full and the server stops."""
    limit = config.effective("max_slot_wal_keep_size")
    # The slots that a standby's file speaks of are on its primary, whose limit counts.
    if limit.value != -1 or config.is_standby or config.is_throwaway or config.is_for_older_major:
        return
    slots = _slots_in_use(config)
    if slots is None or _bounded_by_time(config):
        return
    place = limit if limit.is_set or config.tree.commented_out(limit.name) else slots
    state = "-1" if limit.is_set else "not set, so it is -1"
    also = "; 18 can also drop idle slots: idle_replication_slot_timeout = 2d"
    yield place.finding(
        f"max_slot_wal_keep_size is {state}: a replication slot that nobody reads any more keeps all WAL, archived or not, "
        "until the disk is full and the server stops",
        help="set max_slot_wal_keep_size to what the WAL's disk can spare, such as 50GB, and watch pg_replication_slots for "
        f"slots that are not active{also if _IDLE_TIMEOUT_SINCE in config.majors else ''}",
        related=() if place is slots else (slots.related("the slots"),),
    )


def _slots_in_use(config: PostgresConfig) -> Setting | None:
    """The line that says that there are slots, or None; the default of max_replication_slots, 10, says nothing."""
    room = config.effective("max_replication_slots")
    level = config.effective("wal_level")
    if room.value == 0 or level.value == "minimal":
        return None
    named = config.effective("synchronized_standby_slots")
    if named.is_set and not named.is_empty:
        return named
    if room.is_set:
        return room
    # Logical decoding goes through a slot, always.
    return level if level.is_set and level.value == "logical" else None


def _bounded_by_time(config: PostgresConfig) -> bool:
    timeout = config.effective("idle_replication_slot_timeout")
    return timeout.is_set and timeout.value != 0
