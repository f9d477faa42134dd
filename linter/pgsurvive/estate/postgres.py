"""The effective configuration of a cluster: which file and line decides each setting, and what that makes it mean."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.catalog import postgresql
from pgsurvive.catalog.values import Invalid, Value, interpret
from pgsurvive.estate.files import NoFiles
from pgsurvive.findings import Draft, Edit, Fix, Related
from pgsurvive.syntax import postgresql_conf
from pgsurvive.syntax.problem import Problem
from pgsurvive.text import Kind, Span, lies_among_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.catalog.postgresql import Definition
    from pgsurvive.estate.files import Files
    from pgsurvive.syntax.postgresql_conf import Entry, PostgresqlConf
    from pgsurvive.text import Source

MAX_INCLUDE_DEPTH = 10
"""Files nested deeper than this the server refuses to read."""

MAX_INCLUDED_FILES = 1000
"""Files that include each other in a circle would be read some powers of the depth; the server does, we don't."""

AUTO_CONF = "postgresql.auto.conf"

_PLACES = frozenset({"data_directory", "hba_file", "ident_file", "external_pid_file"})
"""What only a file sets that the server starts with."""

_ORDINARY = frozenset({"listen_addresses", "port", "max_connections", "unix_socket_directories"})
"""What an override seldom sets; two of them make a file that is meant to be the whole configuration."""

_SAMPLE_LINES = 5
"""So many defaults commented out make a file a descendant of the one that initdb writes."""

_STANDBY = frozenset({"primary_conninfo", "primary_slot_name", "standby_mode"})
_ROLE = re.compile(r"(?<![a-z])(?:(replica|standby|slave|secondary)|master|primary|main)(?![a-z])")
_FILE_NAME = re.compile(r"(?:.*[^a-z])?postgres(?:ql)?(?:[._-][a-z0-9]+){0,2}\.conf$")
_TEMPLATE = re.compile(r"\{\{|\{%|<%[-=# ]|@[A-Z_]+@")
_BLANK_TO_FILL_IN = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+$")
"""A word such as PG_PORT that a script replaces: no setting has such a value."""

_COMMENTED_DEFAULT = re.compile(r"#[ \t]*([A-Za-z_]+)[ \t]*=")


class State(Enum):
    """How a setting comes to its value."""

    SET = "set"
    """By a line of a file."""

    DEFAULT = "default"
    """By no line: the files are known to be all there is."""

    UNKNOWN = "unknown"
    """It may be set somewhere that was not read."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting's effective value and the place that decides it."""

    name: str
    state: State
    value: Value | None
    """In the base unit; None where it is unknown or the text is invalid."""

    text: str | None
    """As the file has it, without quotes; None where no line sets it."""

    source: Source = field(repr=False)
    span: Span
    """The deciding line; for a default the line that shows it commented out, else nothing at the start of the file."""

    entry: Entry | None = None
    invalid: str | None = None
    """Why the server refuses the text, or None."""

    @property
    def is_set(self) -> bool:
        """Whether a line of a file sets it."""
        return self.state is State.SET

    @property
    def is_empty(self) -> bool:
        """Whether it is known to be the empty string."""
        return self.value == ""  # not `not self.value`: False and 0 are values

    def finding(
        self,
        message: str,
        *,
        help: str,  # noqa: A002 - the word the reports use
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
    ) -> Draft:
        """A finding at the line that decides the setting."""
        return Draft(self.source, self.span, message, help, related, fix)

    def set_to(self, value: str) -> Fix | None:
        """The fix that gives the setting another value where it is set in a file; None elsewhere."""
        if self.entry is None or self.entry.span == self.entry.name_span:
            return None
        return Fix(f"set {self.name} to {value}", (Edit(self.entry.value_span, value),))

    def finding_in_value(self, start: int, end: int, message: str, *, help: str) -> Draft:  # noqa: A002 - as above
        """A finding at `text[start:end]` of the value."""
        if self.entry is None:
            return self.finding(message, help=help)
        span = self.entry.span_in_value(self.source, start, end)
        return Draft(self.source, span, message, help)

    def related(self, message: str) -> Related:
        """The setting's line as the other place of a finding."""
        return Related(self.source.path, self.span, message, self.source)


@dataclass(frozen=True)
class PostgresConfig:
    """The configuration that a server started with one file would have, as far as the files say."""

    tree: PostgresqlConf
    kind: Kind
    majors: frozenset[int]
    """The majors that the server may have."""

    files: Files = field(default_factory=NoFiles, repr=False)
    throwaway: bool = False
    """Whether what surrounds it says that the server's data is meant to be lost."""

    @property
    def source(self) -> Source:
        """The file that the server starts with."""
        return self.tree.source

    @cached_property
    def trees(self) -> tuple[PostgresqlConf, ...]:
        """Every file that was read, this one first."""
        return tuple({id(tree): tree for tree in (self.tree, *(t for t, _ in self._lines))}.values())

    @cached_property
    def _lines(self) -> list[tuple[PostgresqlConf, Entry]]:
        """The settings of all files in the order in which the server takes them."""
        return list(self._read(self.tree, ()))

    @property
    def lines(self) -> tuple[tuple[PostgresqlConf, Entry], ...]:
        """Every setting of every file, with the file it stands in, in the order in which the server takes them."""
        return tuple(self._lines)

    @cached_property
    def unread(self) -> tuple[Entry, ...]:
        """The include lines whose files were not there or may not be read."""
        self._lines  # noqa: B018 - collects them
        return tuple(self._unread)

    @cached_property
    def _unread(self) -> list[Entry]:
        return []

    @cached_property
    def errors(self) -> tuple[tuple[PostgresqlConf, Problem | Entry], ...]:
        """What makes the server refuse the files before it looks at a single setting, each with the file it stands in.

        In the order in which the server meets it: lines that it can't read, and includes that it can't follow.
        """
        self._lines  # noqa: B018 - collects them
        return tuple(self._errors)

    @cached_property
    def _errors(self) -> list[tuple[PostgresqlConf, Problem | Entry]]:
        return []

    def _read(self, tree: PostgresqlConf, above: tuple[str, ...]) -> Iterator[tuple[PostgresqlConf, Entry]]:
        """The lines of a file that the files `above` include, in turn."""
        stack = (*above, tree.source.path)
        items: list[Entry | Problem] = [*tree.entries, *tree.problems]
        for item in sorted(items, key=lambda item: item.span):
            if isinstance(item, Problem):
                self._errors.append((tree, item))
            elif item.is_directive:
                for included in self._included(tree, item, stack):
                    yield from self._read(included, stack)
            else:
                yield tree, item
        if not above and posixpath.basename(self.source.path) == "postgresql.conf":
            auto = self.files.read(posixpath.join(posixpath.dirname(self.source.path), AUTO_CONF))
            if auto is not None:
                yield from self._read(postgresql_conf.parse(auto), stack)

    def is_there(self, tree: PostgresqlConf, entry: Entry) -> bool:
        """Whether the file that an include line names can be read, though the server refuses to follow the line."""
        return self.files.read(_target(tree, entry)) is not None

    def _included(
        self, tree: PostgresqlConf, entry: Entry, stack: tuple[str, ...]
    ) -> Iterator[PostgresqlConf]:
        path = _target(tree, entry)
        paths: list[str] = [path]
        if not entry.value.strip(" \t\r\n"):
            self._not_followed(tree, entry, path)
            return
        if entry.name == "include_dir":
            names = self.files.names_in(path)
            if names is None:
                self._not_followed(tree, entry, path)
                return
            wanted = (name for name in names if name.endswith(".conf") and not name.startswith("."))
            paths = [posixpath.join(path, name) for name in sorted(wanted)]
        for path in paths:
            # As the server: a file may not include itself, and what includes it in a circle ends at the depth.
            refused = path == tree.source.path or len(stack) > MAX_INCLUDE_DEPTH or self._exhausted()
            source = None if refused else self.files.read(path)
            if source is not None:
                yield postgresql_conf.parse(source)
            elif refused or entry.name != "include_if_exists" or self.files.names_in(path) is not None:
                self._not_followed(tree, entry, path)
            elif not self.files.covers(path):
                self._unread.append(entry)

    def _exhausted(self) -> bool:
        """Whether so many files were read that only a circle of includes explains it."""
        self._reads.append(None)
        return len(self._reads) > MAX_INCLUDED_FILES

    @cached_property
    def _reads(self) -> list[None]:
        return []

    def _not_followed(self, tree: PostgresqlConf, entry: Entry, path: str) -> None:
        self._unread.append(entry)
        # Outside the checked tree nobody knows what is there.
        if self.files.covers(path):
            self._errors.append((tree, entry))

    @cached_property
    def _deciding(self) -> dict[str, tuple[PostgresqlConf, Entry]]:
        return {entry.name: (tree, entry) for tree, entry in self._lines}

    def is_broken(self, path: str) -> bool:
        """Whether one of the files has lines that the server can't read."""
        return any(tree.problems for tree in self.trees if tree.source.path == path)

    @cached_property
    def is_template(self) -> bool:
        """Whether a template engine has yet to write parts of it."""
        text = self.source.text
        return any(
            not text[text.rfind("\n", 0, match.start()) + 1 : match.start()].lstrip().startswith("#")
            for match in _TEMPLATE.finditer(text)
        )

    @cached_property
    def is_complete(self) -> bool:
        """Whether what the files don't set is at its default.

        True for initdb's file with its defaults commented out, and for a postgresql.conf that sets what an override never
        would. A fragment, a template, a file with syntax errors and one whose includes can't be read are not complete.
        """
        name = posixpath.basename(self.source.path).lower()
        if self.kind is not Kind.POSTGRESQL_CONF or not _FILE_NAME.match(name):
            return False
        if name == AUTO_CONF or self.tree.problems or self.is_template or self.unread:
            return False
        return (
            self._descends_from_sample
            or not _PLACES.isdisjoint(self._deciding)
            or len(_ORDINARY.intersection(self._deciding)) > 1
        )

    @cached_property
    def _descends_from_sample(self) -> bool:
        known = postgresql.names()
        matches = (_COMMENTED_DEFAULT.match(comment.text) for comment in self.tree.comments)
        return sum(m is not None and m[1].lower() in known for m in matches) >= _SAMPLE_LINES

    @cached_property
    def is_standby(self) -> bool:
        """Whether the file is that of a standby, which leaves archiving to its primary."""
        if any(name in self._deciding for name in _STANDBY):
            return True
        # Of several roles in a path, the last is the file's own: hot-standby/master/postgresql.conf.
        roles = _ROLE.findall("/".join(self.source.path.lower().split("/")[-2:]))
        return bool(roles and roles[-1])

    @cached_property
    def is_throwaway(self) -> bool:
        """Whether the file lies among tests or benchmarks, where durability is given up on purpose."""
        return self.throwaway or lies_among_tests(self.source.path)

    @cached_property
    def is_for_older_major(self) -> bool:
        """Whether a path says that the server is older than any that pgsurvive knows."""
        return _is_for_older_major(self.source)

    def decides(self, entry: Entry) -> bool:
        """Whether a line is the last that sets its setting."""
        return self._deciding[entry.name][1] is entry

    def is_looked_at(self, entry: Entry) -> bool:
        """Whether the server reads the value of a line: only of the last one that sets something.

        It tells repeated settings by their exact spelling: of `work_mem` and `WORK_MEM` it reads both, the later wins.
        """
        return id(entry) in self._looked_at

    @cached_property
    def _looked_at(self) -> frozenset[int]:
        last = {tree.source.slice(entry.name_span): id(entry) for tree, entry in self._lines}
        return frozenset(last.values())

    def effective(self, name: str) -> Setting:
        """The value that decides, from the last line that sets it. `name` in lower case, as the manual spells it."""
        definition = self._definition(name)
        deciding = self._deciding.get(name)
        if deciding is not None:
            return _set(definition, name, *deciding)
        commented = self.tree.commented_out(name)
        span = commented.span if commented else Span(1, 1, 1, 1)
        if not self.is_complete or definition is None:
            return Setting(name, State.UNKNOWN, None, None, self.source, span)
        default = None if definition.default is None else interpret(definition, definition.default)
        value = None if isinstance(default, Invalid) else default
        return Setting(name, State.DEFAULT, value, None, self.source, span)

    def _definition(self, name: str) -> Definition | None:
        """The newest definition among the majors that the server may have."""
        for major in sorted(self.majors, reverse=True):
            found = postgresql.definition(name, major)
            if found is not None:
                return found
        return None


def _target(tree: PostgresqlConf, entry: Entry) -> str:
    """The path that an include line names; it is relative to the file that the line stands in."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(tree.source.path), entry.value))


def looks_templated(text: str) -> bool:
    """Whether a template engine or a script has yet to write a part of this value."""
    return _TEMPLATE.search(text) is not None or _BLANK_TO_FILL_IN.match(text) is not None


def _set(definition: Definition | None, name: str, tree: PostgresqlConf, entry: Entry) -> Setting:
    text = entry.value
    value: Value | None = text
    invalid: str | None = None
    if looks_templated(text):
        value = None
    elif definition is not None:
        meaning = interpret(definition, text)
        if isinstance(meaning, Invalid):
            value, invalid = None, meaning.reason
        else:
            value = meaning
    return Setting(name, State.SET, value, text, tree.source, entry.span, entry, invalid)


def read(source: Source, kind: Kind, majors: frozenset[int], files: Files | None = None) -> PostgresConfig:
    """The configuration that starts with this file; never raises."""
    return PostgresConfig(postgresql_conf.parse(source), kind, majors, files or NoFiles())


_PATH_MAJOR = re.compile(r"(?:^|[/_])(?:postgresql|postgres|pgsql|pg)[-_/]*(\d{2}|[89]\.\d)(?:[/_]|$)")
_CLUSTER_PATH = re.compile(
    r"^[ \t]*(?:data_directory|hba_file|ident_file|external_pid_file)[ \t]*=?[ \t]*'([^'\n]*)'", re.MULTILINE
)
_MARKER = re.compile(r"(?:#|--)\s*pgsurvive:\s*pg\s*=\s*(\d+)")


def majors_from_path(path: str) -> frozenset[int] | None:
    """The major that a path such as `etc/postgresql/16/main/postgresql.conf` names, or None."""
    match = _PATH_MAJOR.search(path.lower())
    major = int(match[1]) if match and match[1].isdecimal() else None
    return frozenset({major}) if major in postgresql.MAJORS else None


def majors_of(source: Source) -> frozenset[int] | None:
    """The major that a file is for, None where nothing says it.

    A comment `# pgsurvive: pg=16` says it, else the file's path, else the paths of the cluster in it.
    """
    marker = _MARKER.search(source.text)
    if marker and int(marker[1]) in postgresql.MAJORS:
        return frozenset({int(marker[1])})
    return next(filter(None, map(majors_from_path, _paths(source))), None)


def _is_for_older_major(source: Source) -> bool:
    """Whether a path names a major before the oldest that pgsurvive knows."""
    matches = (_PATH_MAJOR.search(path.lower()) for path in _paths(source))
    return any(match is not None and float(match[1]) < postgresql.MAJORS[0] for match in matches)


def _paths(source: Source) -> list[str]:
    """The path of a file, and those of the cluster's directories that it sets."""
    return [source.path, *(match[1] for match in _CLUSTER_PATH.finditer(source.text))]
