"""PGS403 pgbackrest-inline-comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.pgbackrest_keys import look_up
from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_FREE = frozenset({"string", "path", "list", "hash"})
"""Types that take any text, the comment included."""


@rule(
    code="PGS403",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://pgbackrest.org/command.html#introduction",
)
def pgbackrest_inline_comment(config: PgbackrestConfig) -> Iterator[Draft]:
    """A comment behind a value is part of the value."""
    if config.is_throwaway:
        return
    for tree, entry in config.lines:
        found = look_up(entry.key)
        if not entry.has_comment or found is None or isinstance(found, str) or config.is_unfinished(entry):
            continue
        value, comment = entry.without_comment
        if found.definition.type in _FREE and not found.definition.allowed:
            if not comment.startswith("#"):
                continue
            taken = "..." if found.definition.secure else entry.value
            message = f"the comment is part of {entry.key}: pgBackRest takes '{taken}' for the value, and says nothing"
        else:
            message = (
                f"the comment is part of the value: every command that reads {entry.key} stops with error 032"
            )
        yield Draft(
            tree.source,
            entry.value_span,
            message,
            f"put the comment on a line of its own, and leave {entry.key}={'...' if found.definition.secure else value}",
        )
