"""PGS401 pgbackrest-unknown-option."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from pgsurvive.catalog.pgbackrest import CURRENT, VERSIONS, definitions, names, split_index
from pgsurvive.catalog.pgbackrest_keys import indexed, look_up
from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEANT = {"compress-threads": "process-max", "thread-max": "process-max", "threads": "process-max"}
"""What people mean by names that never were, or no longer are, and resemble nothing."""


@rule(
    code="PGS401",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.RESTORE,
    source="https://pgbackrest.org/configuration.html",
)
def pgbackrest_unknown_option(config: PgbackrestConfig) -> Iterator[Draft]:
    """No pgBackRest option has this name, so what the line should set is not set."""
    if config.is_throwaway:
        return
    for tree, entry in config.lines:
        if config.is_unfinished(entry) or not config.is_reachable(entry.section):
            continue
        found = look_up(entry.key)
        if isinstance(found, str):
            yield Draft(
                tree.source,
                entry.key_span,
                f"every command that looks into [{entry.section}] stops with error 031: {found}",
                _way_out(entry.key),
            )
        elif found is None:
            yield Draft(tree.source, entry.key_span, *_unknown(entry.key))
        elif found.negate or found.reset:
            prefix = "no-" if found.negate else "reset-"
            yield Draft(
                tree.source,
                entry.key_span,
                f"{prefix} is for the command line: the line is passed over with a warning, and {found.name} stays as it is",
                f"write {found.name}=n" if found.negate else "remove the line: a file has nothing to reset",
            )


def _unknown(key: str) -> tuple[str, str]:
    base, _ = split_index(key)
    if base in names(VERSIONS[0]):
        message = f"pgBackRest {CURRENT} no longer has {key}: the line is passed over with a warning, and sets nothing"
    else:
        message = f"pgBackRest has no option {key}: the line is passed over with a warning, and sets nothing"
    return message, _way_out(key)


def _way_out(key: str) -> str:
    base, index = split_index(key.removeprefix("no-").removeprefix("reset-"))
    if base in _MEANT:
        return f"did you mean {_MEANT[base]}?"
    near = get_close_matches(base.lower().replace("_", "-"), names(), n=1, cutoff=0.82)
    if not near:
        return "remove the line, or give the option its right name"
    suggestion = indexed(definitions()[near[0]], index or 1)
    return f"did you mean {suggestion}?" if suggestion != key else "give the option an index it can have"
