"""PGS407 misplaced-option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.pgbackrest import commands
from pgsurvive.catalog.pgbackrest_keys import look_up
from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.catalog.pgbackrest import Definition


@rule(
    code="PGS407",
    severity=Severity.WARNING,
    applies_to=PgbackrestConfig,
    costs=Loss.RESTORE,
    source="https://pgbackrest.org/configuration.html",
)
def misplaced_option(config: PgbackrestConfig) -> Iterator[Draft]:
    """The option exists, but pgBackRest does not read it in this place."""
    if config.is_throwaway:
        return
    for tree, entry in config.lines:
        found = look_up(entry.key)
        if found is None or isinstance(found, str) or found.negate or found.reset:
            continue
        if config.is_unfinished(entry) or not config.is_reachable(entry.section):
            continue
        said = _misplaced(found.definition, entry.section)
        if said is not None:
            yield Draft(tree.source, entry.key_span, f"{entry.key} sets nothing here: {said[0]}", said[1])


def _misplaced(known: Definition, section: str) -> tuple[str, str] | None:
    place, _, command = section.partition(":")
    if known.section == "command-line":
        return (
            "pgBackRest takes it from the command line only, and passes over the line with a warning",
            f"give --{known.name} to the command itself, where it is called",
        )
    if known.section == "stanza" and place == "global":
        return (
            "it belongs to a stanza, and a global section's line is passed over with a warning",
            "move it to the section of the stanza, such as [main]",
        )
    if command in commands() and command not in known.commands:
        readers = ", ".join(sorted(known.commands)[:4])
        return (
            f"{command} does not read it, and no other command looks into [{section}]",
            f"move it to [{place}]; it is read by {readers}"
            + (" and others" if len(known.commands) > 4 else ""),  # noqa: PLR2004 - as many as are shown
        )
    return None
