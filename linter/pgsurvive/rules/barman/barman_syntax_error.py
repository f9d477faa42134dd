"""PGS518 barman-syntax-error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.catalog.barman import definition
from pgsurvive.estate.barman import BarmanConfig, Why
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.barman import Given, Server

_HELP = {
    Why.NOT_UTF8: "save the file as UTF-8",
    Why.SYNTAX: "write `name = value`, or begin a comment's line with #",
    Why.REFERENCE: "a reference is resolved in its own section only; write a plain percent sign as %%%%, or avoid it",
    Why.PERCENT: "write %%%% for a percent sign (%% before Barman 3.10), or avoid it: a password belongs into ~/.pgpass",
    Why.NO_GLOBALS: "add [barman] with barman_home",
    Why.GLOBALS_ELSEWHERE: "move the option into [barman] of the main file",
    Why.RESERVED: "rename the server: on the command line `all` means every server",
    Why.NOT_BOOLEAN: "write on or off, without quotes",
    Why.MISSING: "add it",
    Why.EMPTY: "set a path, or remove the line",
}
_ASSIGNMENT = re.compile(r"(\w+)\s*[=:]")
_ADDRESS = re.compile("postgres(?:ql)?://")
_HEADER = re.compile(r"\[[^\[\]]+\]$")


@rule(
    code="PGS518",
    severity=Severity.ERROR,
    applies_to=BarmanConfig,
    costs=Loss.RESTORE,
    source="https://docs.pgbarman.org/release/latest/user_guide/configuration.html",
)
def barman_syntax_error(config: BarmanConfig) -> Iterator[Draft]:
    """Barman can't read the file and does nothing at all, or reads a line as part of the one above."""
    if config.is_template or config.is_throwaway:
        return
    seen = set()
    for each in config.refusals:
        place = (each.source.path, each.span)
        if place not in seen and (each.why is not Why.NO_GLOBALS):
            seen.add(place)
            yield Draft(
                each.source,
                each.span,
                f"{each.message}: every barman command stops here, the nightly backup as well as the restore",
                _HELP[each.why],
            )
    for _, given in config.own_lines():
        yield from _swallowed(given)
    for server in config.servers:
        yield from _unreadable(server)


def _unreadable(server: Server) -> Iterator[Draft]:
    """Connections that a PostgreSQL program would take, and Barman doesn't."""
    unreadable = {option.name: option for option in server.unreadable_connections}
    for name in ("conninfo", "streaming_conninfo"):
        option = server.effective(name)
        if _ADDRESS.match(str(option.value)):
            unreadable[name] = option
    for option in unreadable.values() if server.is_backed_up else ():
        # A connection for streaming that isn't set is the other one.
        if option.is_set:
            yield option.finding(
                f"Barman can't read this connection of [{server.name}]: it takes no backup and fetches no WAL",
                help="write keyword=value words without blanks in them; a password with one belongs into ~/.pgpass",
            )


def _swallowed(given: Given) -> Iterator[Draft]:
    """Lines that continue a value only because they are indented."""
    source = given.source
    for first, behind in given.entry.pieces[1:]:
        text = source.text[first:behind]
        match = _ASSIGNMENT.match(text)
        is_option = match is not None and definition(match[1].lower()) is not None
        if is_option or _HEADER.match(text):
            yield Draft(
                source,
                source.span(first, behind),
                f"an indented line continues the value above: to Barman this is part of {given.entry.name}",
                "begin the line in the first column",
            )
