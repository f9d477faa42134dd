"""PGS001 syntax-error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.text import Source, Span


_SHOWN = 10
"""A file that the server can't read at all needs no hundred findings."""

_HINTS = (
    (re.compile(r"""^[^#']*?=?\s*"[^"]*"?"""), "use single quotes: the server takes no double ones"),
    (
        re.compile(r"""^[^#']*=\s*[-+]?[\d.]+\s+[A-Za-z]+"""),
        "quote a number apart from its unit: '2 GB'; or write 2GB",
    ),
    (
        re.compile(r"""^[^#']*=?\s*[-+]?\d*\.\d*[A-Za-z]+\s*(?:#|$)"""),
        "quote a fraction that has a unit: '1.5GB'",
    ),
    (re.compile(r"""^[^#']*=\s*\w+\.\w+\s*(?:#|$)"""), "quote the value: unquoted, a.b is read as a name"),
    (re.compile(r"""^\s*(?://|--|;|/\*)"""), "a comment begins with #"),
    (re.compile(r"""^\s*\w+\s*:"""), "write name = value"),
    (
        re.compile(r"""^[^#]*=\s*'(?:[^'\\]|\\.|'')*$"""),
        "close the quote on the same line: a value can't go on in the next",
    ),
    (
        re.compile(r"""^\s*[\w.]+\s*=?\s*(?:#|$)"""),
        "give the setting a value, '' for an empty one, or comment the line out",
    ),
    (re.compile(r"""^[^#']*;\s*(?:#|$)"""), "remove the semicolon"),
)


def _help(source: Source, span: Span) -> str:
    line = source.line(span.line)
    hint = next((hint for pattern, hint in _HINTS if pattern.search(line)), None)
    return hint or "quote a value that is more than one plain word or number: 'like this'"


@rule(
    code="PGS001",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-CONFIGURATION-FILE",
)
def syntax_error(config: PostgresConfig) -> Iterator[Draft]:
    """The server can't read the line: it doesn't start, and at a reload it keeps all its old settings."""
    if config.is_template:
        return
    for tree in config.trees:
        for problem in tree.problems[:_SHOWN]:
            yield Draft(
                tree.source,
                problem.span,
                f"{problem.message}: the server does not start with this file, and a reload changes nothing at all",
                _help(tree.source, problem.span),
            )
