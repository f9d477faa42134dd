"""Tests for a file that is already in the archive, and what they make of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate.script import inner_script, unwrapped
from pgsurvive.estate.status import COMPARES
from pgsurvive.syntax import shell
from pgsurvive.syntax.shell import AndOr, Command, Group, If, Negation, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.wal_command import WalCommand
    from pgsurvive.syntax.shell import Node, Word

_TESTS = frozenset({"test", "[", "[["})
_EXISTS = frozenset({"-e", "-f", "-s", "-r"})
_RENAMES = frozenset({"mv", "ln", "rsync"})
"""Programs that make a file appear at once and whole; rsync writes to a temporary name of its own."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A test that keeps the command from storing a segment whose name is taken."""

    accepts: bool
    """Whether the command then succeeds; else it fails."""

    start: int
    end: int


def guards(command: WalCommand) -> tuple[Guard, ...]:
    """The tests in a command that compares nothing, and whose copies are what the tests ask after."""
    if any(each.name in COMPARES or _uses_checksums(each) for each in command.commands):
        return ()
    stored = {path: copy for copy in command.stored for path in (copy.path, _on_its_host(copy.path))}
    found: list[Guard] = []
    for path, accepts, node in _guards(command.body):
        copy = stored.get(path)
        # A file that came there by a rename is whole: taking it for the segment is sound unless someone else wrote it.
        if copy is not None and not (accepts and copy.program in _RENAMES):
            found.append(Guard(accepts, node.start, node.end))
    # `cp -n` leaves what is there alone and succeeds; only coreutils 9.2 to 9.4 reported a failure.
    found += (
        Guard(accepts=True, start=copy.command.start, end=copy.command.end)
        for copy in command.stored
        if copy.program == "cp" and any(map(_spares_silently, copy.command.arguments))
    )
    return tuple(found)


def _spares_silently(word: Word) -> bool:
    return re.fullmatch(r"-[A-Za-z]*n[A-Za-z]*|--no-clobber|--update=none", word.text) is not None


def _on_its_host(path: str) -> str:
    """`/archive/%f` of `backup1:/archive/%f`."""
    host, colon, rest = path.partition(":")
    return rest if colon and "/" not in host and not rest.startswith("//") else path


def _uses_checksums(command: Command) -> bool:
    return command.name == "rsync" and any(
        re.fullmatch(r"--checksum|-[A-Za-z]*c[A-Za-z]*", word.text) for word in command.arguments
    )


_Found = tuple[str, bool, "Node"]
"""A path, whether the command succeeds if it is there, and the test."""


def _guards(node: Node) -> Iterator[_Found]:
    match node:
        case Command():
            inner = inner_script(unwrapped(node))
            if inner is not None:
                yield from _guards(inner.body)
        case AndOr():
            yield from _in_list(node)
        case If():
            yield from _in_condition(node)
        case Sequence() | Group():
            for child in shell.children(node):
                yield from _guards(child)
        case _:
            return


def _in_list(node: AndOr) -> Iterator[_Found]:
    left, right = node.left, node.right
    exists, missing, leaves = _exists(left), _is_missing(left), _exit_status(right)
    if missing and node.operator == "&&":
        yield missing, False, left
    elif exists and node.operator == "||":
        yield exists, True, left
    elif exists and leaves is not None:
        yield exists, leaves == 0, left
    elif node.operator == "||" and leaves in (None, 0):
        # What stands behind a guarded copy may put things right.
        return
    else:
        yield from _guards(left)
    yield from _guards(right)


def _in_condition(node: If) -> Iterator[_Found]:
    exists, missing = _exists(node.condition), _is_missing(node.condition)
    taken, otherwise = (
        _exit_status(node.body),
        None if node.otherwise is None else _exit_status(node.otherwise),
    )
    if exists and taken is not None:
        yield exists, taken == 0, node.condition
    elif missing and node.otherwise is None:
        yield missing, True, node.condition
    elif missing and otherwise is not None:
        yield missing, otherwise == 0, node.condition
    for child in shell.children(node)[1:]:
        yield from _guards(child)


def _exists(node: Node) -> str | None:
    """The path if the node is true just where there is something under it."""
    operands, negated = _test(node)
    return operands[1] if not negated and len(operands) == 2 and operands[0] in _EXISTS else None  # noqa: PLR2004 - operator and path


def _is_missing(node: Node) -> str | None:
    """The path if the node is true just where there is nothing under it."""
    operands, negated = _test(node)
    if operands[:1] == ["!"]:
        operands, negated = operands[1:], not negated
    return operands[1] if negated and len(operands) == 2 and operands[0] in _EXISTS else None  # noqa: PLR2004 - as above


def _test(node: Node) -> tuple[list[str], bool]:
    """The operands of a test, on this host or another, and whether it is negated; none for anything else."""
    match node:
        case Negation(body=body):
            operands, negated = _test(body)
            return operands, not negated
        case Sequence(items=(only,)) | Group(body=only):
            return _test(only)
        case Command():
            words = [word.text for word in unwrapped(node).words]
            start = next((i for i, word in enumerate(words) if word in _TESTS), len(words))
            return [word for word in words[start + 1 :] if word not in ("]", "]]")], False
        case _:
            return [], False


def _exit_status(node: Node) -> int | None:
    """The status with which the node leaves the script, 1 where it is computed; None if it may go on."""
    match node:
        case Command(words=words) if words and words[0].text in ("exit", "return"):
            status = words[1].text if len(words) > 1 else "0"
            return int(status) if status.isdecimal() else 1
        case Sequence(items=(*_, last)) | Group(body=last):
            return _exit_status(last)
        case _:
            return None
