"""PGS503 barman-inline-comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.barman import definition
from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.estate.barman_ignored import comment_in
from pgsurvive.findings import Draft, Edit, Fix, Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.barman import Given

_DELETES = frozenset({"retention_policy"})
"""With these a value that holds at last may delete backups: whoever makes it hold should know."""


@rule(
    code="PGS503",
    severity=Severity.ERROR,
    applies_to=BarmanConfig,
    costs=Loss.RESTORE,
    source="https://docs.pgbarman.org/release/latest/user_guide/configuration.html",
)
def barman_inline_comment(config: BarmanConfig) -> Iterator[Draft]:
    """What looks like a comment is part of the value, which Barman then ignores or takes as it stands."""
    if config.is_template or config.is_throwaway:
        return
    for _, given in config.own_lines():
        entry = given.entry
        start = comment_in(entry)
        if start is None:
            continue
        known = definition(entry.name)
        if known is not None and known.type == "text":
            message = f"Barman knows no comments behind a value: this is part of {entry.name}"
        else:
            message = f"Barman knows no comments behind a value: it ignores {entry.name}, comment and all"
        yield Draft(
            given.source,
            entry.span_in_value(given.source, start, len(entry.value)),
            message,
            "give the comment a line of its own",
            fix=_moved(given, start),
        )


def _moved(given: Given, start: int) -> Fix | None:
    entry = given.entry
    known = definition(entry.name)
    if known is None or entry.name in _DELETES or len(entry.pieces) > 1:
        return None
    if known.type == "text" and not entry.name.endswith("conninfo"):
        return None  # in a directory of that name there may be backups, and Barman would look elsewhere
    comment = entry.value[start:].strip()
    line = entry.span.line
    return Fix(
        "move the comment to a line of its own",
        (
            Edit(Span(line, 1, line, 1), f"{comment}\n"),
            Edit(entry.span_in_value(given.source, start, len(entry.value)), ""),
        ),
    )
