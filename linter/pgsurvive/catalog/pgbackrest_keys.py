"""What a key in pgbackrest.conf names: an option by its present or an old name, with its index, or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.catalog import pgbackrest
from pgsurvive.catalog.pgbackrest import CURRENT, MAX_INDEX

if TYPE_CHECKING:
    from pgsurvive.catalog.pgbackrest import Definition

MAX_KEY = 64
"""The most bytes a key may have."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a key names."""

    definition: Definition
    name: str
    """With its index."""

    negate: bool
    reset: bool
    is_old: bool
    """Whether it does so by a deprecated name."""


def indexed(known: Definition, index: int | None) -> str:
    """An option's name as a file writes it: repo-path and 2 make `repo2-path`."""
    if known.group is None or index is None:
        return known.name
    return f"{known.group}{index}{known.name.removeprefix(known.group)}"


_DIGITS = re.compile(r"([^-]*?)([0-9]*)-", re.DOTALL)


def look_up(key: str, version: str = CURRENT) -> Found | str | None:  # noqa: C901, PLR0912 - as above
    """The option that a key names, None where there is none; a text says why pgBackRest refuses the key altogether."""
    if len(key.encode(errors="surrogateescape")) > MAX_KEY:
        return f"option '{key}' exceeds maximum size of {MAX_KEY}"
    negate = key.startswith("no-")
    reset = not negate and key.startswith("reset-")
    bare = key.removeprefix("no-") if negate else key.removeprefix("reset-") if reset else key
    if bare.startswith("-"):
        return f"option '{key}' cannot begin with a dash"
    index: int | None = None
    match = _DIGITS.match(bare)
    if match and match[2]:
        if not match[1]:
            return f"option '{key}' cannot begin with a number"
        index = _c_unsigned(match[2])
        bare = match[1] + bare[match.end() - 1 :]
        if not 1 <= index <= MAX_INDEX:
            limits = "must be between 1 and" if version == CURRENT else "exceeds maximum of"
            return f"option '{key}' key {limits} {MAX_INDEX}"
    known = pgbackrest.definition(bare, version)
    old = pgbackrest.old_name(bare, version)
    is_old = known is None or (old is not None and index is None)
    if known is None:
        if old is None:
            return None
        if index is not None and not old.indexed:
            return f"deprecated option '{key}' cannot have an index"
        if index is None and not old.unindexed:
            return f"deprecated option '{key}' requires an index"
        known = pgbackrest.definitions(version)[old.option]
    if negate and not known.negatable:
        return f"option '{key}' cannot be negated"
    if reset and known.section == "command-line":
        return f"option '{key}' cannot be reset"
    if not is_old and index is not None and known.group is None:
        return f"option '{key}' cannot have an index"
    if not is_old and index is None and known.group is not None:
        return f"option '{key}' requires an index"
    return Found(known, indexed(known, index or 1), negate, reset, is_old)


def _c_unsigned(digits: str) -> int:
    """The number as the program counts it, which overflows."""
    return int(digits) % 2**32
