"""SQL as psql reads it: statements with their places, and the tree that sqlglot makes of one.

psql decides where a statement ends: not at a semicolon in quotes, comments or parentheses; a backslash outside them begins
a command of its own, and what follows `COPY ... FROM STDIN` is data. sqlglot reads what is between. What it can't read is
nothing that can be reasoned about: its tree is None, never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCANNER = re.compile(
    r"""
      (?P<comment> --[^\n]* )
    | (?P<block> /\* )
    | (?P<string> \b[eE]'(?:\\.|''|[^'\\])*'? | '(?:''|[^'])*'? )
    | (?P<name> "(?:""|[^"])*"? )
    | (?P<dollar> \$(?P<tag>[A-Za-z_\x80-\U0010ffff][\w]*)?\$ )
    | (?P<meta> \\[^\n]* )
    | (?P<open> \( ) | (?P<close> \) )
    | (?P<end> ; )
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_COPIES_DATA = re.compile(r"\s*copy\b[^;]*\bfrom\s+stdin\b", re.IGNORECASE)
_END_OF_DATA = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE)
_SENDS = re.compile(r"\\g(?:x|set|exec|desc)?\b|\\watch\b|\\crosstabview\b|\\;")
_PSQL_VARIABLE = re.compile(r"(?<![:\w]):(?:'\w+'|\"\w+\"|\{\?\w+\}|[A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement and where it stands in the text, without the semicolon."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function that a statement calls; offsets are those of the name in the whole text."""

    name: str
    """In lower case, without a schema."""

    start: int
    end: int
    arguments: int
    """How many there are."""

    constants: tuple[str | None, ...]
    """The text of each argument that is one literal, else None; booleans as `true` and `false`."""


def statements(text: str) -> tuple[Statement, ...]:
    """The statements that psql would send, in order; never raises."""
    return tuple(statement for statement in _pieces(text) if not statement.text.startswith("\\"))


def meta_commands(text: str) -> tuple[Statement, ...]:
    r"""The commands of psql itself, such as `\copy`, in order, each to the end of its line; never raises."""
    return tuple(command for command in _pieces(text) if command.text.startswith("\\"))


def _pieces(text: str) -> Iterator[Statement]:
    start = position = depth = 0
    while (match := _SCANNER.search(text, position)) is not None:
        kind = match.lastgroup
        position = _end_of(text, match)
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "end" and depth == 0:
            yield from _statement(text, start, match.start())
            start = position = _behind_data(text, start, position)
        elif kind == "meta" and (_SENDS.match(match[0]) or _is_blank(text[start : match.start()])):
            # Any other command in the middle of a statement leaves it as it is.
            yield from _statement(text, start, match.start())
            if match[0].startswith("\\;"):
                position = match.start() + len("\\;")
            else:
                command = match[0].rstrip()
                yield Statement(command, match.start(), match.start() + len(command))
            start, depth = position, 0
    yield from _statement(text, start, len(text))


def _is_blank(text: str) -> bool:
    return not _without_comments(text).strip()


def _end_of(text: str, match: re.Match[str]) -> int:
    """Just behind what the scanner met, block comments and dollar quotes to their end."""
    if match.lastgroup == "block":
        return _end_of_block(text, match.end())
    if match.lastgroup in ("dollar", "tag"):
        closing = text.find(match["dollar"], match.end())
        return len(text) if closing < 0 else closing + len(match["dollar"])
    return match.end()


def _behind_data(text: str, start: int, end: int) -> int:
    """Behind the data that follows a statement which copies from standard input, else behind the statement."""
    if not _COPIES_DATA.match(_without_comments(text[start:end])):
        return end
    data = _END_OF_DATA.search(text, end)
    return data.end() if data else len(text)


def _end_of_block(text: str, position: int) -> int:
    """Just behind a block comment, which may hold others."""
    depth = 1
    for edge in _BLOCK_EDGE.finditer(text, position):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)


def _statement(text: str, start: int, end: int) -> Iterator[Statement]:
    stripped = _without_comments(text[start:end])
    if stripped.strip():
        first = start + len(stripped) - len(stripped.lstrip())
        last = start + len(stripped.rstrip())
        yield Statement(text[first:last], first, last)


def _without_comments(text: str) -> str:
    """The text with comments blanked out, each character at its place."""
    if "--" not in text and "/*" not in text:
        return text
    parts: list[str] = []
    position = 0
    while (match := _SCANNER.search(text, position)) is not None:
        parts.append(text[position : match.start()])
        position = _end_of(text, match)
        raw = text[match.start() : position]
        is_comment = match.lastgroup in ("comment", "block", "meta")
        parts.append(re.sub(r"[^\n]", " ", raw) if is_comment else raw)
    return "".join(parts) + text[position:]


def readable(statement: Statement) -> str:
    """The statement as sqlglot gets it: comments, psql's commands and variables blanked out or replaced, at their places."""

    def word(match: re.Match[str]) -> str:
        quote = match[0][1]
        return f"{quote}{'v' * (len(match[0]) - 2)}{quote}" if quote in "'\"" else "v" * len(match[0])

    return _PSQL_VARIABLE.sub(word, _without_comments(statement.text))


@lru_cache(maxsize=64)
def tree(statement: Statement) -> Any | None:
    """The tree that sqlglot makes of the statement; None where sqlglot can't read it, or reads it as an opaque command."""
    import logging  # noqa: PLC0415 - only for files that need it

    from sqlglot import exp, parse_one  # noqa: PLC0415
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it warns of each statement it doesn't know
    try:
        parsed = parse_one(readable(statement), read="postgres")
    except (SqlglotError, RecursionError, ValueError):
        return None
    return None if isinstance(parsed, exp.Command) else parsed


def calls(statement: Statement) -> tuple[Call, ...]:
    """The functions that a statement calls by name, in order; empty where sqlglot can't read it.

    sqlglot gives functions that it knows a class of its own; those of PostgreSQL's administration are none of them.
    """
    root = tree(statement)
    if root is None:
        return ()
    from sqlglot import exp  # noqa: PLC0415 - only for files that need it

    if isinstance(root, (exp.Grant, exp.Revoke, exp.Drop, exp.Comment)):
        return ()  # they name a function, and don't call it
    found: list[Call] = []
    for node in root.find_all(exp.Anonymous):
        start = node.meta.get("start")
        if start is None:
            continue
        name = str(node.name)
        place = statement.start + start
        constants = tuple(_constant(argument) for argument in node.expressions)
        found.append(Call(name.lower(), place, place + len(name), len(node.expressions), constants))
    return tuple(sorted(found, key=lambda call: call.start))


def _constant(node: Any) -> str | None:
    from sqlglot import exp  # noqa: PLC0415

    if isinstance(node, exp.Boolean):
        return "true" if node.this else "false"
    return str(node.name) if isinstance(node, exp.Literal) else None
