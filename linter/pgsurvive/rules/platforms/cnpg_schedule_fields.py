"""PGS812 cnpg-schedule-fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.kubernetes import CNPG, resources
from pgsurvive.estate.platform import PlatformFile
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_FIVE = 5
_MONTH = r"(?:0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_MONTHS = re.compile(rf"{_MONTH}(?:-{_MONTH})?(?:/\d+)?(?:,{_MONTH}(?:-{_MONTH})?(?:/\d+)?)*", re.IGNORECASE)
_ANY = re.compile(r"[*?]")


@rule(
    code="PGS812",
    severity=Severity.ERROR,
    applies_to=PlatformFile,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://cloudnative-pg.io/documentation/current/backup/",
)
def cnpg_schedule_fields(file: PlatformFile) -> Iterator[Draft]:
    """Five fields that look like a crontab's are read from the second on, and mean another schedule or none."""
    if file.is_throwaway or file.kind is not Kind.KUBERNETES or "ScheduledBackup" not in file.source.text:
        return
    for resource in resources(file.documents):
        schedule = resource.value("spec", "schedule")
        if resource.kind != "ScheduledBackup" or not resource.api.startswith(CNPG) or schedule is None:
            continue
        fields = schedule.value.split()
        if len(fields) != _FIVE or fields[0].startswith(("@", "TZ=", "CRON_TZ=")):
            continue
        yield file.finding(
            schedule.start,
            schedule.end,
            f"the first of these five fields is the second, not the minute: {_meaning(fields)}",
            help=f'put a second before them: "0 {schedule.value.strip()}"',
        )


def _meaning(fields: list[str]) -> str:
    """What the operator makes of five fields: second, minute, hour, day of the month, month."""
    second, minute, hour, day, month = fields
    if not _ANY.match(month):
        if not _MONTHS.fullmatch(month):
            return f"{month} is then a month, so the operator refuses the schedule and there are no scheduled backups"
        return f"{month} is then the month, and in all other months there is no scheduled backup"
    if not _ANY.match(day):
        return "the day of the week is not among them, and the hours and days are not those that you meant"
    if not _ANY.match(hour):
        return "it runs at another time than you meant, and on every day"
    if _ANY.match(minute):
        return (
            f"it runs every minute at second {second}, a base backup each"
            if second.isdecimal()
            else "it never stops running"
        )
    return f"it runs every hour, at minute {minute}, a base backup each: the bucket fills long before you expect it"
