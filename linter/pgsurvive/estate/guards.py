"""Tests for a file that is already in the archive, and what they make of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pgsurvive.estate.script import inner_script, unwrapped
from pgsurvive.estate.status import BYSTANDERS, COMPARES
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
    for guard in _guards(command.body):
        copy = stored.get(guard.path)
        # A file that came there by a rename is whole: taking it for the segment is sound unless someone else wrote it.
        if (
            copy is not None
            and copy.command.start > guard.test.start
            and not (guard.accepts and copy.program in _RENAMES)
        ):
            found.append(Guard(guard.accepts, guard.test.start, guard.test.end))
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


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    accepts: bool
    test: Node
    leaves: bool = False
    """Whether the script ends there, if the file is there."""


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
        case Sequence(items=items):
            for number, item in enumerate(items):
                yield from _followed(_guards(item), items[number + 1 :])
        case Group(body=body):
            yield from _guards(body)
        case _:
            return


def _followed(found: Iterator[_Found], behind: tuple[Node, ...]) -> Iterator[_Found]:
    """What the guards amount to if more follows, which then decides the status."""
    goes_on = all(
        unwrapped(command).name in BYSTANDERS for node in behind for command in shell.commands(node)
    )
    for guard in found:
        if guard.leaves or not behind:
            yield guard
        elif goes_on:
            yield replace(guard, accepts=True)


def _in_list(node: AndOr) -> Iterator[_Found]:
    left, right = node.left, node.right
    exists, missing, status = _exists(left), _is_missing(left), _exit_status(right)
    if missing and node.operator == "&&":
        yield _Found(missing, accepts=False, test=left)
    elif exists and node.operator == "||":
        yield _Found(exists, accepts=True, test=left)
    elif exists and status is not None:
        yield _Found(exists, accepts=status == 0, test=left, leaves=True)
    elif node.operator == "&&":
        yield from _guards(left)
    elif status not in (None, 0):
        yield from (replace(guard, leaves=not guard.accepts) for guard in _guards(left))
    # else what stands behind `||` may put right what the guards before it refuse
    yield from _guards(right)


def _in_condition(node: If) -> Iterator[_Found]:
    exists, missing = _exists(node.condition), _is_missing(node.condition)
    taken = _exit_status(node.body) if exists else None
    if missing:
        taken = 0 if node.otherwise is None else _exit_status(node.otherwise)
    path = exists or missing
    if path and taken is not None:
        leaves = exists is not None or node.otherwise is not None
        yield _Found(path, accepts=taken == 0, test=node.condition, leaves=leaves)
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
