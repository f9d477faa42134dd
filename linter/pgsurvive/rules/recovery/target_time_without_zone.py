"""PGS307 target-time-without-zone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.postgres import Setting
    from pgsurvive.findings import Draft

_OFFSET = re.compile(r"(?::\d\d|[ T]\d{4}|[ T]\d{6}|[AP]M)(?:\.\d*)?\s*[+-]\d", re.IGNORECASE)
"""A sign behind a time of day; behind a date it is the date's own."""

_WORD = re.compile(r"[^\W\d_]+")
_PARTS_OF_A_TIME = re.compile(
    r"(?:T|AM|PM|AD|BC|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEPT?|OCT|NOV|DEC|MON|TUES?|WED|THUR?S?|FRI|SAT|SUN"
    r"|JANUARY|FEBRUARY|MARCH|APRIL|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER"
    r"|(?:MON|TUES|WEDNES|THURS|FRI|SATUR|SUN)DAY)$",
    re.IGNORECASE,
)
_UNIVERSAL = frozenset({"utc", "gmt", "uct", "zulu", "universal", "greenwich"})


@rule(
    code="PGS307",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RECOVERY-TARGET-TIME",
)
def target_time_without_zone(config: PostgresConfig) -> Iterator[Draft]:
    """The target time names no zone that the server understands, so the restore stops at another moment or not at all."""
    setting = config.effective("recovery_target_time")
    if not isinstance(setting.value, str):
        return
    words = [word for word in _WORD.findall(setting.value) if not _PARTS_OF_A_TIME.match(word)]
    if [word.upper() for word in words] == ["Z"]:
        if not config.effective("timezone_abbreviations").is_set:
            yield setting.finding(
                "the server does not start with a recovery_target_time that ends in Z: while it reads its configuration it "
                "knows no zone abbreviations",
                help="write +00 instead of Z",
            )
    elif not words and any(map(str.isdigit, setting.value)) and not _OFFSET.search(setting.value):
        zone = _zone(config)
        if zone is not None:
            yield setting.finding(
                f"recovery_target_time has no zone and is read in {zone}: where that is not the zone of the clock you took "
                "it from, the restore stops hours too early or replays the mistake that it should undo",
                help="add the offset of the clock that you took the time from, such as +00 for UTC",
            )


def _zone(config: PostgresConfig) -> str | None:
    """The zone that the time is read in, in words; None where the files settle it and the log agrees."""
    zone, log = config.effective("timezone"), config.effective("log_timezone")
    if not zone.is_set or not isinstance(zone.value, str):
        return "whatever timezone the restored server has"
    if log.is_set and isinstance(log.value, str) and _normal(zone) != _normal(log):
        return f"{zone.value} (timezone), while the log tells its times in {log.value} (log_timezone)"
    return None


def _normal(zone: Setting) -> str:
    """The zone's name in a form that can be compared: UTC goes by many."""
    name = str(zone.value).lower().removeprefix("etc/")
    return "utc" if name in _UNIVERSAL else name
