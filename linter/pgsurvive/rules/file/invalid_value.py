"""PGS003 invalid-value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.catalog.postgresql import definition, listed
from pgsurvive.catalog.values import Invalid, interpret
from pgsurvive.estate.postgres import PostgresConfig, looks_templated
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.syntax.postgresql_conf import Entry


_SHOWN = 40


_KEPT_FOR_OLD_FILES = {
    "default_with_oids": (
        re.compile(r"0|f(?:a(?:l(?:se?)?)?)?|no?|off?", re.IGNORECASE),
        "it takes off alone, since 12",
    ),
    "ssl_renegotiation_limit": (re.compile(r"[-+]?0+"), "it takes 0 alone, since 9.5"),
}
"""What the server still knows but lets nobody use."""


def _reason(entry: Entry, major: int) -> str | None:
    known = definition(entry.name, major)
    if known is None:
        return None
    if known.unlisted:
        pattern, reason = _KEPT_FOR_OLD_FILES.get(entry.name, (None, None))
        return reason if pattern and not pattern.fullmatch(entry.value) else None
    if known.context == "internal":
        return "it can't be set in a file: initdb or the build decides it"
    meaning = interpret(known, entry.value)
    return meaning.reason if isinstance(meaning, Invalid) else None


def _shown(entry: Entry) -> str:
    return f"'{entry.value[:_SHOWN]}…'" if len(entry.value) > _SHOWN else f"'{entry.value}'"


@rule(
    code="PGS003",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/config-setting.html",
)
def invalid_value(config: PostgresConfig) -> Iterator[Draft]:
    """The server refuses the value: it doesn't start, and at a reload the setting stays as it was."""
    if config.is_for_older_major:
        return
    for tree, entry in config.lines:
        # Only the last line that sets something is looked at.
        if not config.is_looked_at(entry) or looks_templated(entry.value):
            continue
        reasons = {major: _reason(entry, major) for major in config.majors}
        refused = frozenset(major for major, reason in reasons.items() if reason)
        if not refused:
            continue
        reason = reasons[max(refused)]
        where = "" if refused == config.majors else f" in PostgreSQL {listed(refused)}"
        yield Draft(
            tree.source,
            entry.value_span,
            f"{entry.name} does not take {_shown(entry)}{where}: "
            "the server does not start with it, and a reload keeps the old value",
            str(reason),
        )
