"""What an option's text means to pgBackRest: y and n, numbers, sizes and times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pgsurvive.catalog.pgbackrest import Definition

Value: TypeAlias = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Invalid:
    """A text that pgBackRest refuses for an option."""

    reason: str
    """What the option takes instead."""


_INTEGER = re.compile(r"[ \t\n\v\f\r]*[-+]?[0-9]+")


def interpret(definition: Definition, text: str, command: str | None = None) -> Value | Invalid:  # noqa: ARG001
    """The value a text gives this option: sizes in bytes, times in seconds."""
    if definition.type == "boolean":
        return {"y": True, "n": False}.get(text, Invalid("it takes y or n"))
    if definition.type == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    return text
