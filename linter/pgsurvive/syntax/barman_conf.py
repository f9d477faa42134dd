"""barman.conf and its relatives, read as Barman reads them: with Python's ConfigParser, strict off.

What one wouldn't guess: a line that is indented deeper than an option continues its value, whatever it looks like. A comment
fills its whole line; behind a value, `# text` is part of the value. `:` separates as `=` does. A header may carry anything
behind its last bracket. Lines end at a line feed, a carriage return or both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.syntax.problem import Comment, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgsurvive.text import Source, Span

DEFAULTS = "DEFAULT"
"""The section whose options every section of the same file gets."""

NO_SECTION = "an option before the first section"
NO_SEPARATOR = "neither a section nor an option: there is no = or :"
NO_NAME = "an option without a name"
NOT_UTF8 = "not UTF-8"

_LINE_END = re.compile(r"\r\n?|\n")
_HEADER = re.compile(r"\[(.+)\]")
_SEPARATOR = re.compile("[=:]")
_UNDECODABLE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One option and its value."""

    name: str
    """In lower case, as Barman compares names."""

    value: str
    """As it stands, with quotes and references; the lines of a continued one joined by line feeds."""

    span: Span
    """From the name to the end of the value."""

    name_span: Span
    value_span: Span
    pieces: tuple[tuple[int, int], ...]
    """Where each line of the value begins and ends in the text."""

    @property
    def line(self) -> int:
        """The line, from 1."""
        return self.span.line

    def span_in_value(self, source: Source, start: int, end: int) -> Span:
        """Where in the file `value[start:end]` stands, over however many lines."""
        return source.span(self._place(start), max(self._place(start), self._place(end, last=True)))

    def _place(self, index: int, *, last: bool = False) -> int:
        """The place in the text of a character of the value, or just behind the one before it."""
        for first, behind in self.pieces:
            length = behind - first
            if index < length or (last and index == length):
                return first + index
            index -= length + 1
            if index < 0:
                return behind
        return self.pieces[-1][1]


@dataclass(frozen=True, slots=True)
class Section:
    """A header and the options below it. A name can have several."""

    name: str
    """As it stands: case and blanks count."""

    span: Span
    """The header, brackets included."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class BarmanConf:
    """What a configuration file says, section by section."""

    source: Source
    sections: tuple[Section, ...]
    comments: tuple[Comment, ...]
    problems: tuple[Problem, ...]
    """With a single one, Barman reads nothing of the file."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the sections, each once, in order; without DEFAULT."""
        return tuple(dict.fromkeys(s.name for s in self.sections if s.name != DEFAULTS))

    def has(self, name: str) -> bool:
        """Whether there is a section of this name."""
        return name != DEFAULTS and name in self._own

    def own(self, name: str) -> dict[str, Entry]:
        """The options of a section by name, the last of each, in the order in which they first occur."""
        return self._own.get(name, {})

    @cached_property
    def _own(self) -> dict[str, dict[str, Entry]]:
        found: dict[str, dict[str, Entry]] = {}
        for section in self.sections:
            found.setdefault(section.name, {}).update((entry.name, entry) for entry in section.entries)
        return found

    def options(self, name: str) -> dict[str, Entry]:
        """The same with those that the section gets from DEFAULT behind its own."""
        own = self.own(name)
        return {**own, **{key: entry for key, entry in self.own(DEFAULTS).items() if key not in own}}


class _Reading:
    """The state of a file half read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.sections: list[tuple[str, Span, list[Entry]]] = []
        self.comments: list[Comment] = []
        self.problems: list[Problem] = []
        self.indent = 0
        self.name: tuple[int, int] | None = None
        """Where the name of the option stands that a deeper line would continue."""

        self.pieces: list[tuple[int, int]] = []

    def finish_option(self) -> None:
        if self.name is None:
            return
        start, end = self.name
        pieces = self.pieces
        while len(pieces) > 1 and pieces[-1][0] == pieces[-1][1]:
            pieces.pop()
        source, text = self.source, self.source.text
        self.sections[-1][2].append(
            Entry(
                name=text[start:end].lower(),
                value="\n".join(text[first:behind] for first, behind in pieces),
                span=source.span(start, pieces[-1][1]),
                name_span=source.span(start, end),
                value_span=source.span(pieces[0][0], pieces[-1][1]),
                pieces=tuple(pieces),
            )
        )
        self.name, self.pieces = None, []


def parse(source: Source) -> BarmanConf:
    """Reads a whole file. Whatever the bytes, this returns; what Barman would refuse is in `problems`."""
    reading = _Reading(source)
    undecodable = _UNDECODABLE.search(source.text)
    if undecodable:
        reading.problems.append(Problem(source.span(*undecodable.span()), NOT_UTF8))
    for start, end in _lines(source.text):
        if not _read_line(reading, start, end):
            break
    reading.finish_option()
    sections = tuple(Section(name, span, tuple(entries)) for name, span, entries in reading.sections)
    return BarmanConf(source, sections, tuple(reading.comments), tuple(reading.problems))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line starts and ends, without what ends it."""
    start = 0
    for match in _LINE_END.finditer(text):
        yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _read_line(reading: _Reading, start: int, end: int) -> bool:
    """Reads a line; False where the file isn't read any further."""
    source, text = reading.source, reading.source.text
    first, end = _stripped(text, start, end)
    if first == end:
        if reading.name is not None:
            reading.pieces.append((end, end))
        return True
    if text[first] in "#;":
        reading.comments.append(Comment(source.span(first, end), text[first:end], alone=True))
        return True
    if reading.name is not None and first - start > reading.indent:
        reading.pieces.append((first, end))
        return True
    reading.indent = first - start
    header = _HEADER.match(text, first, end)
    if header:
        reading.finish_option()
        reading.sections.append((header[1], source.span(*header.span()), []))
        return True
    if not reading.sections:
        reading.problems.append(Problem(source.span(first, end), NO_SECTION))
        return False
    separator = _SEPARATOR.search(text, first, end)
    if separator is None:
        # What is below continues the option above, as if this line weren't there.
        reading.problems.append(Problem(source.span(first, end), NO_SEPARATOR))
        return True
    reading.finish_option()
    if separator.start() == first:
        reading.problems.append(Problem(source.span(first, end), NO_NAME))
        return True
    reading.name = _stripped(text, first, separator.start())
    reading.pieces = [_stripped(text, separator.end(), end)]
    return True


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """The place of a line without the blanks around it."""
    line = text[start:end]
    return end - len(line.lstrip()), start + len(line.rstrip()) if line.strip() else end


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A value whose references can't be followed."""

    kind: str
    """`syntax`, `missing` or `depth`."""

    message: str
    start: int
    end: int
    """Where in the value."""


MAX_DEPTH = 10
"""References that lead over more values than this are refused."""

_MAX_STEPS = 10_000
"""Values that multiply each other: Barman would work on them for hours."""

_REFERENCE = re.compile(r"%\(([^)]+)\)s")


def resolved(value: str, values: Mapping[str, str | None]) -> str | Unresolved:  # noqa: C901 - the scanner is one loop
    """The value with `%(name)s` replaced by that option's value and `%%` by a percent sign."""
    steps = 0

    def pieces(rest: str, depth: int) -> Iterator[str | Unresolved]:
        nonlocal steps
        position = 0
        while (sign := rest.find("%", position)) >= 0:
            yield rest[position:sign]
            steps += 1
            if depth > MAX_DEPTH or steps > _MAX_STEPS:
                yield Unresolved("depth", "the references lead in a circle", sign, sign + 1)
                return
            if rest.startswith("%%", sign):
                yield "%"
                position = sign + 2
                continue
            reference = _REFERENCE.match(rest, sign)
            if reference is None:
                yield Unresolved("syntax", "a percent sign that begins no reference", sign, sign + 1)
                return
            found = values.get(reference[1].lower())
            if found is None:
                yield Unresolved("missing", f"there is no {reference[1]} in this section", *reference.span())
                return
            for piece in pieces(found, depth + 1):
                # A mistake in the value that is referred to stands at the reference.
                yield (
                    piece
                    if isinstance(piece, str)
                    else replace(piece, start=reference.start(), end=reference.end())
                )
                if isinstance(piece, Unresolved):
                    return
            position = reference.end()
        yield rest[position:]

    parts: list[str] = []
    for piece in pieces(value, 1):
        if isinstance(piece, Unresolved):
            return piece
        parts.append(piece)
    return "".join(parts)


def lone_percent(value: str) -> bool:
    """Whether a percent sign is left that is neither doubled nor begins a reference."""
    return "%" in _REFERENCE.sub("", value.replace("%%", ""))


def unquoted(value: str) -> str:
    """The value without the pair of quotes around the whole of it."""
    quote = value[:1]
    if len(value) > 1 and quote in ("'", '"') and value.endswith(quote) and "\n" not in value:
        return value[1:-1]
    return value
