"""PGS505 barman-streaming-without-slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.estate.barman_certainty import backed_up, certain, is_inherited
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS505",
    severity=Severity.ERROR,
    applies_to=BarmanConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://docs.pgbarman.org/release/latest/user_guide/wal_archiving.html",
)
def barman_streaming_without_slot(config: BarmanConfig) -> Iterator[Draft]:
    """Barman disables a server that streams without a slot: it receives no WAL and takes no backup."""
    for server in backed_up(config):
        streaming = certain(server, "streaming_archiver")
        archiver = certain(server, "archiver")
        slot = certain(server, "slot_name")
        if (
            streaming is None
            or streaming.value is not True
            or archiver is None
            or archiver.value is not False
        ):
            continue
        if slot is not None and slot.value is None:
            place = server if is_inherited(streaming, server) else streaming
            yield place.finding(
                "WAL is to come by streaming alone and there is no slot_name: Barman disables the server, receives no WAL, "
                "takes no backup, and cron passes over it",
                help="set slot_name = barman and create_slot = auto; limit what the slot may keep with the server's "
                "max_slot_wal_keep_size",
            )
