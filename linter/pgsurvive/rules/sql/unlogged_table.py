"""PGS703 unlogged-table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pgsurvive.estate.sql import SqlScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.syntax import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft
    from pgsurvive.syntax.sql import Statement

_DISPOSABLE = re.compile(
    r"cache|te?mp|stag|session|scratch|import|load|buffer|bench|test|intermediate|work|derived|throwaway|lock|job|queue"
)
"""What such tables are made for: a name that says so needs no finding."""

_WORD = re.compile(r"\bunlogged\b", re.IGNORECASE)


@rule(
    code="PGS703",
    severity=Severity.WARNING,
    applies_to=SqlScript,
    costs=Loss.ACKNOWLEDGED_COMMITS,
    source="https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-UNLOGGED",
)
def unlogged_table(script: SqlScript) -> Iterator[Draft]:
    """An unlogged table is empty after a crash, after every restore of a base backup, and on every standby."""
    if script.is_throwaway or not script.mentions("unlogged"):
        return
    logged = {name for each in script.statements if (name := _set_to(each, "LOGGED")) is not None}
    for statement in script.statements:
        word = _WORD.search(sql.readable(statement))
        if word is None:
            continue
        name = _created(statement) or _set_to(statement, "UNLOGGED")
        if name is None or name in logged or _DISPOSABLE.search(name):
            continue
        yield script.finding(
            statement.start + word.start(),
            statement.start + word.end(),
            f"{name} is unlogged: its rows are gone after a crash, in every restore of a base backup, and on every standby",
            help=f"leave UNLOGGED out, or ALTER TABLE {name} SET LOGGED once it is filled; it is for what can be made anew",
        )


def _created(statement: Statement) -> str | None:
    """The table that a statement creates unlogged; None for any other."""
    from sqlglot import exp  # noqa: PLC0415 - only for files that need it

    root: Any = sql.tree(statement)
    if isinstance(root, exp.Create) and root.args.get("kind") == "TABLE":
        properties = root.args.get("properties")
        table = root.find(exp.Table)
        if table is not None and properties is not None and properties.find(exp.UnloggedProperty):
            return str(table.name).lower()
    into = root.args.get("into") if isinstance(root, exp.Select) else None
    return str(into.this.name).lower() if into is not None and into.args.get("unlogged") else None


def _set_to(statement: Statement, persistence: str) -> str | None:
    """The table that `ALTER TABLE ... SET LOGGED` or UNLOGGED changes."""
    if "logged" not in statement.text.lower():
        return None
    from sqlglot import exp  # noqa: PLC0415 - only for files that need it

    root: Any = sql.tree(statement)
    if not isinstance(root, exp.Alter) or root.args.get("kind") != "TABLE":
        return None
    options = (
        action.args.get("option") for action in root.args["actions"] if isinstance(action, exp.AlterSet)
    )
    if any(option is not None and option.name.upper() == persistence for option in options):
        return str(root.this.name).lower()
    return None
