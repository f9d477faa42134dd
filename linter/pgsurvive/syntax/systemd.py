"""A unit file of systemd: its settings with their places (systemd.syntax(7))."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SECTION = re.compile(r"[ \t]*\[(?P<name>[^\]\n]+)\][ \t]*$")
_SETTING = re.compile(r"[ \t]*(?P<name>[A-Za-z][\w-]*)[ \t]*=[ \t]*(?P<value>.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Setting:
    """One assignment; `start` and `end` are the value's place in the whole text, continued lines included."""

    section: str
    name: str
    value: str
    """As it is written, with the backslashes that continue it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's settings in order, and where its sections begin."""

    settings: tuple[Setting, ...]
    sections: tuple[tuple[str, int, int], ...]
    """Name, and where the header stands."""

    def get(self, section: str, name: str) -> tuple[Setting, ...]:
        """All that is assigned under this name; an empty assignment takes back those before it."""
        found: list[Setting] = []
        for setting in self.settings:
            if (setting.section, setting.name) == (section, name):
                found = [*found, setting] if setting.value.strip() else []
        return tuple(found)

    def section(self, name: str) -> tuple[int, int] | None:
        """Where a section's header stands, None where there is no such section."""
        return next(((start, end) for section, start, end in self.sections if section == name), None)


def parse(text: str) -> Unit:
    """Reads a unit file; what is no line of one is left out, never an error."""
    settings: list[Setting] = []
    sections: list[tuple[str, int, int]] = []
    section = ""
    start = 0
    for line in _logical_lines(text):
        header = _SECTION.match(line)
        setting = _SETTING.match(line)
        if header is not None:
            section = header["name"]
            sections.append((section, start, start + len(line.rstrip())))
        elif setting is not None and not line.lstrip().startswith(("#", ";")):
            value = setting["value"].rstrip()
            begin = start + setting.start("value")
            settings.append(Setting(section, setting["name"], value, begin, begin + len(value)))
        start += len(line) + 1
    return Unit(tuple(settings), tuple(sections))


def _logical_lines(text: str) -> list[str]:
    """The lines, those that end in a backslash joined with the next; comments in between don't end them."""
    lines: list[str] = []
    continued = False
    for line in text.split("\n"):
        if continued:
            lines[-1] += "\n" + line
            continued = line.rstrip("\r").endswith("\\") or line.lstrip().startswith(("#", ";"))
        else:
            lines.append(line)
            continued = line.rstrip("\r").endswith("\\") and not line.lstrip().startswith(("#", ";"))
    return lines
