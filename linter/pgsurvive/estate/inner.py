"""Code that a command hands to a shell of its own, with the places where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pgsurvive.estate.expansion import expanded, moved
from pgsurvive.syntax import shell
from pgsurvive.syntax.shell import Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgsurvive.syntax.shell import Command, Node, Script, Word

SHELLS = frozenset({"sh", "bash", "dash", "ksh", "zsh", "ash"})

_MAX_DEPTH = 100
_MAX_NODES = 1000
"""Code that is nested deeper or longer is not reasoned about: no script that archives WAL is."""


def parsed(text: str) -> Script:
    """The code as a tree of reasonable size; code that is larger counts as broken."""
    script = shell.parse(text)
    level: list[Node] = [script.body]
    count = 0
    for _ in range(_MAX_DEPTH):
        level = [child for node in level for child in shell.children(node)]
        count += len(level)
        if not level:
            return script
        if count > _MAX_NODES:
            break
    return replace(script, body=Sequence((), (), 0, len(text)), broken=True)


@dataclass(frozen=True, slots=True)
class Inner:
    """The code that a command hands to a shell of its own."""

    body: Node
    """Its offsets are those of the text that the command stands in."""

    broken: bool
    options: tuple[str, ...]
    """The shell's own options before the code."""


def inner_script(command: Command) -> Inner | None:
    """The code in `sh -c 'code'`, or None if the command is no such thing or the code isn't constant."""
    if command.name not in SHELLS:
        return None
    for number, (flag, word) in enumerate(
        zip(command.arguments, command.arguments[1:], strict=False), start=1
    ):
        if re.fullmatch(r"-[a-z]*c", flag.text):
            if not word.constant:
                return None
            script = parsed(word.text)
            before = tuple(option.text for option in command.arguments[:number])
            return Inner(moved(expanded(script.body), places_in(word)), script.broken, before)
    return None


def places_in(word: Word) -> Callable[[int, int], tuple[int, int]]:
    """Where the characters of a word stand in the text; the whole word where escapes make that unknown."""
    shift = word.start + (1 if word.quoted else 0)
    if word.end - word.start != len(word.text) + 2 * word.quoted:
        return lambda start, end: (word.start, word.end)  # noqa: ARG005 - wherever it is
    return lambda start, end: (shift + start, shift + end)
