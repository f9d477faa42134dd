"""PGS406 unreachable-section."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from pgsurvive.catalog.pgbackrest import commands
from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(
    code="PGS406",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.RESTORE,
    source="https://pgbackrest.org/configuration.html",
)
def unreachable_section(config: PgbackrestConfig) -> Iterator[Draft]:
    """No command looks into a section of this name, so nothing in it holds."""
    if config.is_throwaway:
        return
    for tree, section in config.sections:
        if not section.entries or config.is_reachable(section.name) or config.is_unfinished(section):
            continue
        yield Draft(
            tree.source,
            section.span,
            f"no command looks into [{section.name}], and none says so: what it sets is not set",
            _help(section.name),
        )


def _help(name: str) -> str:
    stanza, colon, command = name.partition(":")
    if stanza.strip() in commands():
        return f"did you mean [global:{stanza.strip()}]?"
    plain = "global" if stanza.strip().lower().startswith("glob") else stanza.strip()
    if not colon:
        return f"did you mean [{plain}]?"
    near = get_close_matches(command.strip().lower().replace("_", "-"), commands(), n=1)
    return (
        f"did you mean [{plain}:{near[0]}]?"
        if near
        else f"after the colon comes a command, as in [{plain}:backup]"
    )
