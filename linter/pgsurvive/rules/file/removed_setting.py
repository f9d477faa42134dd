"""PGS004 removed-setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.postgresql import listed, majors_with
from pgsurvive.catalog.removed import REMOVED
from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(
    code="PGS004",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/release.html",
)
def removed_setting(config: PostgresConfig) -> Iterator[Draft]:
    """The setting existed once; the server refuses it now and doesn't start."""
    if config.kind is Kind.RECOVERY_CONF or config.is_for_older_major:
        return
    for tree, entry in config.lines:
        removed = REMOVED.get(entry.name)
        if removed is None:
            continue
        missing_in = config.majors - majors_with(entry.name)
        if not missing_in:
            continue
        yield Draft(
            tree.source,
            entry.name_span,
            f"{entry.name} is gone since PostgreSQL {removed.version}: the server does not start with it on "
            f"{listed(missing_in)}, and a reload changes nothing at all",
            f"use {removed.instead}" if removed.is_replaced else f"remove the line; {removed.instead}",
        )
