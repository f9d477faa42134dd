"""PGS002 unknown-setting."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from pgsurvive.catalog.postgresql import listed, majors_with, names
from pgsurvive.catalog.removed import REMOVED
from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator


_REFUSED = "the server does not start, and a reload changes nothing at all"


@rule(
    code="PGS002",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/runtime-config.html",
)
def unknown_setting(config: PostgresConfig) -> Iterator[Draft]:
    """The server knows no setting of this name and doesn't start."""
    if config.kind is Kind.RECOVERY_CONF or config.is_for_older_major:
        return
    for tree, entry in config.lines:
        if "." in entry.name or entry.name in REMOVED:
            continue
        known_in = majors_with(entry.name)
        missing_in = config.majors - known_in
        if not missing_in:
            continue
        where = f"in PostgreSQL {listed(missing_in)}"
        if known_in:
            message = f"{entry.name} does not exist {where}: {_REFUSED}"
            help_ = f"remove it, or keep it to PostgreSQL {listed(known_in)}"
            # Without a major given, a setting that a newer one brought says for which server the file is meant.
            if len(config.majors) > 1:
                continue
        else:
            message = f"no PostgreSQL {listed(config.majors)} has a setting {entry.name}: {_REFUSED}"
            near = get_close_matches(entry.name, names(), n=1)
            help_ = (
                f"did you mean {near[0]}?"
                if near
                else "remove the line; a setting of an extension needs its prefix"
            )
        yield Draft(tree.source, entry.name_span, message, help_)
