"""What an option's text means to pgBackRest: y and n, numbers, sizes and times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pgsurvive.catalog.pgbackrest import Definition

Value: TypeAlias = bool | int | float | str

_INT64 = 2**63 - 1
_DIGITS = len(str(_INT64))
_INTEGER = re.compile(r"[-+]?[0-9]+")
_SIZE = re.compile(r"[0-9]+(?:kib|kb|k|mib|mb|m|gib|gb|g|tib|tb|t|pib|pb|p|b)*")
_TIME = re.compile(r"([-+]?[0-9]+)(ms|s|m|h|d|w)?")
_SECONDS = re.compile(
    r"[ \t\n\v\f\r]*([-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|inf(?:inity)?|nan))",
    re.IGNORECASE,
)
"""What 2.45 takes for a time: whatever begins with a number, which is of seconds. There, 15m are 15 seconds."""

_BYTES = {"b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}

NUMBERS = {
    "integer": "an integer",
    "size": "a size such as 16MiB",
    "time": "a time such as 90, 500ms, 15m or 2h",
    "seconds": "a number of seconds",
}
"""The types that are numbers, and how to write one."""

_INVALID = "'{text}' is not valid for '{name}' option"
_OUT_OF_RANGE = "'{text}' is out of range for '{name}' option"
_NOT_ALLOWED = "'{text}' is not allowed for '{name}' option"
_RELATIVE = "'{text}' must begin with / for '{name}' option"
_DOUBLE_SLASH = "'{text}' cannot contain // for '{name}' option"


@dataclass(frozen=True, slots=True)
class Invalid:
    """A text that pgBackRest refuses for an option."""

    reason: str
    """What the option takes instead."""

    said: str
    """What the program says, with {text} and {name}."""


def interpret(
    definition: Definition, text: str, command: str | None = None, matched: str = ""
) -> Value | Invalid:
    """The value a text gives this option: sizes in bytes, times in seconds, paths without a slash at the end.

    `matched` is the value of what the option depends on, where the range follows from it.
    """
    if definition.type == "boolean":
        said = "boolean option '{name}' must be 'y' or 'n'"
        return {"y": True, "n": False}.get(text, Invalid("it takes y or n", said))
    if definition.type in NUMBERS:
        return _number(definition, text, command, matched)
    if definition.type == "path":
        if not text.startswith("/"):
            return Invalid("it takes an absolute path", _RELATIVE)
        if "//" in text:
            return Invalid("it takes no path with //", _DOUBLE_SLASH)
        return text[:-1] if text.endswith("/") and text != "/" else text
    allowed = definition.allowed_for(command)
    if allowed is not None and text not in allowed:
        return Invalid(f"it takes {_any_of(allowed)}", _NOT_ALLOWED)
    return text


def _number(definition: Definition, text: str, command: str | None, matched: str) -> Value | Invalid:
    kind = definition.type
    value = number(kind, text)
    low, high = definition.range_by.get(matched, (definition.minimum, definition.maximum))
    allowed = definition.allowed_for(command)
    if value is None:
        limits = f" from {low} to {high}" if low is not None else ""
        takes = _any_of(allowed) if allowed else NUMBERS[kind] + limits
        return Invalid(f"it takes {takes}", _INVALID)
    least = None if low is None else number(kind, low)
    most = None if high is None else number(kind, high)
    if (least is not None and value < least) or (most is not None and value > most):
        return Invalid(f"it takes {low} to {high}", _OUT_OF_RANGE)
    if allowed is not None and value not in [number(kind, each) for each in allowed]:
        return Invalid(f"it takes {_any_of(allowed)}", _NOT_ALLOWED)
    if kind in ("time", "seconds"):
        return value // 1000 if value % 1000 == 0 else value / 1000
    return value


def _any_of(choices: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))


def number(kind: str, text: str) -> int | None:
    """An integer, a size in bytes, or a time in milliseconds, as the program counts; None where the text is none."""
    match kind:
        case "size":
            return _size(text)
        case "time":
            match = _TIME.fullmatch(text.lower()) if text.isascii() else None
            return _scaled(match[1], _MILLISECONDS[match[2] or "s"]) if match else None
        case "seconds":
            match = _SECONDS.match(text)
            return _milliseconds(match[1]) if match else None
        case _:
            return _scaled(text, 1) if _INTEGER.fullmatch(text) else None


def _size(text: str) -> int | None:
    """A size. The program's pattern lets several units through; it then looks at one letter and wants digits before it."""
    lower = text.lower()
    if not text.isascii() or not _SIZE.fullmatch(lower):
        return None
    if lower[-1].isdigit():
        return _scaled(lower, 1)
    unit = -1
    if lower[-1] == "b" and not lower[-2].isdigit():
        unit = -3 if lower[-2] == "i" else -2
    return _scaled(lower[:unit], _BYTES[lower[unit]]) if lower[:unit].isdigit() else None


def _milliseconds(text: str) -> int:
    """A number of seconds in milliseconds; what an integer can't hold comes out as the smallest one."""
    value = float(text) * 1000
    return int(value) if -_INT64 <= value <= _INT64 else -_INT64 - 1


def _scaled(digits: str, scale: int) -> int | None:
    if len(digits.lstrip("+-0")) > _DIGITS:
        return None
    value = int(digits)
    return value * scale if -_INT64 - 1 <= value <= _INT64 // scale else None
