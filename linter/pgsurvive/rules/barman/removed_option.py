"""PGS511 removed-option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.barman import REPLACED
from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.findings import Draft, Edit, Fix, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.barman import Given

_COPIES_FILES = frozenset({"rsync", "local-rsync"})
"""The methods that ask the database to begin an exclusive backup; the others overrule the option."""


@rule(
    code="PGS511",
    severity=Severity.WARNING,
    applies_to=BarmanConfig,
    costs=Loss.RESTORE,
    source="https://docs.pgbarman.org/release/latest/user_guide/configuration.html",
)
def removed_option(config: BarmanConfig) -> Iterator[Draft]:
    """Newer versions of PostgreSQL have no exclusive backups, and newer ones of Barman will ignore the option."""
    if config.is_template or config.is_throwaway:
        return
    seen: set[int] = set()
    for server in config.servers:
        options = server.effective("backup_options")
        if not options.is_set or "exclusive_backup" not in (options.text or "").lower():
            continue
        if server.effective("backup_method").value in _COPIES_FILES and id(options.entry) not in seen:
            seen.add(id(options.entry))
            yield options.finding(
                "PostgreSQL 15 and later have no exclusive backups: each backup fails before it has begun",
                help="remove it, or set backup_options = concurrent_backup, which every supported version has",
            )
    for section, given in config.own_lines():
        new = REPLACED.get(given.entry.name)
        if new is not None:
            name = given.entry.name
            yield Draft(
                given.source,
                given.entry.name_span,
                f"{name} is deprecated: a later Barman will ignore the line, and say so in nothing but its log",
                f"use {new}",
                fix=_renamed(given, new, config.given[section]),
            )


def _renamed(given: Given, new: str, others: dict[str, Given]) -> Fix | None:
    if not new.startswith("gcp_") or new in others:
        return None
    return Fix(f"rename it to {new}", (Edit(given.entry.name_span, new),))
