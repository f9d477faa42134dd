"""What one pgBackRest command of one stanza makes of its configuration, step by step as the program does it.

It stops at the first thing that the command refuses. What it passes over with a warning, and what it drops without one, is
kept, since both look to their author like settings. The steps are those of the program's own parser (src/config/parse.c and
load.c in its sources); tests/differential holds them against the real programs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from pgsurvive.catalog import pgbackrest
from pgsurvive.catalog.pgbackrest import CURRENT, VERSIONS
from pgsurvive.catalog.pgbackrest_keys import indexed, look_up
from pgsurvive.catalog.pgbackrest_values import Invalid, interpret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pgsurvive.catalog.pgbackrest import Definition
    from pgsurvive.catalog.pgbackrest_keys import Found
    from pgsurvive.syntax.pgbackrest_conf import Entry, PgbackrestConf

_T = TypeVar("_T")

_OLD = VERSIONS[0]
_BETA = frozenset({"repo-block", "repo-block-size-map", "repo-block-size-super"})
"""What 2.45 takes with --beta only; from its src/build/config/config.yaml."""


class Skipped(Enum):
    """Why a command passes over a line, with a warning."""

    UNKNOWN = "contains invalid option"
    NEGATED = "contains negate option"
    RESET = "contains reset option"
    COMMAND_LINE = "contains command-line only option"
    NOT_OF_COMMAND = "invalid for section"
    STANZA_ONLY = "contains stanza-only option"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command doesn't start."""

    code: int
    """pgBackRest's number: 29 for a line it can't read, 31 for an option, 32 for a value, 37 for one that is missing."""

    message: str
    """The program's words, without its hints."""

    tree: PgbackrestConf | None = None
    entry: Entry | None = None
    """The line, where there is one."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A line that a command passes over and says so."""

    why: Skipped
    key: str
    section: str
    tree: PgbackrestConf
    entry: Entry


@dataclass(frozen=True, slots=True)
class Given:
    """What sets an option: lines of one section, or an environment variable."""

    texts: tuple[str, ...]
    tree: PgbackrestConf | None = None
    entry: Entry | None = None


@dataclass
class Reading:
    """How far a command got, and with what."""

    refusal: Refusal | None = None
    warnings: list[Warned] = field(default_factory=list)
    taken: dict[str, Given] = field(default_factory=dict)
    """The options that hold, by their names with index."""

    dropped: dict[str, Given] = field(default_factory=dict)
    """Those that are set and dropped without a word, since what they depend on doesn't hold."""

    values: dict[str, object] = field(default_factory=dict)
    """What each option comes to, its default where nothing sets it; None where it isn't set."""

    indexes: dict[str, list[int]] = field(default_factory=dict)
    """The repositories and clusters in use, by group."""


class _Refused(Exception):  # noqa: N818 - a command's end, not an error of ours
    def __init__(self, code: int, message: str, given: Given | None = None) -> None:
        super().__init__(message)
        self.refusal = Refusal(code, message, given.tree if given else None, given.entry if given else None)


def read(
    trees: Iterable[PgbackrestConf],
    command: str,
    stanza: str | None = None,
    *,
    arguments: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    version: str = CURRENT,
) -> Reading:
    """What `pgbackrest --stanza=STANZA COMMAND` makes of these files, in the order in which they are read.

    `arguments` are further options of the command line by name, which beat the `environment` (PGBACKREST_* variables),
    which beats the files.
    """
    reader = _Reader(command, stanza, version)
    for name, text in (arguments or {}).items():
        reader.given[name] = Given((text,))
    try:
        reader.environment(environment or {})
        reader.files(tuple(trees))
        reader.resolve()
        reader.load()
    except _Refused as refused:
        reader.reading.refusal = refused.refusal
    return reader.reading


class _Reader:
    def __init__(self, command: str, stanza: str | None, version: str) -> None:
        self.command = command
        self.stanza = stanza
        self.version = version
        self.known = pgbackrest.definitions(version)
        self.reading = Reading()
        self.given: dict[str, Given] = {}
        if stanza is not None and command in self.known["stanza"].commands:
            self.given["stanza"] = Given((stanza,))

    def environment(self, variables: Mapping[str, str]) -> None:
        """Takes PGBACKREST_* variables."""
        for variable, value in variables.items():
            if not variable.startswith("PGBACKREST_"):
                continue
            key = variable.removeprefix("PGBACKREST_").lower().replace("_", "-")
            found = self.find(key, None)
            if found is None or found.negate or found.reset or self.command not in found.definition.commands:
                continue
            if not value:
                raise _Refused(32, f"environment variable '{key}' must have a value")
            if found.definition.type == "boolean" and value not in ("y", "n"):
                raise _Refused(32, f"environment boolean option '{key}' must be 'y' or 'n'")
            texts = tuple(value.split(":")) if found.definition.takes_several else (value,)
            self.given.setdefault(found.name, Given(texts))

    def files(self, trees: tuple[PgbackrestConf, ...]) -> None:
        """Takes the lines of the sections that this command of this stanza looks into."""
        for tree in trees:
            if tree.problems:
                problem = tree.problems[0]
                code = 42 if problem.message.startswith("unable to find line") else 29
                self.reading.refusal = Refusal(code, problem.message, tree)
                raise _Refused(code, problem.message, Given((), tree))
        sections: dict[str, dict[str, list[tuple[PgbackrestConf, Entry]]]] = {}
        for tree in trees:
            for entry in tree.entries:
                sections.setdefault(entry.section, {}).setdefault(entry.key, []).append((tree, entry))
        for section in searched(self.stanza, self.command):
            seen: dict[str, str] = {}
            for key, lines in sections.get(section, {}).items():
                self.key(section, key, lines, seen)

    def key(  # noqa: C901 - the program's own sequence, whose order decides which refusal comes first
        self, section: str, key: str, lines: list[tuple[PgbackrestConf, Entry]], seen: dict[str, str]
    ) -> None:
        """Takes what a section says under one key."""
        tree, entry = lines[0]
        given = Given(tuple(e.value for _, e in lines), tree, entry)
        found = self.find(key, given)
        why = self.why_skipped_at_once(found)
        if found is None or why is not None:
            self.warn(why or Skipped.UNKNOWN, key, section, given)
            return
        if found.name in seen:
            raise _Refused(
                31,
                f"configuration file contains duplicate options ('{key}', '{seen[found.name]}') in section '[{section}]'",
                given,
            )
        seen[found.name] = key
        if self.command not in found.definition.commands:
            if ":" in section and section.partition(":")[2] == self.command:
                self.warn(Skipped.NOT_OF_COMMAND, key, section, given)
            return
        if found.definition.section == "stanza" and section.partition(":")[0] == "global":
            self.warn(Skipped.STANZA_ONLY, key, section, given)
            return
        if found.name in self.given:
            return
        if len(lines) > 1:
            if not found.definition.takes_several:
                again = Given(given.texts, *lines[1])
                raise _Refused(31, f"option '{found.name}' cannot be set multiple times", again)
        elif not entry.value:
            raise _Refused(32, f"section '{section}', key '{key}' must have a value", given)
        elif found.definition.type == "boolean" and entry.value not in ("y", "n"):
            raise _Refused(32, f"boolean option '{key}' must be 'y' or 'n'", given)
        self.given[found.name] = given

    @staticmethod
    def why_skipped_at_once(found: Found | None) -> Skipped | None:
        """Why a line is passed over whatever the section and command."""
        if found is None:
            return Skipped.UNKNOWN
        if found.negate:
            return Skipped.NEGATED
        if found.reset:
            return Skipped.RESET
        return Skipped.COMMAND_LINE if found.definition.section == "command-line" else None

    def warn(self, why: Skipped, key: str, section: str, given: Given) -> None:
        """Notes a line that is passed over."""
        if given.tree is not None and given.entry is not None:
            self.reading.warnings.append(Warned(why, key, section, given.tree, given.entry))

    def find(self, key: str, given: Given | None) -> Found | None:
        """The option that a key names; None where there is none. Raises for a key that is refused."""
        found = look_up(key, self.version)
        if isinstance(found, str):
            raise _Refused(31, found, given)
        return found

    # What holds of what was set

    def resolve(self) -> None:
        """Judges dependencies and values in the program's order."""
        self.find_indexes()
        keep: set[tuple[str, int]] = set()
        for name in resolve_order(self.version):
            known = self.known[name]
            if self.command not in known.commands:
                continue
            for index in self.reading.indexes[known.group] if known.group else (None,):
                if self.resolve_one(known, index) and known.group and index is not None:
                    keep.add((known.group, index))
        for group, indexes in self.reading.indexes.items():
            kept = [i for i in indexes if (group, i) in keep] or indexes[:1]
            # As the program: one that is left alone becomes the first, if the first of all was not to be kept.
            if len(kept) == 1 and kept[0] != 1 and (group, indexes[0]) not in keep:
                self.rename(f"{group}{kept[0]}-", f"{group}1-")
                kept = [1]
            self.reading.indexes[group] = kept

    def rename(self, old: str, new: str) -> None:
        """Gives the options of one index to another."""
        reading = self.reading
        reading.values = _renamed(reading.values, old, new)
        reading.taken = _renamed(reading.taken, old, new)
        reading.dropped = _renamed(reading.dropped, old, new)

    def find_indexes(self) -> None:
        """Which repositories and clusters are named; of clusters always the first."""
        for group in pgbackrest.GROUPS:
            used = set()
            for name in self.given:
                base, index = pgbackrest.split_index(name)
                known = pgbackrest.definition(base, self.version)
                if known and known.group == group and index is not None:
                    used.add(index)
            indexes = sorted(used | {1} if group == "pg" else used or {1})
            # 2.45 reserves the first cluster a place and doesn't count it: the last one is lost.
            self.reading.indexes[group] = indexes[: len(used) or 1] if self.version == _OLD else indexes

    def resolve_one(self, known: Definition, index: int | None) -> bool:
        """Judges one option; whether something other than its default holds."""
        name = indexed(known, index)
        given = self.given.get(name)
        depends = known.depends_for(self.command)
        matched = self.matched(depends, index) if depends else ""
        if matched is None:
            self.reading.values[name] = None
            if given:
                self.reading.dropped[name] = given
            return False
        if given is not None:
            if self.version == _OLD and known.name in _BETA and not self.reading.values.get("beta"):
                raise _Refused(31, f"option '{name}' is not valid without option 'beta'", given)
            self.reading.values[name] = self.value(known, name, given, matched)
            self.reading.taken[name] = given
            return True
        default = known.default_by.get(matched, known.default_for(self.command))
        if default is None and self.command in known.required:
            raise _Refused(37, f"{self.command} command requires option: {name}")
        self.reading.values[name] = None if default is None else default_value(known, default)
        return False

    def matched(self, depends: pgbackrest.Depends, index: int | None) -> str | None:
        """The value with which a dependency holds; None where it doesn't."""
        value = self.reading.values.get(indexed(self.known[depends.option], index))
        if value is None:
            return None
        text = {True: "y", False: "n"}[value] if isinstance(value, bool) else str(value)
        return text if not depends.values or text in depends.values else None

    def value(self, known: Definition, name: str, given: Given, matched: str) -> object:
        """What the given text means; raises what the program says where it means nothing."""
        text = given.texts[0]
        if known.type == "hash":
            for pair in given.texts:
                if "=" not in pair:
                    raise _Refused(31, f"key/value '{pair}' not valid for '{name}' option", given)
            return list(given.texts)
        if known.type == "list":
            return list(given.texts)
        if self.version == _OLD and known.name == "compress-level":
            known = replace(known, minimum=None, maximum=None)  # judged when the compression is known
        meaning = interpret(known, text, self.command, matched)
        if isinstance(meaning, Invalid):
            raise _Refused(32, meaning.said.format(text=text, name=name), given)
        return meaning

    # What is judged once all options are known

    def load(self) -> None:
        """Judges what several options come to together."""
        values = self.reading.values
        repositories = [i for i in self.reading.indexes["repo"] if f"repo{i}-type" in values]
        clusters = [i for i in self.reading.indexes["pg"] if f"pg{i}-host" in values]
        if self.command == "stanza-delete" and values.get("repo") is None and repositories != [1]:
            raise _Refused(37, "stanza-delete command requires option: repo")
        self.refuse_one_path_twice(repositories)
        self.refuse_level()
        self.compare_timeouts()
        if any(values.get(f"pg{i}-host") for i in clusters) and any(
            values.get(f"repo{i}-host") for i in repositories
        ):
            raise _Refused(27, "pg and repo hosts cannot both be configured as remote")
        for i in repositories:
            bucket = values.get(f"repo{i}-s3-bucket")
            in_host_name = values.get(f"repo{i}-s3-uri-style") == "host"
            if in_host_name and "." in str(bucket or "") and values.get(f"repo{i}-storage-verify-tls"):
                name = f"repo{i}-s3-bucket"
                raise _Refused(32, f"'{bucket}' is not valid for option '{name}'", self.given[name])
            self.keep_archive(i)
        if values.get("compress") is False and "compress-type" not in self.given:
            values["compress-type"], values["compress-level"] = "none", 0
        for i in repositories:
            self.check_sftp(i)
        if values.get("repo-target-time") is not None and "repo" not in self.given:
            raise _Refused(
                31,
                "option 'repo-target-time' not valid without option 'repo'",
                self.given["repo-target-time"],
            )

    def refuse_one_path_twice(self, repositories: list[int]) -> None:
        """Two local repositories in one directory."""
        values = self.reading.values
        local = [
            i
            for i in repositories
            if not values.get(f"repo{i}-host") and values[f"repo{i}-type"] in ("posix", "cifs")
        ]
        for one in local:
            for other in local:
                same = all(
                    values.get(f"repo{one}-{k}") == values.get(f"repo{other}-{k}") for k in ("type", "path")
                )
                if one != other and same:
                    name = f"repo{other}-path"
                    path = self.given[name].texts[0] if name in self.given else values[name]
                    raise _Refused(
                        32,
                        f"local repo{one} and repo{other} paths are both '{path}' but must be different",
                        self.given.get(name) or self.given.get(f"repo{one}-path"),
                    )

    def refuse_level(self) -> None:
        """2.45 knows the range of each compression only now."""
        given = self.given.get("compress-level")
        level, kind = (self.reading.values.get(f"compress-{what}") for what in ("level", "type"))
        ranges = pgbackrest.definitions()["compress-level"].range_by
        if self.version != _OLD or given is None or not isinstance(level, int) or str(kind) not in ranges:
            return
        low, high = map(int, ranges[str(kind)])
        if not low <= level <= high:
            raise _Refused(32, f"'{level}' is out of range for 'compress-level' option", given)

    def compare_timeouts(self) -> None:
        """The protocol must wait longer than the database; a default gives way to what is set."""
        values = self.reading.values
        protocol, database = values.get("protocol-timeout"), values.get("db-timeout")
        if (
            not isinstance(protocol, int | float)
            or not isinstance(database, int | float)
            or protocol > database
        ):
            return
        if "protocol-timeout" not in self.given:
            values["protocol-timeout"] = database + 30
        elif "db-timeout" not in self.given:
            values["db-timeout"] = protocol - 30 if protocol - 30 >= 15 else protocol / 2  # noqa: PLR2004
        else:
            given = self.given["protocol-timeout"]
            raise _Refused(32, f"'{given.texts[0]}' is not valid for 'protocol-timeout' option", given)

    def keep_archive(self, index: int) -> None:
        """WAL is kept for as many backups as backups are, unless it is said otherwise."""
        values = self.reading.values
        name = f"repo{index}-retention-archive"
        if name not in values or values[name] is not None:
            return
        kind = values.get(f"{name}-type")
        if kind == "full" and values.get(f"repo{index}-retention-full-type") == "count":
            values[name] = values.get(f"repo{index}-retention-full")
        elif kind == "diff":
            values[name] = values.get(f"repo{index}-retention-diff")

    def check_sftp(self, index: int) -> None:
        """A host's fingerprint, and whether it is asked for."""
        values = self.reading.values
        kind = f"repo{index}-sftp-host-key-check-type"
        fingerprint = f"repo{index}-sftp-host-fingerprint"
        if values.get(kind) is None:
            return
        if values.get(fingerprint) is None:
            if values[kind] == "fingerprint":
                raise _Refused(37, f"{self.command} command requires option: {fingerprint}")
        elif kind in self.given and values[kind] != "fingerprint":
            raise _Refused(
                31,
                f"option '{fingerprint}' not valid without option '{kind}' = 'fingerprint'",
                self.given[fingerprint],
            )


def _renamed(options: dict[str, _T], old: str, new: str) -> dict[str, _T]:
    """The options with those of one index under another, in the place of what was there."""
    others = {n: v for n, v in options.items() if not n.startswith((old, new))}
    return others | {new + n.removeprefix(old): v for n, v in options.items() if n.startswith(old)}


def searched(stanza: str | None, command: str | None) -> Iterator[str]:
    """The sections that a command of a stanza looks into, the one that decides first."""
    for place in filter(None, (stanza, "global")):
        if command:
            yield f"{place}:{command}"
        yield place


def default_value(known: Definition, text: str) -> object:
    """What a default means, in the units of a value."""
    meaning = interpret(known, text)
    return text if isinstance(meaning, Invalid) else meaning


@cache
def resolve_order(version: str) -> tuple[str, ...]:
    """The options in the program's order: by name, each after what it depends on."""
    definitions = pgbackrest.definitions(version)
    waiting = sorted(definitions.keys() - {"stanza"})
    order = ["stanza"]
    while waiting:
        left: list[str] = []
        for name in waiting:
            known = definitions[name]
            needed = {d.option for d in (known.depends, *known.depends_by_command.values()) if d}
            (order if needed.issubset(order) else left).append(name)
        if len(left) == len(waiting):
            break
        waiting = left
    return tuple(order)
