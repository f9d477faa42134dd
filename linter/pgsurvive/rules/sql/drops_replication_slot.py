"""PGS704 drops-replication-slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.sql import SqlScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_DROPS = "pg_drop_replication_slot"


@rule(
    code="PGS704",
    severity=Severity.INFO,
    applies_to=SqlScript,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-SLOTS",
)
def drops_replication_slot(script: SqlScript) -> Iterator[Draft]:
    """The server recycles WAL that whoever owns the slot hasn't received: a backup server's WAL gets a hole."""
    if script.is_throwaway or not script.mentions(_DROPS):
        return
    for call in script.calls(_DROPS):
        if call.name != _DROPS:
            continue
        which = "the slots that it selects" if call.constants[:1] == (None,) else "the slot"
        yield script.finding(
            call.start,
            call.end,
            f"whoever owns {which} loses the WAL that it hasn't received: a standby or subscriber must be built anew, and "
            "the WAL of a backup server gets a hole that no restore gets past",
            help="limit what a slot may keep instead (max_slot_wal_keep_size); drop one that you know to be dead, and take "
            "a base backup where a backup server owned it",
        )
