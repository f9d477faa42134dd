"""pgbackrest.conf, read as pgBackRest reads it.

It is less than the ini files of other programs: no quotes, no comment behind a value, no `;`, no continued lines, and
every name keeps its case. A line is trimmed of spaces, tabs and carriage returns, the first `=` ends the key, and what
stands between `[` and `]` is the section's name with every space in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.syntax.problem import Comment, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.text import Source, Span

MAX_LINE = 65_536
"""A line that fills pgBackRest's buffer, in bytes, is refused."""

_BLANK = " \t\r\n"
_COMMENT = re.compile(r"[ \t]+(?=#|;[ \t]|//[ \t])")


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key=value` line."""

    key: str
    value: str
    """Trimmed; empty where nothing follows the `=`, which pgBackRest refuses once a command needs it."""

    span: Span
    """From the key to the end of the value."""

    key_span: Span
    value_span: Span
    section: str
    """The name of the section it stands in."""

    @property
    def line(self) -> int:
        """The line, from 1."""
        return self.span.line

    @property
    def has_comment(self) -> bool:
        """Whether the value ends in what its author took for a comment."""
        return _COMMENT.search(self.value) is not None

    @property
    def without_comment(self) -> tuple[str, str]:
        """The value that was meant, and the comment with its sign."""
        parts = _COMMENT.split(self.value, maxsplit=1)
        return parts[0], parts[1] if len(parts) > 1 else ""


@dataclass(frozen=True, slots=True)
class Section:
    """One `[header]` and the lines up to the next; the same header may come again."""

    name: str
    """What stands between the brackets, spaces included."""

    span: Span
    """The header, brackets included."""

    entries: tuple[Entry, ...]

    @property
    def stanza(self) -> str:
        """The name before the colon: of a stanza, or `global`."""
        return self.name.partition(":")[0]

    @property
    def command(self) -> str | None:
        """The command behind the colon; None in a section that is for every command."""
        _, colon, command = self.name.partition(":")
        return command if colon else None

    @property
    def is_global(self) -> bool:
        """Whether every stanza looks into this section."""
        return self.stanza == "global"


@dataclass(frozen=True, slots=True)
class PgbackrestConf:
    """What a configuration file says, section by section."""

    source: Source
    sections: tuple[Section, ...]
    comments: tuple[Comment, ...]
    problems: tuple[Problem, ...]
    """Every line that pgBackRest refuses. It stops at the first, and then no command works."""

    @property
    def entries(self) -> Iterator[Entry]:
        """The lines that set something, in order."""
        for section in self.sections:
            yield from section.entries

    def commented_out(self, key: str) -> Comment | None:
        """The line that shows this key commented out."""
        texts = ((comment, comment.text.lstrip("# \t").partition("=")) for comment in self.comments)
        return next((c for c, (name, equals, _) in texts if equals and name.strip() == key), None)


def parse(source: Source) -> PgbackrestConf:
    """Reads a whole file. Whatever the bytes, this returns; what pgBackRest would refuse is in `problems`."""
    headers: list[tuple[str, Span]] = []
    entries: list[list[Entry]] = []
    comments: list[Comment] = []
    problems: list[Problem] = []
    for start, end in _lines(source.text):
        line = source.text[start:end]
        first = start + len(line) - len(line.lstrip(_BLANK))
        text = line.strip(_BLANK)
        if not text:
            continue
        span = source.span(first, first + len(text))
        # pgBackRest looks for the end of the buffer before it looks at anything in the line.
        if end - start >= MAX_LINE // 4 and len(line.encode(errors="surrogateescape")) >= MAX_LINE:
            problems.append(Problem(span, f"unable to find line in {MAX_LINE} byte buffer"))
        elif text.startswith("#"):
            comments.append(Comment(span, text, alone=True))
        elif text.startswith("["):
            if not text.endswith("]"):
                problems.append(Problem(span, "ini section should end with ]"))
            elif len(text) < len("[x]"):
                problems.append(Problem(span, "invalid empty section"))
            else:
                headers.append((text[1:-1], span))
                entries.append([])
        elif not headers:
            problems.append(Problem(span, "key/value found outside of section"))
        else:
            read = _read_entry(source, first, text, headers[-1][0])
            if isinstance(read, Entry):
                entries[-1].append(read)
            else:
                problems.append(read)
    sections = tuple(
        Section(name, span, tuple(lines)) for (name, span), lines in zip(headers, entries, strict=True)
    )
    return PgbackrestConf(source, sections, tuple(comments), tuple(problems))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends, its line feed left out."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        if end < 0:
            end = len(text)
        yield start, end
        start = end + 1


def _read_entry(source: Source, first: int, text: str, section: str) -> Entry | Problem:
    # To a C program the line ends at a NUL.
    text = text.partition("\0")[0]
    name, equals, rest = text.partition("=")
    whole = source.span(first, first + max(len(text), 1))
    if not equals:
        return Problem(whole, "missing '=' in key/value")
    key = name.rstrip(_BLANK)
    if not key:
        return Problem(whole, "key is zero-length")
    value = rest.strip(_BLANK)
    at = first + len(name) + 1 + len(rest) - len(rest.lstrip(_BLANK)) if value else first + len(name) + 1
    return Entry(
        key=key,
        value=value,
        span=source.span(first, max(at + len(value), first + len(name) + 1)),
        key_span=source.span(first, first + len(key)),
        value_span=source.span(at, at + len(value)),
        section=section,
    )
