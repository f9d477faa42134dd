"""Why Barman does no work at all with its configuration. It stops at the first; this lists every one that is certain."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from pgsurvive.catalog.barman import GLOBAL
from pgsurvive.estate.barman_option import Given, State
from pgsurvive.syntax.barman_conf import NOT_UTF8, Unresolved, lone_percent, resolved
from pgsurvive.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.barman import BarmanConfig
    from pgsurvive.estate.barman_server import Server
    from pgsurvive.syntax.barman_conf import BarmanConf
    from pgsurvive.text import Source

RESERVED = "all"
"""The word that means every server on Barman's command line: no section may be called so."""

_READ_FIRST = (
    "barman_home",
    "config_changes_queue",
    "barman_lock_directory",
    "lock_directory_cleanup",
    "barman_user",
)
_DIRECTORIES = (
    "basebackups_directory",
    "errors_directory",
    "incoming_wals_directory",
    "streaming_wals_directory",
    "wals_directory",
)


class Why(Enum):
    """What Barman stops at."""

    NOT_UTF8 = "bytes that are no text"
    SYNTAX = "a line that is neither a section nor an option"
    REFERENCE = "a %(name)s that leads nowhere, or a percent sign that begins none"
    PERCENT = "a percent sign that is left when references are resolved"
    NO_GLOBALS = "no [barman]"
    GLOBALS_ELSEWHERE = "a [barman] in an included file that changes something"
    RESERVED = "a server called all"
    NOT_BOOLEAN = "a word that is neither on nor off"
    MISSING = "an option that must be there"
    EMPTY = "an empty value of an option that needs one"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What makes Barman stop, and where it stands."""

    why: Why
    source: Source = field(repr=False)
    span: Span
    message: str
    section: str | None = None
    option: str | None = None


def refusals(config: BarmanConfig) -> Iterator[Refusal]:
    """In the order in which Barman would meet them."""
    yield from _while_reading(config.tree)
    if not config.is_fragment:
        yield from _in_globals(config)
    for tree in config.included:
        yield from _while_reading(tree)
        if tree.has(GLOBAL):
            yield from _other_globals(config, tree)
    if config.tree.has(GLOBAL) and not config.is_template and "barman_home" not in config.given[GLOBAL]:
        yield Refusal(Why.MISSING, *config.header(GLOBAL), "barman_home is missing", GLOBAL, "barman_home")
    for name in config.given:
        if name != GLOBAL:
            yield from _in_section(config, name)
    for server in sorted(config.servers, key=lambda each: each.name):
        yield from (each for label in _DIRECTORIES for each in _empty(server, label))


def _while_reading(tree: BarmanConf) -> Iterator[Refusal]:
    for problem in tree.problems:
        why = Why.NOT_UTF8 if problem.message == NOT_UTF8 else Why.SYNTAX
        yield Refusal(why, tree.source, problem.span, problem.message)
    for section in tree.names:
        options = tree.options(section)
        values = {name: entry.value for name, entry in options.items()}
        for name, entry in options.items():
            text = resolved(entry.value, values)
            if isinstance(text, Unresolved):
                span = entry.span_in_value(tree.source, text.start, text.end)
                yield Refusal(Why.REFERENCE, tree.source, span, text.message, section, name)
            elif lone_percent(text):
                where = entry.value.find("%")
                span = entry.span_in_value(tree.source, where, where + 1)
                yield Refusal(Why.PERCENT, tree.source, span, "a percent sign", section, name)


def _in_globals(config: BarmanConfig) -> Iterator[Refusal]:
    if not config.tree.has(GLOBAL):
        yield Refusal(Why.NO_GLOBALS, config.source, Span(1, 1, 1, 1), "there is no [barman]")
        return
    options = config.given[GLOBAL]
    for name in dict.fromkeys((*_READ_FIRST, *options)):
        given = options.get(name)
        if given is None:
            continue
        text = _again(given, options)
        if isinstance(text, Unresolved):
            yield _unresolved(given, text, GLOBAL)
        elif name == "lock_directory_cleanup" and config.option(name).state is State.DROPPED:
            yield _not_boolean(given, GLOBAL)


def _other_globals(config: BarmanConfig, tree: BarmanConf) -> Iterator[Refusal]:
    """What comes of a [barman] in an included file: it may only repeat what the main file says."""
    main = config.given.get(GLOBAL, {})
    both = main | {name: Given.of(tree, GLOBAL, name) for name in tree.options(GLOBAL)}
    for name, given in both.items():
        text = _again(given, both)
        if isinstance(text, Unresolved):
            yield _unresolved(given, text, GLOBAL)
        elif name not in main or text != _again(main[name], main):
            message = f"it sets {name}, which only the main file may"
            yield Refusal(Why.GLOBALS_ELSEWHERE, tree.source, given.entry.span, message, GLOBAL, name)


def _in_section(config: BarmanConfig, name: str) -> Iterator[Refusal]:
    header = config.header(name)
    if name == RESERVED:
        yield Refusal(Why.RESERVED, *header, f"a server can't be called {RESERVED}", name)
        return
    options = config.given[name]
    for option in dict.fromkeys(("model", *options)):
        given = options.get(option)
        if given is None:
            continue
        text = _again(given, options)
        if isinstance(text, Unresolved):
            yield _unresolved(given, text, name)
        elif option == "model" and config.is_model(name) is None:
            yield _not_boolean(given, name)
    if not config.is_model(name):
        yield from _in_server(config.server(name))
    elif "cluster" not in options:
        yield Refusal(Why.MISSING, *header, "a model needs cluster", name, "cluster")


def _in_server(server: Server) -> Iterator[Refusal]:
    where = server.unresolved
    if where:
        message = "a reference to an option without a value"
        yield Refusal(Why.REFERENCE, where.source, where.span, message, server.name, where.name)
    yield from _empty(server, "backup_directory")


def _empty(server: Server, name: str) -> Iterator[Refusal]:
    option = server.effective(name)
    if option.is_known and option.value is None:
        yield Refusal(Why.EMPTY, option.source, option.span, f"{name} is empty", server.name, name)


def _unresolved(given: Given, text: Unresolved, section: str) -> Refusal:
    return Refusal(
        Why.REFERENCE, given.source, given.entry.value_span, text.message, section, given.entry.name
    )


def _not_boolean(given: Given, section: str) -> Refusal:
    entry = given.entry
    message = f"{entry.name} takes on or off"
    return Refusal(Why.NOT_BOOLEAN, given.source, entry.value_span, message, section, entry.name)


def _again(given: Given, options: dict[str, Given]) -> str | Unresolved:
    """The text after the second time that references are resolved; one that failed the first time isn't reported again."""
    if isinstance(given.text, Unresolved) or "%" not in given.text:
        return given.text if isinstance(given.text, str) else ""
    return resolved(given.text, {n: g.text for n, g in options.items() if isinstance(g.text, str)})
