"""PGS701 exclusive-backup-functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.postgresql import listed
from pgsurvive.estate.sql import SqlScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft
    from pgsurvive.syntax.sql import Call

_RENAMED = {"pg_start_backup": "pg_backup_start", "pg_stop_backup": "pg_backup_stop"}
_REMOVED_IN = 15
_LAST_MODE = {"pg_start_backup": 3, "pg_stop_backup": 1}
"""How many arguments there are when one of them says that the backup is not exclusive; it is the last that counts."""


@rule(
    code="PGS701",
    severity=Severity.ERROR,
    applies_to=SqlScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP",
)
def exclusive_backup_functions(script: SqlScript) -> Iterator[Draft]:
    """From 15 on pg_start_backup doesn't exist and the copy is no backup; on 14 its exclusive form can prevent a restart."""
    if script.is_throwaway or not script.mentions(*_RENAMED):
        return
    without = frozenset(major for major in script.majors if major >= _REMOVED_IN)
    knows_new_names = script.source.text.lower().count("pg_backup_start") > 0
    for call in script.calls(*_RENAMED):
        new = _RENAMED.get(call.name)
        if new is None:
            continue
        if without and (len(script.majors) == 1 or not knows_new_names):
            yield script.finding(
                call.start,
                call.end,
                f"{call.name} does not exist in PostgreSQL {listed(without)}: the call fails, and a copy of the data "
                "directory that is made all the same can't be restored",
                help=f"use pg_basebackup, pgBackRest or Barman; or {new}, in one session that stays open for the whole "
                "copy, and store the backup_label that it returns",
            )
        elif not without and _is_exclusive(call):
            yield script.finding(
                call.start,
                call.end,
                f"{call.name} in exclusive mode writes backup_label into the running cluster: after a crash during the "
                "backup the server does not start",
                help="use pg_basebackup; or the non-exclusive form, pg_start_backup(label, fast, false) and "
                "pg_stop_backup(false), in one session that stays open for the whole copy",
            )


def _is_exclusive(call: Call) -> bool:
    """Whether nothing says that the backup is not exclusive."""
    place = _LAST_MODE[call.name]
    return call.arguments < place or call.constants[place - 1] == "true"
