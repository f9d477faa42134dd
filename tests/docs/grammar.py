"""Reads SQL with PostgreSQL's own grammar, so that an error in a page is found before a server has to."""

from __future__ import annotations

import re

NEWEST = 18

VARIABLE = re.compile(r""":(?P<quote>['"])(?P<name>\w+)(?P=quote)|(?<![:\w]):(?P<bare>[A-Za-z_]\w*)""")
TRAILING_COMMAND = re.compile(r"\\(?:g|gx|gset|gexec|gdesc|crosstabview|watch)\b[^\n]*$", re.MULTILINE)
COMMAND = re.compile(r"^[ \t]*\\[^\n]*$", re.MULTILINE)


def syntax_error(source: str) -> tuple[int, str] | None:
    """Return the line, from 1, and message of the first error that PostgreSQL's grammar finds; else None.

    psql's own part is taken out first: its variables become plain words, a `\\gset` that ends a statement a
    semicolon, a line of its own such as `\\connect` nothing.
    """
    try:
        import pglast  # noqa: PLC0415  slow to import, and most pages hold no SQL
    except ModuleNotFoundError:
        return None  # `make demo` does without it; the tests have it

    sql = COMMAND.sub("", source)
    sql = TRAILING_COMMAND.sub(";", sql)
    sql = VARIABLE.sub(lambda m: f"{m['quote']}{m['name']}{m['quote']}" if m["quote"] else m["bare"], sql)
    try:
        pglast.parse_sql(sql)
    except pglast.parser.ParseError as error:
        message, *position = error.args
        offset = position[0] if position and isinstance(position[0], int) else 0
        return sql.count("\n", 0, offset) + 1, str(message)
    return None
