"""PGS402 pgbackrest-invalid-value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.pgbackrest_keys import look_up
from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN = 3
_LOST = {
    "archive-push": "no WAL is archived",
    "backup": "no backup is made",
    "restore": "no restore starts",
    "expire": "nothing expires",
}


@rule(
    code="PGS402",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://pgbackrest.org/configuration.html",
)
def pgbackrest_invalid_value(config: PgbackrestConfig) -> Iterator[Draft]:
    """Every command that reads the value refuses to start; the others go on as if all were well."""
    if config.is_throwaway:
        return
    for tree, entry in config.lines:
        found = look_up(entry.key)
        if found is None or isinstance(found, str) or config.is_unfinished(entry) or entry.has_comment:
            continue
        reasons: dict[str, str] = {}
        for stanza, command in config.readers(entry, found.definition):
            option = config.effective(found.name, stanza, command)
            if option.entry is entry and option.invalid:
                reasons[command] = option.invalid
        if reasons:
            lost = [text for command, text in _LOST.items() if command in reasons] or ["error 032"]
            where = _listed(sorted(reasons))
            message = f"pgBackRest refuses {entry.key}={entry.value} where it is read ({where}): {_and(lost)}"
            yield Draft(
                tree.source,
                entry.value_span if entry.value else entry.span,
                message,
                next(iter(reasons.values())),
            )


def _listed(commands: list[str]) -> str:
    """The commands that matter most, and how many more there are."""
    first = [command for command in _LOST if command in commands]
    shown = [*first, *(command for command in commands if command not in first)]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more


def _and(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
