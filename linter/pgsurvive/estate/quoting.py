"""Paths with spaces in them that the shell takes apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate.copying import copy_of, operands_in

if TYPE_CHECKING:
    from pgsurvive.estate.wal_command import WalCommand
    from pgsurvive.syntax.shell import Command

_FILE_COPIERS = frozenset({"cp", "mv", "install", "rsync", "scp"})


@dataclass(frozen=True, slots=True)
class Split:
    """A path that was meant as one word."""

    path: str
    start: int
    end: int


def split_paths(command: WalCommand) -> tuple[Split, ...]:
    """The destinations that become several words, in order."""
    found: list[Split] = []
    for each in command.commands:
        split = _literal(command.text, each) or _variable(command.text, each)
        if split is not None:
            found.append(split)
    return tuple(found)


def _literal(text: str, command: Command) -> Split | None:
    """`cp %p /mnt/My Backup/%f`: several operands behind the segment, the last of them a file's name."""
    operands = operands_in(command)
    segments = [i for i, word in enumerate(operands) if word.text == "%p"]
    if command.name not in _FILE_COPIERS or len(segments) != 1:
        return None
    behind = operands[segments[0] + 1 :]
    texts = [word.text for word in behind]
    # Several sources are sound where the last operand is a directory.
    if len(behind) < 2 or not texts[-1].endswith("%f") or any("%" in each for each in texts[:-1]):  # noqa: PLR2004
        return None
    if not texts[0].startswith(("/", "~", "$")) or texts[-1].startswith(("/", "~", "$")):
        return None
    start, end = behind[0].start, behind[-1].end
    return Split(text[start:end], start, end)


def _variable(text: str, command: Command) -> Split | None:
    """`d="/mnt/My Backup"; cp %p $d/%f`."""
    copy = copy_of(command)
    if copy is None or copy.program not in _FILE_COPIERS:
        return None
    path = copy.destination
    written = text[path.start : path.end]
    if (
        not path.constant
        or " " not in path.text
        or not written.startswith("$")
        or re.search("[\"'\\\\]", written)
    ):
        return None
    return Split(path.text, path.start, path.end)
