"""A crontab, read as cron reads it (crontab(5) of Debian's cron and of cronie).

The first percent sign without a backslash ends the command: what follows is its standard input, each further one a line end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SETTING = re.compile(r"""[ \t]*(?P<name>"[^"]*"|'[^']*'|[A-Za-z_]\w*)[ \t]*=[ \t]*(?P<value>[^\n]*)""")
_FIELD = r"(?:[\d*][\d*,/~-]*|[A-Za-z]{3}(?:[,-][A-Za-z]{3})*)"
_NICKNAME = "@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)"
_ENTRY = re.compile(
    rf"[ \t]*-?(?P<schedule>{_NICKNAME}|{_FIELD}(?:[ \t]+{_FIELD}){{4}})"
    r"[ \t]+(?P<rest>[^\n]+)"
)
_USER = re.compile(r"(?P<user>[a-z_][\w-]*|\{\{[^}]*\}\}|\$\w+)[ \t]+(?=\S)")
_PERCENT = re.compile(r"(?<!\\)%")


@dataclass(frozen=True, slots=True)
class Job:
    """One line that runs something; offsets are those of the whole text."""

    schedule: str
    user: str | None
    """The account of a system crontab's line."""

    start: int
    """Where the command begins."""

    end: int
    """Where it ends: at the first percent sign, else with the line."""

    line_end: int
    percent: int | None
    """Where the percent sign stands that ends it."""


@dataclass(frozen=True, slots=True)
class Crontab:
    """The jobs and the settings, in order."""

    jobs: tuple[Job, ...]
    settings: tuple[tuple[str, str, int], ...]
    """Name, value without its quotes, and where the line begins."""


def parse(text: str, *, has_users: bool) -> Crontab:
    """Reads a crontab; what is no line of one is left out, never an error. `has_users` as in /etc/crontab and cron.d."""
    jobs: list[Job] = []
    settings: list[tuple[str, str, int]] = []
    start = 0
    for line in text.split("\n"):
        content = line.removesuffix("\r")
        entry = _ENTRY.match(content)
        setting = None if entry else _SETTING.match(content)
        if setting is not None:
            settings.append((setting["name"].strip("\"'"), setting["value"].strip().strip("\"'"), start))
        elif entry is not None:
            jobs.append(_job(content, entry, start, has_users=has_users))
        start += len(line) + 1
    return Crontab(tuple(jobs), tuple(settings))


def _job(line: str, entry: re.Match[str], offset: int, *, has_users: bool) -> Job:
    begin = entry.start("rest")
    user = _USER.match(line, begin) if has_users else None
    if user is not None:
        begin = user.end()
    percent = _PERCENT.search(line, begin)
    end = percent.start() if percent else len(line)
    return Job(
        entry["schedule"],
        user["user"] if user else None,
        offset + begin,
        offset + end,
        offset + len(line),
        offset + percent.start() if percent else None,
    )
