"""A shell script as the rules see it: its commands, without what merely wraps them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.estate.expansion import expanded, moved
from pgsurvive.findings import Draft
from pgsurvive.syntax import shell
from pgsurvive.syntax.shell import Sequence
from pgsurvive.text import lies_among_tests

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgsurvive.syntax.shell import Command, Node, Script, Word
    from pgsurvive.text import Source

# What runs another command given in its own words: the options of each that take a value of their own.
_WRAPPERS: dict[str, frozenset[str]] = {
    "sudo": frozenset({"-u", "-g", "-h", "-p", "-C", "-T", "-U", "-D", "--user", "--group"}),
    "doas": frozenset({"-u", "-C"}),
    "gosu": frozenset(),
    "su-exec": frozenset(),
    "runuser": frozenset({"-u", "-g", "--user", "--group"}),
    "nice": frozenset({"-n", "--adjustment"}),
    "ionice": frozenset({"-c", "-n", "--class", "--classdata"}),
    "nohup": frozenset(),
    "time": frozenset(),
    "command": frozenset(),
    "exec": frozenset(),
    "env": frozenset({"-u", "-C", "--unset", "--chdir"}),
    "timeout": frozenset({"-k", "-s", "--kill-after", "--signal"}),
    "stdbuf": frozenset({"-i", "-o", "-e"}),
    "sshpass": frozenset({"-p", "-f", "-d", "-P"}),
    "chronic": frozenset(),
}
_TAKES_OPERAND = frozenset({"timeout", "gosu", "su-exec"})
"""Wrappers whose first operand is their own: a duration, a user."""


SHELLS = frozenset({"sh", "bash", "dash", "ksh", "zsh", "ash"})


@dataclass(frozen=True)
class ShellScript:
    """One script file."""

    source: Source
    majors: frozenset[int]
    """The majors that the servers it works on may have."""

    @cached_property
    def is_throwaway(self) -> bool:
        """Whether the script lies among tests or benchmarks, whose clusters nobody will miss."""
        return lies_among_tests(self.source.path)

    @cached_property
    def script(self) -> Script:
        """The model of its text."""
        return shell.parse(self.source.text)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every simple command in it, unwrapped."""
        return tuple(unwrapped(command) for command in shell.commands(self.script.body))

    def mentions(self, *words: str) -> bool:
        """Whether any of these words is in the text at all; saves parsing the many scripts that have none."""
        return any(word in self.source.text for word in words)

    def finding(self, command: Command, message: str, *, help: str) -> Draft:  # noqa: A002 - the word the reports use
        """A finding at a command of the script."""
        return Draft(self.source, self.source.span(command.start, command.end), message, help)


def read(source: Source, majors: frozenset[int]) -> ShellScript:
    """The script in this file; never raises."""
    return ShellScript(source, majors)


def unwrapped(command: Command) -> Command:
    """The command that really runs: `sudo -u postgres nice -n 19 cp a b` is a `cp a b`."""
    words = command.words
    while words and words[0].constant:
        name = words[0].text.rpartition("/")[2]
        takes_value = _WRAPPERS.get(name)
        if takes_value is None:
            break
        if name == "command" and len(words) > 1 and words[1].text in ("-v", "-V"):
            break  # asks where a command is, runs nothing
        position = 1
        while position < len(words) and (
            words[position].text.startswith("-") or (name == "env" and "=" in words[position].text)
        ):
            position += 2 if words[position].text in takes_value else 1
        if name in _TAKES_OPERAND:
            position += 1
        if position >= len(words):
            break
        words = words[position:]
    return command if words is command.words else replace(command, words=words)


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
            return Inner(moved(expanded(script.body), _places_in(word)), script.broken, before)
    return None


def _places_in(word: Word) -> Callable[[int, int], tuple[int, int]]:
    """Where the characters of a word stand in the text; the whole word where escapes make that unknown."""
    shift = word.start + (1 if word.quoted else 0)
    if word.end - word.start != len(word.text) + 2 * word.quoted:
        return lambda start, end: (word.start, word.end)  # noqa: ARG005 - wherever it is
    return lambda start, end: (shift + start, shift + end)
