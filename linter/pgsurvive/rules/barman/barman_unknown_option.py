"""PGS501 barman-unknown-option."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from pgsurvive.catalog.barman import GLOBAL, definition, names
from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.catalog.barman import Definition

_PLACES = {GLOBAL: "[barman]", "server": "a server's section", "model": "a model"}


@rule(
    code="PGS501",
    severity=Severity.ERROR,
    applies_to=BarmanConfig,
    costs=Loss.RESTORE,
    source="https://docs.pgbarman.org/release/latest/user_guide/configuration.html",
)
def barman_unknown_option(config: BarmanConfig) -> Iterator[Draft]:
    """Barman does not know the option, or doesn't read it in this section: it works on as if the line weren't there."""
    if config.is_template or config.is_throwaway:
        return
    for section, given in config.own_lines():
        name = given.entry.name
        kind = config.kind_of(section)
        known = definition(name)
        if known is not None and (kind in known.sections or name == "model"):
            continue
        if known is None:
            near = get_close_matches(name, names(kind), n=1)
            message = f"Barman has no option {name}: the line does nothing{_instead(near, kind)}"
            help_ = f"did you mean {near[0]}?" if near else "remove the line"
        elif name == "disabled":
            message = "Barman sets disabled itself and never reads it: the server goes on as before"
            help_ = "active = false makes Barman leave a server alone"
        else:
            message = f"Barman does not read {name} in {_PLACES[kind]}: the line does nothing"
            help_ = _where(known)
        yield Draft(given.source, given.entry.name_span, message, help_)


def _instead(near: list[str], kind: str) -> str:
    """What Barman uses for the option that was probably meant."""
    meant = definition(near[0]) if near and kind != "model" else None
    if meant is None or "%" in (meant.default or "%"):
        return ""
    return f", and {meant.name} stays {meant.default}" if meant.default else f", and {meant.name} stays unset"


def _where(known: Definition) -> str:
    if known.sections == {GLOBAL}:
        return "move it into [barman], in the main file"
    if GLOBAL in known.sections:
        return "set it for the server or in [barman]; a model can't change paths and scripts"
    if "server" in known.sections:
        return "set it in the section of each server"
    return "it belongs into a model"
