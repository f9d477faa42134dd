"""PGS504 no-wal-source."""

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
    code="PGS504",
    severity=Severity.ERROR,
    applies_to=BarmanConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://docs.pgbarman.org/release/latest/user_guide/wal_archiving.html",
)
def no_wal_source(config: BarmanConfig) -> Iterator[Draft]:
    """Nothing is told to bring WAL to Barman, which refuses every backup until some arrives."""
    for server in backed_up(config):
        archiver = certain(server, "archiver")
        streaming = certain(server, "streaming_archiver")
        incoming = server.effective("incoming_wals_directory")
        if (
            archiver is None
            or archiver.value is not False
            or streaming is None
            or streaming.value is not False
        ):
            continue
        if incoming.is_set and not archiver.is_set:
            continue
        message = (
            "neither archiver nor streaming_archiver is on: Barman waits for WAL that nothing may be sending, takes no "
            "backup until some arrives, and has nothing to restore"
        )
        advice = "set streaming_archiver = on and a slot_name, or archiver = on and an archive_command that feeds Barman"
        place = next((o for o in (archiver, streaming) if o.is_set and not is_inherited(o, server)), server)
        yield place.finding(message, help=advice)
