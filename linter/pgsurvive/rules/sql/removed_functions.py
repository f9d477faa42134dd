"""PGS705 removed-functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.sql import SqlScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_RENAMED_IN_10 = {
    "pg_current_xlog_flush_location": "pg_current_wal_flush_lsn",
    "pg_current_xlog_insert_location": "pg_current_wal_insert_lsn",
    "pg_current_xlog_location": "pg_current_wal_lsn",
    "pg_is_xlog_replay_paused": "pg_is_wal_replay_paused",
    "pg_last_xlog_receive_location": "pg_last_wal_receive_lsn",
    "pg_last_xlog_replay_location": "pg_last_wal_replay_lsn",
    "pg_switch_xlog": "pg_switch_wal",
    "pg_xlog_location_diff": "pg_wal_lsn_diff",
    "pg_xlog_replay_pause": "pg_wal_replay_pause",
    "pg_xlog_replay_resume": "pg_wal_replay_resume",
    "pg_xlogfile_name": "pg_walfile_name",
    "pg_xlogfile_name_offset": "pg_walfile_name_offset",
}
"""Each took the same arguments under its old name (release notes of 10)."""


@rule(
    code="PGS705",
    severity=Severity.ERROR,
    applies_to=SqlScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/release/10.0/",
)
def removed_functions(script: SqlScript) -> Iterator[Draft]:
    """The function was renamed in PostgreSQL 10: the call fails, and what the script meant to make sure doesn't happen."""
    if script.is_throwaway or not script.mentions("xlog"):
        return
    for call in script.calls("xlog"):
        new = _RENAMED_IN_10.get(call.name)
        # A script that has both names asks for the version first.
        if new is None or script.mentions(new) or new in script.source.text:
            continue
        yield script.finding(
            call.start,
            call.end,
            f"PostgreSQL 10 and later have no {call.name}: the statement fails, and what depends on it goes on without it",
            help=f"call {new}; ask psql to stop at errors: -v ON_ERROR_STOP=1",
            fix=script.replacing(call.start, call.end, new, f"call {new}"),
        )
