"""What Barman ignores of its configuration: the lines whose values it doesn't understand, and comments that are none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.catalog.barman import GLOBAL, definition
from pgsurvive.catalog.barman_values import interpret
from pgsurvive.catalog.values import Invalid
from pgsurvive.estate.barman_option import State
from pgsurvive.syntax.barman_conf import unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.catalog.barman_values import Value
    from pgsurvive.estate.barman import BarmanConfig
    from pgsurvive.estate.barman_option import BarmanOption, Given
    from pgsurvive.syntax.barman_conf import Entry

_COMMENT = re.compile(r"\s+(?:#|;(?=\s|;|$))")
_FREE = re.compile(r"description$|_(?:script|command|filter)$")
"""Options whose value is prose, or goes to a shell that knows comments itself."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A line whose value Barman ignores."""

    given: Given
    text: str
    """The value, references resolved and quotes taken off."""

    reason: str
    """What the option takes."""

    used: str
    """What Barman uses instead, in words."""

    breaks: bool
    """Whether it uses nothing instead, but ends in an error whenever it comes to the server."""


def ignored(config: BarmanConfig) -> Iterator[Ignored]:
    """Each line once, in the order of the servers."""
    seen: set[int] = set()
    for server in (*config.servers, *config.models):
        broken = None if server.is_model else server.breaks_at_work
        for option in server.options:
            breaks = broken is not None and broken.name == option.name
            if breaks and option.entry is not None and not option.dropped:
                seen.add(id(option.entry))
                given = server.config.given[str(option.section)][option.name]
                yield Ignored(given, option.text or "", "it takes another value", "nothing", breaks=True)
            for each in option.dropped:
                if id(each.given.entry) not in seen:
                    seen.add(id(each.given.entry))
                    yield Ignored(each.given, each.text, each.reason, _used(option), breaks)
    if config.servers and (config.has_all_files or config.included):
        return
    # Whoever inherits it stands in files that aren't here.
    for name in config.given.get(GLOBAL, {}):
        option = config.option(name)
        for each in option.dropped:
            if id(each.given.entry) not in seen and name != "lock_directory_cleanup":
                yield Ignored(each.given, each.text, each.reason, _default(name), breaks=False)


def _used(option: BarmanOption) -> str:
    if option.state is State.SET and option.section == GLOBAL:
        return f"that of [barman], {option.text}"
    if option.state is State.UNKNOWN:
        return "that of [barman] or its default"
    return "none" if option.value is None else _word(option.value)


def _default(name: str) -> str:
    known = definition(name)
    return known.default if known and known.default else "none"


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    return str(value)


def comment_in(entry: Entry) -> int | None:
    """Where in the value something begins that is meant as a comment, and is a part of the value to Barman; else None."""
    known = definition(entry.name)
    if known is None or _FREE.search(entry.name):
        return None
    for match in _COMMENT.finditer(entry.value):
        before = entry.value[: match.start()]
        if "\n" in match.group() or before.count("'") % 2 or before.count('"') % 2:
            continue
        if known.type == "text":
            return match.start()
        meant, is_meant = interpret(known, unquoted(before)), interpret(known, unquoted(entry.value))
        if not isinstance(meant, Invalid) and isinstance(is_meant, Invalid):
            return match.start()
    return None
