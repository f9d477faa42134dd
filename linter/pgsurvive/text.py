"""The text of a file and places in it.

Everything above this layer speaks of places as a `Span`: lines and columns counted from 1, in characters, the end
exclusive. PostgreSQL ends a line at a line feed only, so a carriage return belongs to the line it stands on.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Kind(Enum):
    """What language a file is written in, as far as pgsurvive reads it."""

    POSTGRESQL_CONF = "PostgreSQL configuration"
    RECOVERY_CONF = "recovery.conf"
    SHELL = "shell script"
    """Also the settings on a command line, wherever it stands."""

    COMPOSE = "Compose file"
    PGBACKREST_CONF = "pgBackRest configuration"
    BARMAN_CONF = "Barman configuration"
    SQL = "SQL script"
    CRONTAB = "crontab"
    SYSTEMD = "systemd unit"
    DOCKERFILE = "Dockerfile"
    MAKEFILE = "Makefile"
    KUBERNETES = "Kubernetes manifest"
    CI = "CI workflow"
    PATRONI = "Patroni configuration"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text, from the first character to just behind the last; lines and columns start at 1."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Source:
    """A text and the name under which findings speak of it."""

    path: str
    """As the user wrote or would write it: relative to where the command runs, or a name given to `check_text`."""

    text: str
    """Decoded as UTF-8; bytes that are not are kept as lone surrogates, so every byte has its column."""

    @classmethod
    def read(cls, file: Path, path: str | None = None) -> Source:
        """The file's text under the name `path`. Raises OSError if it can't be read."""
        return cls.decode(path if path is not None else str(file), file.read_bytes())

    @classmethod
    def decode(cls, path: str, content: bytes) -> Source:
        """The text of these bytes; nothing is lost, and a byte order mark stays (PostgreSQL refuses it too)."""
        return cls(path, content.decode("utf-8", errors="surrogateescape"))

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        position = self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        return starts

    @property
    def line_count(self) -> int:
        """How many lines there are; a final line feed does not begin another."""
        starts = len(self._line_starts)
        return starts - 1 if starts > 1 and self._line_starts[-1] == len(self.text) else starts

    def line(self, number: int) -> str:
        """The text of a line, without its line feed and carriage return."""
        starts = self._line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].removesuffix("\r")

    def offset(self, line: int, column: int) -> int:
        """The index in `text` of a line and column."""
        return self._line_starts[line - 1] + column - 1

    def span(self, start: int, end: int) -> Span:
        """The span of `text[start:end]`."""
        line = bisect_right(self._line_starts, start)
        end_line = bisect_right(self._line_starts, end)
        return Span(
            line,
            start - self._line_starts[line - 1] + 1,
            end_line,
            end - self._line_starts[end_line - 1] + 1,
        )

    def slice(self, span: Span) -> str:
        """The text in a span."""
        return self.text[self.offset(span.line, span.column) : self.offset(span.end_line, span.end_column)]


def printable(text: str) -> str:
    """Text that any terminal or UTF-8 file takes: undecodable bytes and control characters become visible escapes."""
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character == "\t"
        else f"\\x{ord(character) - 0xDC00:02x}"
        if "\udc80" <= character <= "\udcff"
        else f"\\x{ord(character):02x}"
        if ord(character) < 0x100  # noqa: PLR2004 - what two hexadecimal digits hold
        else f"\\u{ord(character):04x}"
        for character in text
    )


_TEST_DIRECTORIES = frozenset(
    [
        "test",
        "tests",
        "testing",
        "testdata",
        "spec",
        "e2e",
        "ci",
        "fixtures",
        "bench",
        "benchmark",
        "benchmarks",
    ]
)


def lies_among_tests(path: str) -> bool:
    """Whether a path leads through a directory of tests or benchmarks, where durability is given up on purpose."""
    return not _TEST_DIRECTORIES.isdisjoint(path.lower().split("/")[:-1])


_SENSITIVE = r"""
    (?P<before>
        (?: pass(?:word|wd|phrase)? | pgpassword | secret | token | credentials?
          | (?:api|access|secret|account|sas|encryption)[_-]?key | cipher[_-]pass )
        [\w-]* ["']? \s* [{signs}] \s* ["']?
      | ://[^\s:/@]*:                                      # the password in an address
      | (?:^|\s)--?(?:password|secret\S*|token)[ =]
    )
    (?P<secret> [^\s"',;&@|<>]+ )
"""
_SECRET = re.compile(_SENSITIVE.format(signs="=:"), re.IGNORECASE | re.VERBOSE)
_SECRET_IN_PROSE = re.compile(_SENSITIVE.format(signs="="), re.IGNORECASE | re.VERBOSE)
"""In a sentence a colon behind a word such as *secret* is punctuation."""


_WHOLE_VALUE = re.compile(
    r"""(?P<before> ^ \s* repo\d*-(?:cipher-pass(?!-file)|s3-key|s3-key-secret|s3-token|s3-sse-customer-key|azure-key|gcs-key
                    |sftp-private-key-passphrase) \s* = \s*) (?P<secret> \S.*? ) (?=\s*$)""",
    re.VERBOSE,
)
"""A secret of pgBackRest goes to the end of its line, whatever is in it."""


def secrets_in(text: str) -> list[tuple[int, int]]:
    """Where passwords, keys and tokens stand in a text: the start and end of each value."""
    return [match.span("secret") for match in _SECRET.finditer(text)]


def without_secrets(line: str) -> str:
    """The line with the values of passwords, keys and tokens starred out; every other character keeps its column."""
    return _starred(_SECRET, _starred(_WHOLE_VALUE, line))


def prose_without_secrets(text: str) -> str:
    """The same for a sentence that may quote a line."""
    return _starred(_SECRET_IN_PROSE, text)


def _starred(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: match["before"] + "*" * len(match["secret"]), text)
