"""How finely the name of a file tells one run from another."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgsurvive.estate.script import ShellScript


class Unit(IntEnum):
    """The shortest time that changes a name."""

    DAY = 1
    HOUR = 2
    MINUTE = 3


_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_DATE = re.compile(r"\$\(\s*(?:/\w+)*/?date\b(?P<a>[^()]*)\)|`\s*(?:/\w+)*/?date\b(?P<b>[^`]*)`")
_CODE = re.compile(r"\\?%[-_0^#+]*([A-Za-z])")
_DAY_CODES = frozenset("YyCGgmbBhdejFDxaAuwUVW")
_HOUR_CODES = frozenset("HIklPp")
_ISO_DAY = re.compile(r"\s-I(?:date)?(?![A-Za-z])|\s--iso-8601(?:=date)?(?![\w=])")
_OTHER_CODE = re.compile(r"\$\(|`|\$\$|\$RANDOM|\$[0-9@*#]|\$\{[^}\w]|\$\{\w+[^\w}]")
_TELLS_RUNS_APART = re.compile(
    r"time|stamp|now|date|id\b|_id|seq|run|num|count|suffix|hour|day", re.IGNORECASE
)


def unit_of(script: ShellScript, path: str) -> Unit | None:
    """The unit of the date in a path, variables of the script included; None where it has no date, or isn't known."""
    text, pending = path, path
    for _ in range(4):
        names = _VARIABLE.findall(_DATE.sub("", pending))
        values = [value for name in names for value in _values(script, name)]
        if any(not _values(script, name) and _TELLS_RUNS_APART.search(name) for name in names):
            return None
        pending = " ".join(values)
        text = f"{text} {pending}"
    if _OTHER_CODE.search(_DATE.sub("", text)):
        return None
    units = [_unit(match["a"] or match["b"] or "") for match in _DATE.finditer(text)]
    return max(units, default=None)


def _values(script: ShellScript, name: str) -> list[str]:
    """What the script assigns to a variable, as it is written."""
    found = []
    for step in script.steps:
        for word in (*step.written.assignments, *step.written.arguments):
            variable, equals, value = word.text.partition("=")
            if equals and variable == name:
                found.append(value)
    return found


def _unit(arguments: str) -> Unit:
    codes = set(_CODE.findall(arguments))
    if not codes:
        return Unit.DAY if _ISO_DAY.search(arguments) else Unit.MINUTE
    if codes <= _DAY_CODES:
        return Unit.DAY
    return Unit.HOUR if codes <= _DAY_CODES | _HOUR_CODES else Unit.MINUTE
