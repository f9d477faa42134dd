"""postgresql.conf and its relatives, read as the server reads them.

The tokens are those of the server's scanner (guc-file.l): the longest match wins, and of equally long ones the first.
That has consequences one wouldn't guess: `default_tablespace = a.b` is a syntax error, because `a.b` is a qualified name
and only a setting's name may be one, while `a.b.c` is a plain unquoted string.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.syntax.problem import Comment, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.text import Source, Span

MAX_SYNTAX_ERRORS = 100
"""After so many syntax errors in a file the server reads no further."""

# A letter is A to Z, an underscore or anything beyond ASCII. Said by what it is not, since a class that reaches beyond
# ASCII takes Python longer to compile than a whole file takes to read.
_LETTER = r"[^\x00-@\[-^`{-\x7f]"
_LETTER_OR_DIGIT = r"[^\x00-/:-@\[-^`{-\x7f]"
_NAME = rf"{_LETTER}{_LETTER_OR_DIGIT}*"
_TOKENS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("name", _NAME),
        ("qualified name", rf"{_NAME}\.{_NAME}"),
        ("string", r"'(?:[^'\\\n]|\\[^\n]|'')*'"),
        ("unquoted string", rf"{_LETTER}(?:{_LETTER_OR_DIGIT}|[-._:/])*"),
        ("integer", r"[-+]?(?:0x[0-9a-fA-F]+|[0-9]+)[a-zA-Z]*"),
        ("real", r"[-+]?[0-9]*\.[0-9]*(?:[Ee][-+]?[0-9]+)?"),
        ("equals", "="),
    )
)
_NAMES = frozenset({"name", "qualified name"})
_VALUES = frozenset({"name", "string", "unquoted string", "integer", "real"})
_BLANK = re.compile(r"[ \t\r]*")
_ESCAPE = re.compile(r"\\([0-7]{1,3}|.)|''", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_DIRECTIVES = frozenset({"include", "include_if_exists", "include_dir"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One `name = value` line."""

    name: str
    """In lower case, as the server compares names."""

    value: str
    """Without its quotes and escapes."""

    span: Span
    """From the name to the end of the value."""

    name_span: Span
    value_span: Span
    quoted: bool

    @property
    def line(self) -> int:
        """The line, from 1."""
        return self.span.line

    @property
    def is_directive(self) -> bool:
        """Whether this includes other files instead of setting something."""
        return self.name in _DIRECTIVES

    def span_in_value(self, source: Source, start: int, end: int) -> Span:
        """Where in the file `value[start:end]` stands, however the value is quoted and escaped."""
        first = source.offset(self.value_span.line, self.value_span.column)
        if not self.quoted:
            if source.slice(self.value_span) != self.value:
                return self.value_span  # written otherwise than it reads, as on a command line
            return source.span(first + start, first + end)
        offsets = list(_unescaped(source.slice(self.value_span)))
        places = [first + offset for _, offset in offsets]
        places.append(source.offset(self.value_span.end_line, self.value_span.end_column) - 1)
        return source.span(places[min(start, len(offsets))], places[min(end, len(offsets))])


@dataclass(frozen=True, slots=True)
class PostgresqlConf:
    """What a configuration file says, line by line."""

    source: Source
    entries: tuple[Entry, ...]
    comments: tuple[Comment, ...]
    problems: tuple[Problem, ...]

    def commented_out(self, name: str) -> Comment | None:
        """The line that shows this setting commented out, as initdb's file does for every default."""
        pattern = re.compile(rf"#[ \t]*{re.escape(name)}[ \t]*=", re.IGNORECASE)
        return next((comment for comment in self.comments if pattern.match(comment.text)), None)


def parse(source: Source) -> PostgresqlConf:
    """Reads a whole file. Whatever the bytes, this returns; what the server would refuse is in `problems`."""
    entries: list[Entry] = []
    comments: list[Comment] = []
    problems: list[Problem] = []
    start = 0
    text = source.text
    while start < len(text) and len(problems) < MAX_SYNTAX_ERRORS:
        end = text.find("\n", start)
        if end < 0:
            end = len(text)
        line = _read_line(source, start, end)
        if isinstance(line, Entry):
            entries.append(line)
        elif isinstance(line, Problem):
            problems.append(line)
        comment = _comment(source, start, end)
        if comment is not None:
            comments.append(comment)
        start = end + 1
    return PostgresqlConf(source, tuple(entries), tuple(comments), tuple(problems))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    start: int
    end: int


def _tokens(text: str, start: int, end: int) -> Iterator[_Token]:
    """The tokens of one line; a comment ends it, and a character that begins no token is one of kind "error"."""
    while True:
        blank = _BLANK.match(text, start, end)
        start = blank.end() if blank else start
        if start >= end or text[start] == "#":
            return
        best = _Token("error", start, start + 1)
        for kind, pattern in _TOKENS:
            match = pattern.match(text, start, end)
            if match and (best.kind == "error" or match.end() > best.end):
                best = _Token(kind, start, match.end())
        yield best
        start = best.end


def _read_line(source: Source, start: int, end: int) -> Entry | Problem | None:
    text = source.text
    tokens = _tokens(text, start, end)
    name = next(tokens, None)
    if name is None:
        return None
    if name.kind not in _NAMES:
        return _unexpected(source, name)
    value = next(tokens, None)
    if value is not None and value.kind == "equals":
        value = next(tokens, None)
    if value is None:
        return Problem(
            source.span(name.start, len(text[:end].rstrip(" \t\r"))), "syntax error near end of line"
        )
    if value.kind not in _VALUES:
        return _unexpected(source, value)
    extra = next(tokens, None)
    if extra is not None:
        return _unexpected(source, extra)
    raw = text[value.start : value.end]
    quoted = value.kind == "string"
    return Entry(
        name=_lower(text[name.start : name.end]),
        value="".join(character for character, _ in _unescaped(raw)) if quoted else raw,
        span=source.span(name.start, value.end),
        name_span=source.span(name.start, name.end),
        value_span=source.span(value.start, value.end),
        quoted=quoted,
    )


def _unexpected(source: Source, token: _Token) -> Problem:
    text = source.text[token.start : token.end]
    return Problem(source.span(token.start, token.end), f'syntax error near token "{text}"')


def _comment(source: Source, start: int, end: int) -> Comment | None:
    text = source.text
    sign = text.find("#", start, end)
    if sign < 0:
        return None
    behind = start
    for token in _tokens(text, start, end):
        behind = token.end
    blank = _BLANK.match(text, behind, end)
    sign = blank.end() if blank else behind
    if sign >= end or text[sign] != "#":
        return None
    return Comment(source.span(sign, end), text[sign:end].rstrip("\r"), alone=not text[start:sign].strip())


def _unescaped(raw: str) -> Iterator[tuple[str, int]]:
    """The characters that a quoted string stands for, each with the offset in `raw` where it is written."""
    position = 1
    while position < len(raw) - 1:
        escape = _ESCAPE.match(raw, position, len(raw) - 1)
        if escape is None:
            yield raw[position], position
            position += 1
            continue
        code = escape.group(1)
        if code is None:
            yield "'", position
        elif code[0] in "01234567":
            # The server keeps the low byte; one that isn't ASCII stays a byte, as in text that isn't UTF-8.
            byte = int(code, 8) & 0xFF
            yield chr(byte if byte < 0x80 else 0xDC00 + byte), position  # noqa: PLR2004 - the end of ASCII
        else:
            yield _ESCAPED.get(code, code), position
        position = escape.end()


def _lower(name: str) -> str:
    """Lower case for the letters A to Z only, as the server compares names whatever the locale."""
    return name.lower() if name.isascii() else re.sub("[A-Z]+", lambda m: m.group().lower(), name)
