"""The options of pgBackRest, as the programs themselves explain them: Debian 12's 2.45 and the current version.

The data file is written by `tools/catalog_pgbackrest.py`, which reads each program's help and asks for what help leaves
out: it tries options and reads the refusals.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSIONS = ("2.45", "2.60")
"""The versions that pgsurvive knows, oldest first."""

CURRENT = VERSIONS[-1]

MAX_INDEX = 256
"""The highest N in repoN- and pgN-."""


@dataclass(frozen=True, slots=True)
class Depends:
    """What must hold for an option to be read at all; without it, a line in a file is dropped without a word."""

    option: str
    """The option it depends on, of the same repository or cluster where that is one of a group."""

    values: tuple[str, ...] = ()
    """One of these; empty where it is enough that the option is set. Booleans are `y` and `n`."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One option as one version defines it."""

    name: str
    """Without an index: `repo-path`, `pg-port`, `process-max`."""

    versions: tuple[str, ...]
    """The versions this definition holds for."""

    type: str
    """`boolean`, `integer`, `size`, `time`, `path`, `string`, `list` or `hash`; the times of 2.45 are `seconds`."""

    section: str
    """Where a file may set it: `global` (anywhere), `stanza` (not in a global section), `command-line` (nowhere)."""

    group: str | None
    """`repo` or `pg` for an option that has an index."""

    commands: frozenset[str]
    """The commands that read it; all others pass over it."""

    default: str | None
    """As help shows it; None where nothing is set by default."""

    defaults: dict[str, str | None]
    """The default of the commands whose default differs."""

    default_by: dict[str, str]
    """Where the default follows from what it depends on, such as the level from the compression: value to default."""

    allowed: tuple[str, ...] | None
    """All values there are, or None."""

    allowed_by_command: dict[str, tuple[str, ...]]
    """The values of the commands that take others."""

    minimum: str | None
    maximum: str | None

    range_by: dict[str, tuple[str, str]]
    """Where the range follows from what it depends on: value to the smallest and largest."""

    depends: Depends | None
    """For every command that reads it, except those in `depends_by_command`."""

    depends_by_command: dict[str, Depends | None]
    required: frozenset[str]
    """The commands that refuse to run without it, if its dependency is met."""

    deprecated: tuple[str, ...]
    """The old names that still work, without index: `db-path`."""

    secure: bool
    """A secret: refused on the command line."""

    internal: bool
    """Known to the program but not in its help."""

    negatable: bool
    """Whether the command line takes it with `no-` before its name."""

    @property
    def takes_several(self) -> bool:
        """Whether a repeated line adds a value instead of being refused."""
        return self.type in ("list", "hash")

    def default_for(self, command: str | None) -> str | None:
        """The default for a command, or for commands in general."""
        return self.defaults.get(command, self.default) if command else self.default

    def allowed_for(self, command: str | None) -> tuple[str, ...] | None:
        """The values a command takes; None where there is no such list."""
        return self.allowed_by_command.get(command, self.allowed) if command else self.allowed

    def depends_for(self, command: str | None) -> Depends | None:
        """What a command needs in order to read it."""
        return self.depends_by_command.get(command, self.depends) if command else self.depends


GROUPS = ("repo", "pg")


class Canonical(NamedTuple):
    """What a key in a file names."""

    name: str
    """The option, without index and by its present name."""

    number: int | None
    """The N of repoN- and pgN-; None for an option that has none."""

    is_deprecated: bool


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Path(__file__).with_name("pgbackrest_options.json").read_bytes())
    return data


@cache
def _definitions(version: str) -> dict[str, Definition]:
    return {
        name: _definition(name, variant)
        for name, variants in _data()["options"].items()
        for variant in variants
        if version in variant["versions"]
    }


def _definition(name: str, data: dict[str, Any]) -> Definition:
    return Definition(
        name=name,
        type=data["type"],
        section=data["section"],
        versions=tuple(data["versions"]),
        group=data.get("group"),
        commands=frozenset(data.get("commands", ())),
        default=data.get("default"),
        defaults=data.get("defaults", {}),
        default_by=data.get("default_by", {}),
        allowed=_tuple(data.get("allowed")),
        allowed_by_command={c: tuple(values) for c, values in data.get("allowed_by_command", {}).items()},
        minimum=data.get("minimum"),
        maximum=data.get("maximum"),
        range_by={value: (low, high) for value, (low, high) in data.get("range_by", {}).items()},
        depends=_depends(data.get("depends")),
        depends_by_command={c: _depends(d) for c, d in data.get("depends_by_command", {}).items()},
        required=frozenset(data.get("required", ())),
        deprecated=tuple(data.get("deprecated", ())),
        secure=data.get("secure", False),
        internal=data.get("internal", False),
        negatable=data.get("negatable", False),
    )


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _depends(data: list[Any] | None) -> Depends | None:
    return None if data is None else Depends(data[0], tuple(data[1]))


def definitions(version: str = CURRENT) -> Mapping[str, Definition]:
    """The options of a version by name, without indexes."""
    return _definitions(version)


def names(version: str = CURRENT) -> frozenset[str]:
    """Every option of a version, without indexes."""
    return frozenset(_definitions(version))


def commands(version: str = CURRENT) -> frozenset[str]:
    """Every command of a version, the internal ones included."""
    return frozenset(_data()["commands"][version])


def definition(name: str, version: str = "current") -> Definition | None:
    """The option of this name, without index; None where the version doesn't have it."""
    return _definitions(CURRENT if version == "current" else version).get(name)


_INDEXED = re.compile(r"([^-]*[^-0-9])([0-9]+)(-.*)", re.DOTALL)


def split_index(key: str) -> tuple[str, int | None]:
    """The key without the number before its first dash, and that number: `repo1-path` is (`repo-path`, 1)."""
    match = _INDEXED.fullmatch(key)
    return (match[1] + match[3], int(match[2])) if match else (key, None)


def canonical(key: str, version: str = "current") -> Canonical | None:
    """The option that a key in a file names, old names included; None where the version knows none or refuses the key."""
    version = CURRENT if version == "current" else version
    base, index = split_index(key)
    if index is not None and not 1 <= index <= MAX_INDEX:
        return None
    known = _definitions(version).get(base)
    old = _old_names(version).get(base)
    if known is not None and (index is None) == (known.group is None):
        return Canonical(base, index, is_deprecated=False)
    if old is None or (index is None and not old.unindexed) or (index is not None and not old.indexed):
        return None
    group = _definitions(version)[old.option].group
    return Canonical(old.option, (index or 1) if group else None, is_deprecated=True)


@dataclass(frozen=True, slots=True)
class OldName:
    """A deprecated name."""

    option: str
    """The option it means."""

    indexed: bool
    """Whether it may have an index: db2-path."""

    unindexed: bool
    """Whether it may lack one: db-path, which means index 1."""


@cache
def _old_names(version: str) -> dict[str, OldName]:
    return {
        old: OldName(name, indexed="N" in forms, unindexed="" in forms)
        for name, variants in _data()["options"].items()
        for variant in variants
        if version in variant["versions"]
        for old, forms in variant.get("deprecated", {}).items()
    }


def old_name(name: str, version: str = CURRENT) -> OldName | None:
    """What a deprecated name, without index, means; None where it isn't one."""
    return _old_names(version).get(name)
