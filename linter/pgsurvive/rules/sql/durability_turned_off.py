"""PGS702 durability-turned-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.postgresql import MAJORS, definition
from pgsurvive.catalog.values import interpret
from pgsurvive.estate.sql import SqlScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_COSTS = {
    "fsync": "a crash of the machine loses commits and can damage the whole cluster",
    "full_page_writes": "a crash of the machine can leave pages that are half old, half new",
    "archive_mode": "WAL is no longer archived, and everything since the last backup is lost with the disk",
}


@rule(
    code="PGS702",
    severity=Severity.ERROR,
    applies_to=SqlScript,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/sql-altersystem.html",
)
def durability_turned_off(script: SqlScript) -> Iterator[Draft]:
    """ALTER SYSTEM turns off what protects commits, and postgresql.auto.conf then beats every other file."""
    if script.is_throwaway or not script.mentions("system"):
        return
    settings = script.system_settings
    for number, setting in enumerate(settings):
        cost = _COSTS.get(setting.name)
        if cost is None or setting.value is None or not _is_off(setting.name, setting.value):
            continue
        if any(later.name in (setting.name, "all") for later in settings[number + 1 :]):
            continue
        yield script.finding(
            setting.start,
            setting.end,
            f"{setting.name} is turned off for good: {cost}; what postgresql.conf says no longer counts",
            help=f"ALTER SYSTEM RESET {setting.name}; for a fast import use synchronous_commit = off in its session",
        )


def _is_off(name: str, value: str) -> bool:
    known = definition(name, MAJORS[-1])
    return known is not None and interpret(known, value) in (False, "off")
