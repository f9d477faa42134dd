"""The options of every program of PostgreSQL 14 to 18, of pgBackRest and of Barman.

The data file is written by `tools/catalog_programs.py`, which asks the programs themselves. What a word of a command line
means to a program is decided here the way its own parser decides it: GNU getopt, pgBackRest's parser and argparse all take a
beginning of a long option that fits no other one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache, cached_property
from pathlib import Path
from typing import Any

ALIASES = {"postmaster": "postgres", "pg_receivexlog": "pg_receivewal"}
"""A link that some majors have, and a name from before 10 that scripts still use."""


class Takes(Enum):
    """Whether an option is followed by a value."""

    NOTHING = "no value"
    VALUE = "a value, in the same word or the next"
    MAYBE = "a value in the same word, or none"
    SEVERAL = "all words up to the next option"


class Style(Enum):
    """How a program reads its arguments."""

    GETOPT = "getopt_long of the GNU library"
    SHORT = "getopt_long, but long options are settings"
    EXACT = "whole words only"
    PGBACKREST = "pgBackRest"
    ARGPARSE = "Python's argparse"


@dataclass(frozen=True, slots=True)
class Option:
    """One option as one or several versions define it."""

    names: tuple[str, ...]
    """Every spelling, with its dashes: `-F`, `--format`."""

    takes: Takes
    value: str
    """What help calls the value: `FILENAME`, `c|d|t|p`; empty where it takes none or help has no word."""

    majors: frozenset[int]
    """The majors of PostgreSQL that have it; all of the program's where the version is that of another product."""

    commands: frozenset[str] | None
    """The commands of the program that take it. None: for Barman it stands before the command; else any takes it."""

    unlisted: bool
    """Help doesn't mention it: mostly an old spelling."""

    indexed: bool = False
    """Of pgBackRest: `--repo-path` stands for `--repo1-path`, `--repo2-path`, …"""

    is_secret: bool = False
    """Of pgBackRest: refused on the command line, where others could read it."""

    @property
    def name(self) -> str:
        """Its long name, else its letter: what a message calls it."""
        return next((name for name in self.names if name.startswith("--")), self.names[0])


@dataclass(frozen=True, slots=True)
class Match:
    """What a program makes of a name on its command line."""

    option: Option | None
    candidates: tuple[str, ...] = ()
    """The names that an ambiguous beginning could mean."""

    misplaced: Option | None = None
    """The option it would be behind another command of the program."""


@dataclass(frozen=True, slots=True)
class Term:
    """An option, or one of its values, in what a program says of combinations."""

    name: str
    """The long name."""

    value: str | None
    """The value that is meant; `>1` for every greater number; None for any value."""

    def __str__(self) -> str:
        if self.value is None or self.value.startswith(">"):
            return self.name
        return f"{self.name}={self.value}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Options that a program refuses together, or one that it refuses alone."""

    refused: tuple[Term, ...]
    unless: tuple[Term, ...]
    """With any of these it accepts them."""

    says: str
    """Its own words."""

    majors: frozenset[int]
    commands: frozenset[str] | None = None
    """The commands of the program that refuse it; None where there are none."""


@dataclass(frozen=True)
class Program:
    """One program and all that it takes."""

    name: str
    product: str
    """`PostgreSQL`, `pgBackRest 2.60.0`, `Barman 3.19.1`."""

    majors: frozenset[int]
    """The majors that have the program; empty for another product's."""

    commands: frozenset[str]
    options: tuple[Option, ...]
    refusals: tuple[Refusal, ...] = ()

    @property
    def style(self) -> Style:
        """How it reads its arguments."""
        if self.name == "pgbackrest":
            return Style.PGBACKREST
        if self.name.startswith("barman"):
            return Style.ARGPARSE
        return {"postgres": Style.SHORT, "pg_config": Style.EXACT}.get(self.name, Style.GETOPT)

    def scope(self, major: int | None, command: str | None) -> tuple[Option, ...]:
        """The options that hold for one major (None: for any), behind one command (None: before or without one)."""
        return tuple(
            option
            for option in self.options
            if (major is None or not option.majors or major in option.majors)
            and (option.commands is None or command in option.commands)
            and not (self.name == "barman" and option.commands is None and command is not None)
        )

    def match(self, name: str, major: int | None = None, command: str | None = None) -> Match:
        """The option that a name with its dashes, without a value, means: `-F`, `--format`, `--form`."""
        if self.style is not Style.PGBACKREST:
            return self._matcher(major, command).match(name)
        # pgBackRest looks among all its options, and only then whether the command takes the one that it found.
        match = self._matcher(None, None).match(name)
        if match.option and command and command not in (match.option.commands or {command}):
            return Match(None, misplaced=match.option)
        return match

    @cached_property
    def _matchers(self) -> dict[tuple[int | None, str | None], _Matcher]:
        return {}

    def _matcher(self, major: int | None, command: str | None) -> _Matcher:
        key = (major, command)
        if key not in self._matchers:
            options = self.options if self.style is Style.PGBACKREST else self.scope(major, command)
            self._matchers[key] = _Matcher(options, self.style)
        return self._matchers[key]

    def names(self, major: int | None = None, command: str | None = None) -> tuple[str, ...]:
        """Every long name that it takes there and that its help mentions, for a suggestion."""
        return tuple(
            name
            for option in self.scope(major, command)
            for name in option.names
            if name.startswith("--") and not option.unlisted
        )

    def majors_with(self, name: str) -> frozenset[int]:
        """The majors in which a name is an option, or an unambiguous beginning of one."""
        return frozenset(m for m in self.majors if self.match(name, m).option is not None)


class _Matcher:
    def __init__(self, options: tuple[Option, ...], style: Style) -> None:
        self.style = style
        self.by_name = {name: option for option in options for name in option.names}

    def match(self, name: str) -> Match:
        """See Program.match."""
        if self.style is Style.PGBACKREST and name.startswith("--pg-"):
            return Match(None, (name.replace("--pg-", "--pg1-"),))  # "requires an index"
        if name in self.by_name:
            return Match(self.by_name[name])
        if not name.startswith("--") or self.style in (Style.EXACT, Style.SHORT):
            return Match(None)
        if self.style is Style.PGBACKREST:
            return self._pgbackrest(name)
        return self._beginning(name)

    def _beginning(self, name: str) -> Match:
        longer = [known for known in self.by_name if known.startswith(name) and known.startswith("--")]
        meant = {id(self.by_name[known]) for known in longer}
        # getopt_long takes `--no-cl` for several names of one option too; what they share is all that matters.
        return Match(self.by_name[longer[0]]) if len(meant) == 1 else Match(None, tuple(longer))

    def _pgbackrest(self, name: str) -> Match:
        """`--repo2-path`, `--no-online`, `--reset-pg1-host`, and the beginning of any."""
        plain = re.sub(r"^--((?:no-|reset-)?)(repo|pg|db)\d+-", r"--\1\2-", name)
        match = self._exact_or_beginning(plain)
        prefix = next((prefix for prefix in ("--no-", "--reset-") if plain.startswith(prefix)), None)
        if match.option is None and prefix:
            match = self._exact_or_beginning("--" + plain.removeprefix(prefix))
            if match.option is not None:
                return Match(replace(match.option, takes=Takes.NOTHING))
        return match

    def _exact_or_beginning(self, name: str) -> Match:
        return Match(self.by_name[name]) if name in self.by_name else self._beginning(name)


@cache
def _data() -> dict[str, dict[str, Any]]:
    data: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("programs.json").read_bytes())
    return data


def programs() -> frozenset[str]:
    """The names of all programs."""
    return frozenset((*_data(), *ALIASES))


@cache
def program(name: str) -> Program | None:
    """What is known of a program; None for one that belongs to none of the three products."""
    data = _data().get(ALIASES.get(name, name))
    if data is None:
        return None
    majors = frozenset(data.get("majors", ()))
    options = tuple(_option(option, majors) for option in data["options"])
    return Program(
        name=ALIASES.get(name, name),
        product=data["product"],
        majors=majors,
        commands=frozenset(data.get("commands", ())),
        options=options,
        refusals=tuple(_refusal(refusal, majors) for refusal in data.get("refusals", ())),
    )


def _refusal(data: dict[str, Any], majors: frozenset[int]) -> Refusal:
    return Refusal(
        refused=tuple(map(_term, data["refused"])),
        unless=tuple(map(_term, data.get("unless", ()))),
        says=data["says"],
        majors=frozenset(data["majors"]) if "majors" in data else majors,
        commands=frozenset(data["commands"]) if "commands" in data else None,
    )


def _term(data: list[str]) -> Term:
    return Term(data[0], data[1] if len(data) > 1 else None)


def _option(data: dict[str, Any], majors: frozenset[int]) -> Option:
    commands = data.get("commands")
    return Option(
        names=(*data["names"], *data.get("deprecated", ())),
        takes=_takes(data),
        value=data.get("value", ""),
        majors=frozenset(data["majors"]) if "majors" in data else majors,
        commands=None if commands is None else frozenset(commands),
        unlisted=data.get("unlisted", False),
        indexed=data.get("indexed", False),
        is_secret=data.get("file-only", False),
    )


def _takes(data: dict[str, Any]) -> Takes:
    if data.get("several"):
        return Takes.SEVERAL
    if data.get("optional") or data.get("boolean"):
        return Takes.MAYBE
    return Takes.VALUE if "value" in data else Takes.NOTHING
