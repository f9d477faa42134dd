"""The settings of PostgreSQL 14 to 18, as `pg_settings` of fresh clusters shows them.

The data file is written by `tools/catalog_postgresql.py`. `postgres --describe-config` is not its source: it prints wrong
defaults (fsync FALSE) and leaves settings out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

MAJORS = (14, 15, 16, 17, 18)
"""The majors that pgsurvive knows, oldest first."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One setting as one or several majors define it."""

    name: str
    """As the manual spells it; the server compares names without regard to case."""

    majors: frozenset[int]
    """The majors this definition holds for."""

    type: str
    """`bool`, `enum`, `integer`, `real` or `string`, as in `pg_settings.vartype`."""

    context: str
    """When it can change, as in `pg_settings.context`; `internal` settings can't be set in a file."""

    default: str | None
    """The built-in value in the base unit (`pg_settings.boot_val`)."""

    unit: str | None
    """The base unit: `B`, `kB`, `8kB`, `MB`, `ms`, `s` or `min`."""

    minimum: str | None
    maximum: str | None

    values: dict[str, str]
    """For an enum: every spelling the server accepts, in lower case, and the value it means."""

    unlisted: bool
    """Known to the server but not in pg_settings, such as the old name `sort_mem`: nothing is known of its values."""


@cache
def _settings() -> dict[str, tuple[Definition, ...]]:
    data: dict[str, list[dict[str, Any]]] = json.loads(
        Path(__file__).with_name("postgresql_settings.json").read_bytes()
    )
    return {
        name.lower(): tuple(
            Definition(
                name=name,
                majors=frozenset(variant["majors"]),
                type=variant["type"],
                context=variant["context"],
                default=variant.get("default"),
                unit=variant.get("unit"),
                minimum=variant.get("minimum"),
                maximum=variant.get("maximum"),
                values={spelling.lower(): value for spelling, value in variant.get("values", {}).items()},
                unlisted=variant.get("unlisted", False),
            )
            for variant in variants
        )
        for name, variants in data.items()
    }


def definition(name: str, major: int) -> Definition | None:
    """The setting as this major defines it; None where it doesn't exist there. Case doesn't matter."""
    return next((d for d in _settings().get(name.lower(), ()) if major in d.majors), None)


def majors_with(name: str) -> frozenset[int]:
    """The majors in which a setting exists; empty for an unknown name."""
    return frozenset().union(*(d.majors for d in _settings().get(name.lower(), ())))


def names() -> frozenset[str]:
    """Every setting of any major, in lower case."""
    return frozenset(_settings())


def listed(majors: frozenset[int]) -> str:
    """Majors as a message names them: `16`, `16 and 17`, `14 to 17`, `14, 16 and 18`."""
    ordered = sorted(majors)
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:  # noqa: PLR2004 - two are joined by "and"
        return f"{ordered[0]} to {ordered[-1]}"
    return " and ".join(filter(None, (", ".join(map(str, ordered[:-1])), str(ordered[-1]))))
