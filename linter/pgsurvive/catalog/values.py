"""What a setting's text means to the server: booleans, enums, numbers and units, as guc.c reads them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pgsurvive.catalog.postgresql import Definition

Value: TypeAlias = bool | int | float | str

_WORDS = (("true", True), ("false", False), ("yes", True), ("no", False))
_BOOLEANS = {"on": True, "off": False, "of": False, "1": True, "0": False}
_BOOLEANS |= {word[:n]: meaning for word, meaning in _WORDS for n in range(1, len(word) + 1)}

_SPACE = " \t\n\v\f\r"
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_REAL = re.compile(
    r"[-+]?(?:0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[-+]?[0-9]+)?"
    r"|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?"
    r"|inf(?:inity)?|nan)",
    re.IGNORECASE,
)
"""What C's strtod takes, hexadecimal and infinity included."""

_INT_MAX = 2**31 - 1

# Multiples of a byte and of a millisecond, largest first.
_BYTES = {"TB": 2**40, "GB": 2**30, "MB": 2**20, "kB": 2**10, "B": 1}
_MILLISECONDS = {"d": 86_400_000, "h": 3_600_000, "min": 60_000, "s": 1000, "ms": 1, "us": 0.001}


@dataclass(frozen=True, slots=True)
class Invalid:
    """A text that the server refuses for this setting."""

    reason: str
    """What the setting takes instead."""


def interpret(definition: Definition, text: str) -> Value | Invalid:
    """The value a text gives this setting: numbers in the setting's base unit, enums in their canonical spelling."""
    match definition.type:
        case "bool":
            meaning = _BOOLEANS.get(text.lower())
            return Invalid("it takes on or off") if meaning is None else meaning
        case "enum":
            value = definition.values.get(text.lower())
            if value is None:
                choices = {choice or "''" for choice in definition.values.values()}
                return Invalid(f"it takes {_any_of(sorted(choices))}")
            return value
        case "integer" | "real":
            number = _number(definition, text)
            return number if isinstance(number, Invalid) else _in_range(definition, number)
        case _:
            return text


def _number(definition: Definition, text: str) -> float | Invalid:
    stripped = text.lstrip(_SPACE)
    whole = definition.type == "integer"
    match = _INTEGER.match(stripped) if whole else _REAL.match(stripped)
    if whole and (match is None or stripped[match.end() : match.end() + 1] in (".", "e", "E")):
        match = _REAL.match(stripped) or match
    if match is None:
        return Invalid(f"it takes {'an integer' if whole else 'a number'}")
    number = _literal(match.group())
    if number is None:
        return Invalid("the number is out of range")
    unit = stripped[match.end() :].strip(_SPACE)
    if unit:
        scale = _scale(definition.unit, unit)
        if scale is None:
            return Invalid(_units_accepted(definition.unit))
        number *= scale[0]
        if scale[1] and math.isfinite(number):
            # A fraction of a unit is rounded to the next smaller one: 30.1GB is a whole number of MB.
            number = round(number / scale[1]) * scale[1]
    if not whole:
        return number
    if not math.isfinite(number) or not -_INT_MAX - 1 <= round(number) <= _INT_MAX:
        return Invalid("the number is out of range")
    return round(number)


def _literal(text: str) -> float | None:
    """The number; None for one that is not a number or too large, which C's strtod reports as an error."""
    digits = text.lstrip("+-").lower()
    sign = -1 if text.startswith("-") else 1
    if digits.startswith("inf"):
        return sign * math.inf
    if re.fullmatch("0x[0-9a-f]+|0[0-7]*", digits):
        return float(sign * int(digits, 16 if "x" in digits else 8))
    try:
        number = float.fromhex(digits) if digits.startswith("0x") else float(digits)
    except OverflowError:
        return None
    return sign * number if math.isfinite(number) else None


def _table(base: str | None) -> tuple[dict[str, float], float] | None:
    """The family of units a base unit belongs to, and the base in the family's smallest terms."""
    if base is None:
        return None
    match = re.fullmatch(r"([0-9]*)([A-Za-z]+)", base)
    if match is None:
        return None
    count, unit = int(match.group(1) or 1), match.group(2)
    if unit in _BYTES:
        return dict(_BYTES), count * _BYTES[unit]
    return dict(_MILLISECONDS), count * _MILLISECONDS[unit]


def _scale(base: str | None, unit: str) -> tuple[float, float] | None:
    """How many base units one `unit` is, and the next smaller unit in base units (0 for none)."""
    table = _table(base)
    if table is None or unit not in table[0]:
        return None
    units, size = table
    order = list(units)
    smaller = order[order.index(unit) + 1 :]
    return units[unit] / size, units[smaller[0]] / size if smaller else 0


def _units_accepted(base: str | None) -> str:
    table = _table(base)
    if table is None:
        return "it takes no unit"
    return f"its units are {_any_of(list(table[0]))}, in exactly this case"


def _in_range(definition: Definition, number: float) -> Value | Invalid:
    low, high = definition.minimum, definition.maximum
    if low is not None and high is not None and not float(low) <= number <= float(high):
        unit = f" {definition.unit}" if definition.unit else ""
        return Invalid(f"it must lie between {low} and {high}{unit}")
    return number


def _any_of(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
