"""PGS404 repeated-option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.pgbackrest_keys import look_up
from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Draft, Loss, Related, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.syntax.pgbackrest_conf import Entry, PgbackrestConf


@rule(
    code="PGS404",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://pgbackrest.org/configuration.html",
)
def repeated_option(config: PgbackrestConfig) -> Iterator[Draft]:
    """A section sets an option twice, and every command that reads it refuses to start."""
    if config.is_throwaway or config.has_blocks:
        return
    first: dict[tuple[str, str], tuple[PgbackrestConf, Entry]] = {}
    for tree, entry in config.lines:
        found = look_up(entry.key)
        if found is None or isinstance(found, str) or found.negate or found.reset:
            continue
        if found.definition.section == "command-line" or not config.is_reachable(entry.section):
            continue
        before, other = first.setdefault((entry.section, found.name), (tree, entry))
        if other is entry or (found.definition.takes_several and other.key == entry.key):
            continue
        name = (
            found.name
            if other.key == entry.key
            else f"{found.name}, also called {_old(found.name, entry, other)},"
        )
        yield Draft(
            tree.source,
            entry.span,
            f"[{entry.section}] sets {name} twice: every command that reads it stops with error 031, the others go on",
            "keep one of the two lines"
            if other.key == entry.key
            else f"keep one of the two lines, under the name {found.name}",
            (Related(before.source.path, other.span, "set here first"),),
        )


def _old(name: str, *entries: Entry) -> str:
    return next(entry.key for entry in entries if entry.key != name)
