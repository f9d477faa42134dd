"""SQL as the rules see it: the statements of a file, or those that a shell script hands to psql."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from pgsurvive.estate.inner import places_in
from pgsurvive.findings import Draft, Edit, Fix
from pgsurvive.syntax import sql
from pgsurvive.text import lies_among_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgsurvive.estate.script import ShellScript
    from pgsurvive.syntax.shell import Command, Word
    from pgsurvive.syntax.sql import Call, Statement
    from pgsurvive.text import Source

_EXPANSION = re.compile(r"\$\{[^}\n]*\}|\$[A-Za-z_]\w*|\$\([^()\n]*\)|`[^`\n]*`")
_RUNS_TEXT = re.compile(r"-[A-Za-z0-9]*c|--command")
_ALTER_SYSTEM = re.compile(
    r"""alter\s+system\s+(?:set\s+(?P<name>\w+)\s*(?:=|\bto\b)\s*(?P<value>'(?:''|[^'])*'|[\w.-]+)
        | reset\s+(?P<reset>\w+))""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class SystemSetting:
    """An `ALTER SYSTEM` and where it stands in the text."""

    name: str
    """In lower case; `all` for RESET ALL."""

    value: str | None
    """Without its quotes; None for RESET."""

    start: int
    end: int


@dataclass(frozen=True)
class SqlScript:
    """Statements that psql runs one after the other."""

    source: Source
    """The file that they stand in."""

    majors: frozenset[int]
    """The majors that the server may have."""

    text: str
    """The SQL alone."""

    place: Callable[[int, int], tuple[int, int]]
    """Where a stretch of `text` stands in the file."""

    @cached_property
    def is_throwaway(self) -> bool:
        """Whether it lies among tests."""
        return lies_among_tests(self.source.path)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The statements, in order."""
        return sql.statements(self.text)

    def mentions(self, *words: str) -> bool:
        """Whether any of these words is in the text at all, in any case; saves parsing what has none."""
        lowered = self._lowered
        return any(word in lowered for word in words)

    @cached_property
    def _lowered(self) -> str:
        return self.text.lower()

    def calls(self, *words: str) -> Iterator[Call]:
        """Every function called in a statement that holds one of these words."""
        for statement in self.statements:
            lowered = statement.text.lower()
            if any(word in lowered for word in words):
                yield from sql.calls(statement)

    @cached_property
    def system_settings(self) -> tuple[SystemSetting, ...]:
        """What `ALTER SYSTEM` sets and resets, in order."""
        found: list[SystemSetting] = []
        for statement in self.statements:
            match = _ALTER_SYSTEM.match(sql.readable(statement))
            if match is not None:
                name = (match["name"] or match["reset"]).lower()
                value = None if match["value"] is None else match["value"].strip("'").replace("''", "'")
                start = statement.start + match.start()
                found.append(SystemSetting(name, value, start, statement.start + match.end()))
        return tuple(found)

    def finding(self, start: int, end: int, message: str, *, help: str, fix: Fix | None = None) -> Draft:  # noqa: A002 - the word the reports use
        """A finding at `text[start:end]`."""
        span = self.source.span(*self.place(start, end))
        return Draft(self.source, span, message, help, fix=fix)

    def replacing(self, start: int, end: int, text: str, description: str) -> Fix | None:
        """The fix that replaces `text[start:end]`; None where that doesn't stand in the file to the letter."""
        span = self.source.span(*self.place(start, end))
        if self.source.slice(span) != self.text[start:end]:
            return None
        return Fix(description, (Edit(span, text),))


def read(source: Source, majors: frozenset[int]) -> SqlScript:
    """The statements of a file; never raises."""
    return SqlScript(source, majors, source.text, _same)


def read_shell(script: ShellScript) -> Iterator[SqlScript]:
    """For each text that a script hands to psql, its statements."""
    if not script.mentions("psql"):
        return
    for command in script.commands:
        if command.name == "psql":
            for word in _texts(command):
                masked = _EXPANSION.sub(lambda match: "v" * len(match[0]), word.text)
                yield SqlScript(script.source, script.majors, masked, places_in(word))


def _texts(command: Command) -> Iterator[Word]:
    """The words that psql takes for SQL: behind `-c`, and what its standard input is fed."""
    words = command.arguments
    for word, following in pairwise(words):
        if _RUNS_TEXT.fullmatch(word.text):
            yield following
    if command.heredoc is not None:
        yield command.heredoc


def _same(start: int, end: int) -> tuple[int, int]:
    return start, end
