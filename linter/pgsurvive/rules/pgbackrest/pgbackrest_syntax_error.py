"""PGS434 pgbackrest-syntax-error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig, looks_unfinished
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN = 10
"""A file that is something else altogether needs no hundred findings."""


@rule(
    code="PGS434",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://pgbackrest.org/command.html#introduction",
)
def pgbackrest_syntax_error(config: PgbackrestConfig) -> Iterator[Draft]:
    """The line can't be read, and no pgBackRest command starts: nothing is archived, backed up or restored."""
    if config.is_throwaway or config.has_blocks:
        return
    for tree in config.trees:
        if looks_unfinished(tree.source.text):
            continue
        for problem in tree.problems[:_SHOWN]:
            line = tree.source.line(problem.span.line).strip()
            yield Draft(
                tree.source,
                problem.span,
                f"no pgBackRest command starts, archive-push and restore included: {problem.message}",
                _help(line, problem.message),
            )


def _help(line: str, message: str) -> str:
    if line.startswith((";", "//", "--")):
        return "a comment begins with #"
    if line.startswith("["):
        return "end the header with ], and put a comment on a line of its own"
    if "outside of section" in message:
        return "put a header before it: [global], or the name of the stanza"
    if ":" in line and "=" not in line:
        return "write key=value, with an equals sign"
    return "write key=value, or make the line a comment with #; a value can't go on in the next line"
