"""The configuration of pgBackRest: which file and line decides each option, for which stanza and command."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from pgsurvive.catalog import pgbackrest
from pgsurvive.catalog.pgbackrest_keys import indexed
from pgsurvive.catalog.pgbackrest_values import Invalid, interpret
from pgsurvive.estate.files import NoFiles
from pgsurvive.estate.pgbackrest_reading import searched
from pgsurvive.findings import Draft, Fix, Related
from pgsurvive.syntax import pgbackrest_conf
from pgsurvive.text import Span, lies_among_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.catalog.pgbackrest import Definition
    from pgsurvive.estate.files import Files
    from pgsurvive.syntax.pgbackrest_conf import Entry, PgbackrestConf, Section
    from pgsurvive.text import Source

INCLUDE_DIRECTORY = "conf.d"

_UNFINISHED = re.compile(
    r"\{\{|\{%|<%|\$\{|\$\(|@[A-Z_]+@|%\(\w+\)s|<[A-Za-z][\w -]*>|^\$[A-Za-z_]\w*$|__[A-Z]\w*__"
)
_BLANK_TO_FILL_IN = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+$")
"""A word such as PG_PORT that a script replaces."""

_BLOCKS = re.compile(r"\{%|\{\{[#/ ]*(?:if|else|end|range|with)|<%")

Value: TypeAlias = "bool | int | float | str | list[str]"


class State(Enum):
    """How an option comes to its value."""

    SET = "set"
    """By a line of a file."""

    DEFAULT = "default"
    """By no line: the files are known to be all there is."""

    UNKNOWN = "unknown"
    """It may be set somewhere that was not read."""

    IGNORED = "ignored"
    """A line sets it, and pgBackRest drops the line, because what the option depends on does not hold."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option's effective value and the place that decides it."""

    name: str
    """With its index: `repo1-path`."""

    state: State
    value: Value | None
    """Sizes in bytes, times in seconds; None where there is none, where it is unknown, ignored or invalid."""

    text: str | None
    """As the file has it; None where no line sets it."""

    source: Source = field(repr=False)
    span: Span
    """The deciding line; where there is none, the header of the section that would hold it, else the file's start."""

    entry: Entry | None = None
    invalid: str | None = None
    """Why pgBackRest refuses the text, or None."""

    @property
    def is_set(self) -> bool:
        """Whether a line of a file sets it and pgBackRest reads that line."""
        return self.state is State.SET

    def finding(
        self,
        message: str,
        *,
        help: str,  # noqa: A002 - the word the reports use
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
    ) -> Draft:
        """A finding at the line that decides the option."""
        return Draft(self.source, self.span, message, help, related, fix)

    def related(self, message: str) -> Related:
        """The option's line as the other place of a finding."""
        return Related(self.source.path, self.span, message, self.source)


@dataclass(frozen=True)
class PgbackrestConfig:
    """What pgBackRest reads when it starts with one file: the file and the conf.d beside it."""

    tree: PgbackrestConf
    files: Files = field(default_factory=NoFiles, repr=False)
    is_fragment: bool = False
    """Whether the file is one of a conf.d whose main file was not read."""

    @property
    def source(self) -> Source:
        """The main file."""
        return self.tree.source

    @cached_property
    def trees(self) -> tuple[PgbackrestConf, ...]:
        """Every file that was read, the main one first, then those of conf.d in order."""
        return (self.tree, *self._included())

    def _included(self) -> Iterator[PgbackrestConf]:
        if self.is_fragment or posixpath.basename(self.source.path) != "pgbackrest.conf":
            return
        directory = posixpath.join(posixpath.dirname(self.source.path), INCLUDE_DIRECTORY)
        for name in sorted(self.files.names_in(directory) or ()):
            source = self.files.read(posixpath.join(directory, name)) if is_included(name) else None
            if source is None:
                continue
            tree = pgbackrest_conf.parse(source)
            # Beside a postgresql.conf, conf.d may hold PostgreSQL's files: these have no sections.
            if tree.sections or not tree.problems:
                yield tree

    @cached_property
    def sections(self) -> tuple[tuple[PgbackrestConf, Section], ...]:
        """Every section of every file, with the file it stands in; a name may come several times."""
        return tuple((tree, section) for tree in self.trees for section in tree.sections)

    @cached_property
    def lines(self) -> tuple[tuple[PgbackrestConf, Entry], ...]:
        """Every line of every file that sets something."""
        return tuple((tree, entry) for tree in self.trees for entry in tree.entries)

    @cached_property
    def stanzas(self) -> tuple[str, ...]:
        """The stanzas that have a section, in order."""
        return tuple(dict.fromkeys(s.stanza for _, s in self.sections if not s.is_global))

    def is_broken(self, path: str) -> bool:
        """Whether one of the files has lines that pgBackRest refuses to read."""
        return any(tree.problems for tree in self.trees if tree.source.path == path)

    @cached_property
    def is_template(self) -> bool:
        """Whether a template engine or a script has yet to write parts of it."""
        return any(
            looks_unfinished(text)
            for tree in self.trees
            for section in tree.sections
            for text in (section.name, *(part for e in section.entries for part in (e.key, e.value)))
        ) or any(
            _UNFINISHED.search(tree.source.slice(problem.span))
            for tree in self.trees
            for problem in tree.problems
        )

    @cached_property
    def has_blocks(self) -> bool:
        """Whether a template engine leaves out or repeats lines, so that two of them needn't meet."""
        return any(_BLOCKS.search(tree.source.text) for tree in self.trees)

    @staticmethod
    def is_unfinished(part: Entry | Section) -> bool:
        """Whether a template engine or a script has yet to write a part of a line."""
        texts = (part.name,) if isinstance(part, pgbackrest_conf.Section) else (part.key, part.value)
        return any(map(looks_unfinished, texts))

    @cached_property
    def is_throwaway(self) -> bool:
        """Whether the file lies among tests, where backups are thrown away on purpose."""
        return lies_among_tests(self.source.path)

    @cached_property
    def is_complete(self) -> bool:
        """Whether what the files don't set is at its default: no template, no fragment, and a stanza or a repository."""
        if self.is_fragment or self.is_template or any(tree.problems for tree in self.trees):
            return False
        return bool(self.stanzas) or any(entry.key.startswith("repo") for _, entry in self.lines)

    @cached_property
    def _by_section(self) -> dict[str, dict[str, list[tuple[PgbackrestConf, Entry]]]]:
        """The lines of each section by what they set: the option's name with its index, whatever the line calls it."""
        found: dict[str, dict[str, list[tuple[PgbackrestConf, Entry]]]] = {}
        for tree, entry in self.lines:
            found.setdefault(entry.section, {}).setdefault(_present_name(entry.key), []).append((tree, entry))
        return found

    def effective(self, option: str, stanza: str | None = None, command: str | None = None) -> Option:
        """What a command of a stanza makes of an option.

        `option` is the present name, with its index where it has one: `repo1-retention-full`. pgBackRest looks into
        [stanza:command], [stanza], [global:command] and [global]; the first section that sets it decides. Without a stanza
        or a command their sections are left out.
        """
        base, index = pgbackrest.split_index(option)
        known = pgbackrest.definition(base)
        lines = self._lines_of(option, known, stanza, command)
        if not lines:
            return self._unset(option, known, stanza, command)
        tree, entry = lines[0]
        state = State.SET
        value: Value | None = None
        invalid: str | None = None
        depends = known.depends_for(command) if known else None
        matched = self._matched(depends, index, stanza, command) if depends else ""
        if matched is None:
            state = State.IGNORED
        elif known is not None and not any(looks_unfinished(e.value) for _, e in lines):
            meaning = _meaning(known, [e.value for _, e in lines], command, matched)
            value, invalid = (None, meaning.reason) if isinstance(meaning, Invalid) else (meaning, None)
        return Option(option, state, value, entry.value, tree.source, entry.span, entry, invalid)

    def decisions(self, option: str, command: str) -> tuple[Option, ...]:
        """What a command makes of an option in each stanza, as far as lines set it; each deciding line once."""
        options = (self.effective(option, stanza, command) for stanza in self.stanzas or (None,))
        return tuple({id(found.entry): found for found in options if found.is_set}.values())

    def _lines_of(
        self, option: str, known: Definition | None, stanza: str | None, command: str | None
    ) -> list[tuple[PgbackrestConf, Entry]]:
        for section in searched(stanza, command):
            if known and known.section == "stanza" and section.partition(":")[0] == "global":
                continue
            lines = self._by_section.get(section, {}).get(option)
            if lines:
                return lines
        return []

    def _unset(
        self, option: str, known: Definition | None, stanza: str | None, command: str | None
    ) -> Option:
        where = stanza if known and known.section == "stanza" and stanza else "global"
        place = next(((t, s) for t, s in self.sections if s.name == where), None)
        tree, span = (place[0], place[1].span) if place else (self.tree, Span(1, 1, 1, 1))
        if known is None or not self.is_complete:
            return Option(option, State.UNKNOWN, None, None, tree.source, span)
        return Option(
            option,
            State.DEFAULT,
            self._default(option, known, stanza, command),
            None,
            tree.source,
            span,
        )

    def _default(
        self, option: str, known: Definition, stanza: str | None, command: str | None
    ) -> Value | None:
        _, index = pgbackrest.split_index(option)
        depends = known.depends_for(command)
        matched = self._matched(depends, index, stanza, command) if depends else ""
        if matched is None:
            return None
        text = known.default_by.get(matched, known.default_for(command))
        meaning = None if text is None else _meaning(known, [text], command, matched)
        return None if isinstance(meaning, Invalid) else meaning

    def _matched(
        self, depends: pgbackrest.Depends, index: int | None, stanza: str | None, command: str | None
    ) -> str | None:
        """The value with which a dependency holds, None where it doesn't; empty where that can't be known."""
        if depends.option == "stanza":
            return "" if stanza else None
        other = self.effective(_indexed(depends.option, index), stanza, command)
        if other.state is State.UNKNOWN or (other.state is State.SET and other.value is None):
            return ""
        if other.value is None:
            return None
        text = _as_text(other.value)
        return text if not depends.values or text in depends.values else None

    def is_reachable(self, name: str) -> bool:
        """Whether some command looks into a section of this name."""
        place, colon, command = name.partition(":")
        if place == "global" or (place and not self._is_misnamed(place)):
            return not colon or command in pgbackrest.commands()
        return False

    def _is_misnamed(self, place: str) -> bool:
        """Whether a name that stands where a stanza's would is meant for something else."""
        plain = place.strip()
        if place != plain or plain.lower() == "global":
            return True
        if any(section.stanza == place and _names_cluster(section) for _, section in self.sections):
            return False
        others = {s for s in self.stanzas if s != place}
        return (
            plain in pgbackrest.commands()
            or bool(get_close_matches(plain.lower(), ["global"], cutoff=0.82))
            or any(plain.lower() == other.strip().lower() for other in others)
        )

    def readers(self, entry: Entry, known: Definition) -> Iterator[tuple[str | None, str]]:
        """The stanzas and commands that look for an option where a line sets it; nothing if they never would."""
        place, _, command = entry.section.partition(":")
        is_global = place == "global"
        if known.section == "command-line" or (is_global and known.section == "stanza"):
            return
        if not self.is_reachable(entry.section):
            return
        stanzas: list[str | None] = [place]
        if is_global:
            stanzas = [stanza for stanza in self.stanzas if self.is_reachable(stanza)] or [None]
        for each in sorted(known.commands & {command} if command else known.commands):
            for stanza in stanzas:
                yield stanza, each

    def repositories(self, stanza: str | None = None) -> tuple[int, ...]:
        """The indexes of the repositories in use; 1 where nothing names one and the configuration is complete."""
        return self._indexes("repo", stanza) or ((1,) if self.is_complete else ())

    def databases(self, stanza: str) -> tuple[int, ...]:
        """The indexes of the clusters of a stanza: the N of pgN-path and its like."""
        return self._indexes("pg", stanza)

    def _indexes(self, group: str, stanza: str | None) -> tuple[int, ...]:
        found = set()
        for _, entry in self.lines:
            if entry.section.partition(":")[0] not in ("global", stanza):
                continue
            name = _present_name(entry.key)
            base, index = pgbackrest.split_index(name)
            if index is None or not base.startswith(f"{group}-"):
                continue
            # An index of which every line is dropped is none to pgBackRest either.
            if self.effective(name, stanza).state is not State.IGNORED:
                found.add(index)
        return tuple(sorted(found))


def _present_name(key: str) -> str:
    """The option a key means, by its present name and with its index; an unknown key is itself."""
    found = pgbackrest.canonical(key)
    return _indexed(found.name, found.number) if found else key


def _indexed(name: str, index: int | None) -> str:
    known = pgbackrest.definition(name)
    return indexed(known, index) if known else name


def _meaning(known: Definition, texts: list[str], command: str | None, matched: str) -> Value | Invalid:
    if known.takes_several:
        return texts
    if not texts[0]:
        return Invalid("it takes a value", "section '[...]', key '{name}' must have a value")
    return interpret(known, texts[0], command, matched)


def _as_text(value: Value) -> str:
    """A value as a list of allowed ones has it."""
    return {True: "y", False: "n"}[value] if isinstance(value, bool) else str(value)


def _names_cluster(section: Section) -> bool:
    return any(re.match(r"(?:pg|db)[0-9]*-", entry.key) for entry in section.entries)


def looks_unfinished(text: str) -> bool:
    """Whether a template engine or a script has yet to write a part of this text."""
    return _UNFINISHED.search(text) is not None or _BLANK_TO_FILL_IN.match(text) is not None


def read(source: Source, files: Files | None = None, *, is_fragment: bool = False) -> PgbackrestConfig:
    """The configuration that starts with this file; never raises."""
    return PgbackrestConfig(pgbackrest_conf.parse(source), files or NoFiles(), is_fragment)


def is_include(path: str) -> bool:
    """Whether a path is that of a file which a main file reads: conf.d/*.conf."""
    return posixpath.basename(posixpath.dirname(path)) == INCLUDE_DIRECTORY


def is_included(name: str) -> bool:
    """Whether pgBackRest reads a file of this name in its conf.d: what ends in .conf, and is more than that."""
    return len(posixpath.basename(name)) > len(".conf") and name.endswith(".conf")


def main_file(source: Source, files: Files) -> Source | None:
    """The main file that reads a file of conf.d, where it is in the checked tree."""
    if not is_include(source.path):
        return None
    return files.read(posixpath.join(posixpath.dirname(source.path), "..", "pgbackrest.conf"))
