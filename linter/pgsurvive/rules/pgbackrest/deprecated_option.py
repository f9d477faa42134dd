"""PGS408 deprecated-option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.pgbackrest_keys import look_up
from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Draft, Edit, Fix, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(
    code="PGS408",
    severity=Severity.WARNING,
    applies_to=PgbackrestConfig,
    costs=Loss.RESTORE,
    source="https://pgbackrest.org/configuration.html",
)
def deprecated_option(config: PgbackrestConfig) -> Iterator[Draft]:
    """The option goes by its old name, which an upgrade may remove."""
    if config.is_throwaway:
        return
    keys = {(entry.section, entry.key) for _, entry in config.lines}
    for tree, entry in config.lines:
        found = look_up(entry.key)
        if found is None or isinstance(found, str) or found.negate or found.reset or found.name == entry.key:
            continue
        if not config.is_reachable(entry.section) or (entry.section, found.name) in keys:
            continue
        if not found.is_old:
            continue
        yield Draft(
            tree.source,
            entry.key_span,
            f"{entry.key} is the old name of {found.name}: the day an upgrade removes it, the line sets nothing",
            f"write {found.name}",
            fix=Fix(f"rename {entry.key} to {found.name}", (Edit(entry.key_span, found.name),)),
        )
