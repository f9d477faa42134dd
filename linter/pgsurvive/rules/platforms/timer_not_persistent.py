"""PGS803 timer-not-persistent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.platform import PlatformFile, makes_backup
from pgsurvive.findings import Edit, Fix, Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_TRUE = frozenset({"1", "yes", "y", "true", "t", "on"})


@rule(
    code="PGS803",
    severity=Severity.WARNING,
    applies_to=PlatformFile,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://www.freedesktop.org/software/systemd/man/latest/systemd.timer.html",
)
def timer_not_persistent(file: PlatformFile) -> Iterator[Draft]:
    """A backup that falls into a time when the machine is off isn't made up for."""
    unit = file.unit
    if (
        file.is_throwaway
        or unit is None
        or file.kind is not Kind.SYSTEMD
        or not file.source.path.endswith(".timer")
    ):
        return
    calendar = unit.get("Timer", "OnCalendar")
    persistent = unit.get("Timer", "Persistent")
    name = file.source.path.rpartition("/")[2]
    told = " ".join(
        setting.value for setting in (*unit.get("Timer", "Unit"), *unit.get("Unit", "Description"))
    )
    if not calendar or not makes_backup(f"{name} {told}"):
        return
    if persistent and persistent[-1].value.lower() in _TRUE:
        return
    last = calendar[-1]
    if persistent:
        span = file.source.span(persistent[-1].start, persistent[-1].end)
        edit = Edit(span, "true")
    else:
        edit = Edit(file.source.span(last.end, last.end), "\nPersistent=true")
    yield file.finding(
        last.start,
        last.end,
        "a machine that is off or rebooting at this time makes no backup, and systemd doesn't make up for it",
        help="Persistent=true starts a missed backup at the next boot",
        fix=Fix("set Persistent=true", (edit,)),
    )
