"""PGS706 copy-as-backup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.sql import SqlScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.syntax import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_COPY = re.compile(
    r"\\?copy\s+(?P<table>[\w.\"]+)(?:\s*\([^)]*\))?\s+to\s+(?:program\s+)?(?P<target>'[^']*'|[^\s;]+)",
    re.IGNORECASE,
)
_BACKUP = re.compile(r"(?:^|[^a-z])(?:back_?ups?|bkp|bak|dumps?)(?:[^a-z]|$)", re.IGNORECASE)


@rule(
    code="PGS706",
    severity=Severity.WARNING,
    applies_to=SqlScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/sql-copy.html",
)
def copy_as_backup(script: SqlScript) -> Iterator[Draft]:
    """COPY stores rows without tables, keys, sequences or privileges, and several tables from different moments."""
    if script.is_throwaway or not script.mentions("copy") or script.source.text.count("pg_dump"):
        return
    for statement in (*script.statements, *sql.meta_commands(script.text)):
        match = _COPY.match(statement.text)
        if match is not None and _BACKUP.search(match["target"]):
            yield script.finding(
                statement.start,
                statement.start + match.end("target"),
                f"the rows of {match['table']} alone: no table, key, sequence or privilege comes back from this, and tables "
                "that are copied one after the other don't match each other",
                help="use pg_dump --format=custom, with pg_dumpall --globals-only beside it; COPY is for exchange",
            )
