"""What a command line means to the program that it calls: its options with their values, and its operands.

A word with an expansion in it may be anything. As a value it is a value that isn't known. Where an option or an operand may
stand, `$x` and `"${x[@]}"` may hold options too, and the invocation is no longer `complete`; `"$x"` is one operand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from pgsurvive.catalog.programs import Style, Takes, program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgsurvive.catalog.programs import Option, Program, Refusal, Term
    from pgsurvive.syntax.shell import Command, Word

_LONG = re.compile(r"(--[A-Za-z0-9][A-Za-z0-9_-]*)(?:=(.*))?", re.DOTALL)
_EXPANDS = re.compile(r"[$`]|[<>]\(")
_MAJOR = re.compile(r"/(?:postgresql|pgsql|postgres|pg)[-/]?(\d{1,2})(?:\.\d+)?/")
_SPELLINGS = {
    "--format": {
        "c": "c",
        "custom": "c",
        "d": "d",
        "directory": "d",
        "t": "t",
        "tar": "t",
        "p": "p",
        "plain": "p",
    },
    "--wal-method": {
        "n": "none",
        "none": "none",
        "f": "fetch",
        "fetch": "fetch",
        "s": "stream",
        "stream": "stream",
    },
}
"""The spellings of the values that matter to combinations; any other one is taken for unknown."""

_NUMBERS = frozenset({"--compress", "--jobs"})
_CLUSTER = re.compile(r"--cluster(?:=|$)")
"""An option of Debian's pg_wrapper, by which the programs in /usr/bin are called; it names the major."""

_HARMLESS = frozenset({"--help", "--version", "-?", "-V"})


@dataclass(frozen=True, slots=True)
class Given:
    """An option on a command line."""

    option: Option
    name: str
    """As it is written, with its dashes."""

    value: str | None
    """None where it has none, or one that isn't known."""

    start: int
    end: int
    lacks_value: bool = False
    """Whether it stands at the end and takes a value that isn't there."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word, or a letter in one, that the program refuses as an option."""

    name: str
    """With its dashes and without a value."""

    candidates: tuple[str, ...]
    """The names that it could be short for, if it is ambiguous."""

    misplaced: Option | None
    """The option that it would be behind another command of the program, or in a file."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command line as its program reads it."""

    program: Program
    command: Command
    subcommand: str | None
    """For pgBackRest and Barman; None also where it isn't known."""

    options: tuple[Given, ...]
    operands: tuple[Word, ...]
    """Without the subcommand."""

    unknown: tuple[Unknown, ...]
    complete: bool
    """Whether these are all the options and operands that there can be."""

    unknown_subcommand: Word | None = None

    @property
    def named_major(self) -> int | None:
        """The major that the command itself names; see `major_in`."""
        return major_in(self.command)

    def given(self, *names: str) -> Given | None:
        """The option of these names (`-S`, `--slot`) that is given last."""
        return next((g for g in reversed(self.options) if not set(names).isdisjoint(g.option.names)), None)

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return self.given(*names) is not None

    def value(self, *names: str) -> str | None:
        """The value that holds for an option; None where it isn't given or isn't known."""
        given = self.given(*names)
        return None if given is None else given.value

    @property
    def is_plain(self) -> bool:
        """Whether a program that has `--format` is certainly to write its default, plain one."""
        return self.complete and (not self.has("--format") or self.value("--format") in ("p", "plain"))

    def refusals(self, major: int | None = None) -> Iterator[Refusal]:
        """What a major (None: any) refuses in this combination, as far as values and options are known."""
        for refusal in self.program.refusals:
            if major is not None and major not in refusal.majors:
                continue
            if refusal.commands is not None and self.subcommand not in refusal.commands:
                continue
            if not all(self._holds(term) for term in refusal.refused):
                continue
            # A helpful option may hide in what isn't known.
            if refusal.unless and (
                not self.complete or any(self._holds(t) is not False for t in refusal.unless)
            ):
                continue
            yield refusal

    def _holds(self, term: Term) -> bool | None:
        """Whether an option has a value; None where the value isn't known."""
        given = self.given(term.name)
        if given is None:
            return False
        if term.value is None:
            return True
        if given.value is None:
            return None
        spellings = _SPELLINGS.get(term.name)
        if spellings is not None:
            value = spellings.get(given.value.lower())
            return None if value is None else value == term.value
        if given.value.isdecimal():
            number = int(given.value)
            return number > int(term.value[1:]) if term.value.startswith(">") else str(number) == term.value
        if term.name in _NUMBERS:
            return None  # gzip:9 and the like
        return given.value.lower() == term.value.lower()


def major_in(command: Command) -> int | None:
    """The major that a command names: 16 in `/usr/lib/postgresql/16/bin/pg_dump` and in `pg_dump --cluster 16/main`."""
    match = _MAJOR.search(command.words[0].text) if command.words else None
    for word, following in pairwise((*command.arguments, None)):
        if match is None and word is not None and _CLUSTER.match(word.text):
            value = word.text.partition("=")[2] or (following.text if following is not None else "")
            match = re.match(r"(\d{1,2})/", value)
    return int(match[1]) if match else None


def invocation(command: Command, major: int | None = None) -> Invocation | None:
    """How the program reads a command (unwrapped); None for a program that the catalog doesn't have.

    Without a major, an option of any major is known.
    """
    known = program(command.name) if command.name else None
    return None if known is None else _Reader(known, command, major).read()


_SEVERAL = re.compile(r"\$[@*]|\[[@*]\]|\$\{[@*]")
_PATH_OR_NAME = re.compile(r"(?!-).*[\w}\"'][/.@:][\w$\"'{]", re.DOTALL)


def _is_one_operand(word: Word) -> bool:
    """Whether a word with an expansion is one word and hardly an option: `"$database"`, `$directory/shop.dump`."""
    if _SEVERAL.search(word.text):
        return False
    return word.quoted or _PATH_OR_NAME.match(word.text) is not None


@dataclass(slots=True)
class _Reader:
    program: Program
    command: Command
    major: int | None
    options: list[Given] = field(default_factory=list)
    operands: list[Word] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    complete: bool = True
    subcommand: str | None = None
    unknown_subcommand: Word | None = None
    is_subcommand_hidden: bool = False
    uncertain: bool = False
    """Whether the word before may have ended in an option whose value this one is."""

    def read(self) -> Invocation:
        if self.program.style is Style.PGBACKREST:
            self._find_subcommand(self.command.arguments)
        words = list(self.command.arguments)
        position = 0
        while position < len(words):
            word = words[position]
            position += 1
            following = words[position:]
            if word.constant and word.text == "--" and self.program.style is not Style.SHORT:
                for rest in following:
                    self._operand(rest)
                break
            position += self._take(word, following)
        return Invocation(
            self.program,
            self.command,
            self.subcommand,
            tuple(self.options),
            tuple(self.operands),
            tuple(self.unknown),
            self.complete,
            self.unknown_subcommand,
        )

    def _take(self, word: Word, following: Sequence[Word]) -> int:
        """Reads a word; returns how many of the following are its value."""
        text = word.text
        uncertain, self.uncertain = self.uncertain, False
        if text.startswith("--") and len(text) > len("--"):
            return self._long(word, following, uncertain=uncertain)
        if text.startswith("-") and len(text) > 1:
            return self._short(word, following, uncertain=uncertain)
        self._operand(word)
        return 0

    def _operand(self, word: Word) -> None:
        if not word.constant:
            if not _is_one_operand(word):
                self.complete = False
                self.uncertain = True
            if self.program.commands and self.subcommand is None:
                self.is_subcommand_hidden = True
        if self.program.style is Style.PGBACKREST and word.text == self.subcommand and not self.operands:
            return
        if self.program.style is Style.ARGPARSE and self.program.commands and not self._has_subcommand():
            self._set_subcommand(word)
            return
        self.operands.append(word)

    def _has_subcommand(self) -> bool:
        return self.subcommand is not None or self.unknown_subcommand is not None or self.is_subcommand_hidden

    def _set_subcommand(self, word: Word) -> None:
        if not word.constant:
            self.is_subcommand_hidden = True
        elif word.text in self.program.commands:
            self.subcommand = word.text
        else:
            self.unknown_subcommand = word

    def _find_subcommand(self, words: Sequence[Word]) -> None:
        """The first word of pgBackRest that is neither an option nor the value of one."""
        is_value = False
        for word in words:
            if is_value:
                is_value = False
            elif word.text.startswith("--"):
                name, equals, _ = word.text.partition("=")
                option = self.program.match(name).option
                is_value = not equals and option is not None and option.takes is Takes.VALUE
            elif not word.constant or word.text in ("help", "version"):
                self.is_subcommand_hidden = True
                return
            else:
                self._set_subcommand(word)
                return

    def _long(self, word: Word, following: Sequence[Word], *, uncertain: bool) -> int:
        match = _LONG.fullmatch(word.text)
        if match is None or (not word.constant and _EXPANDS.search(match[1])):
            self.complete = False
            return 0
        name, value = match[1], match[2]
        if name == "--cluster" and self.program.majors:
            return 1 if value is None else 0
        found = self._match(name)
        end = word.start + len(name) if word.end - word.start == len(word.text) else word.end
        if found is None:
            return 0
        if isinstance(found, Unknown):
            self._refuse(found, word.start, end, uncertain=uncertain)
            return 0
        return self._give(found, name, value, word, following)

    def _give(
        self, option: Option, name: str, value: str | None, word: Word, following: Sequence[Word]
    ) -> int:
        known = word.constant or (value is not None and not _EXPANDS.search(value))
        used = 0
        if value is None and option.takes is Takes.VALUE and following:
            used = 1
            value, known = following[0].text, following[0].constant
        elif value is None and option.takes is Takes.SEVERAL:
            while used < len(following) and not following[used].text.startswith("-"):
                used += 1
        end = following[used - 1].end if used else word.end
        lacks = value is None and option.takes is Takes.VALUE and not following
        self.options.append(Given(option, name, value if known else None, word.start, end, lacks))
        return used

    def _short(self, word: Word, following: Sequence[Word], *, uncertain: bool) -> int:
        text = word.text
        if self.program.style is Style.PGBACKREST:
            if text[1].isalnum():
                self._refuse(
                    Unknown(text.partition("=")[0], (), None, 0, 0), word.start, word.end, uncertain=uncertain
                )
            return 0
        if self.program.style is Style.ARGPARSE and text[1:].isdecimal():
            self._operand(word)
            return 0
        position = 1
        while position < len(text):
            letter = text[position]
            if not letter.isascii() or not (letter.isalnum() or letter == "?"):
                self.complete = False
                return 0
            found = self._match(f"-{letter}")
            position += 1
            if found is None:
                return 0
            if isinstance(found, Unknown):
                self._refuse(found, word.start, word.end, uncertain=uncertain)
                return 0
            rest = text[position:]
            if found.takes is Takes.NOTHING:
                self.options.append(Given(found, f"-{letter}", None, word.start, word.end))
                continue
            return self._give(found, f"-{letter}", rest or None, word, following)
        return 0

    def _match(self, name: str) -> Option | Unknown | None:
        """The option, what is wrong with it, or None where that can't be said."""
        if self.program.style is Style.SHORT and name.startswith("--"):
            return None
        if self.is_subcommand_hidden and self.program.style is Style.ARGPARSE:
            self.complete = False
            return None
        if self.unknown_subcommand is not None:
            return None
        match = self.program.match(name, self.major, self.subcommand)
        if match.option is not None:
            return Unknown(name, (), match.option, 0, 0) if match.option.is_secret else match.option
        if name in _HARMLESS:
            return None
        return Unknown(name, match.candidates, match.misplaced, 0, 0)

    def _refuse(self, what: Unknown, start: int, end: int, *, uncertain: bool) -> None:
        self.complete = False
        if not uncertain:
            self.unknown.append(Unknown(what.name, what.candidates, what.misplaced, start, end))
