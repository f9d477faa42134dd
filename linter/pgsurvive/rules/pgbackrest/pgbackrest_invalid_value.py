"""PGS402 pgbackrest-invalid-value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.estate.pgbackrest_reading import look_up
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

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
            lost = [text for command, text in _LOST.items() if command in reasons]
            message = (
                f"pgBackRest refuses {entry.key}={entry.value}, though only where it is read: "
                f"{_listed(sorted(reasons))} stop with error 032"
            )
            yield Draft(
                tree.source,
                entry.value_span if entry.value else entry.span,
                f"{message}; {_and(lost)}" if lost else message,
                next(iter(reasons.values())),
            )


def _listed(commands: list[str]) -> str:
    shown: list[str] = [c for c in ("archive-push", "backup", "restore") if c in commands]
    shown += [c for c in commands if c not in shown]
    more = len(shown) - 4
    return ", ".join(shown[:4]) + (f" and {more} more" if more > 0 else "")


def _and(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
