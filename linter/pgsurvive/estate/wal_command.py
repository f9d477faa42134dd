"""archive_command and restore_command: shell code that the server fills in and runs.

The server replaces %p by the path of the segment (relative to the data directory), %f by its file name, %r by the oldest
segment a restart needs and %% by a percent sign, wherever they stand, and hands the result to the shell. Bash reads `%p` as
plain characters, so the command is parsed as it is written and every offset is an offset into the setting's value. A script
that the command calls is read the same way, with $1, $2, … standing for what the command hands to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.estate import status
from pgsurvive.estate.copying import ARCHIVERS, NOWHERE, Copy, copy_of, streams
from pgsurvive.estate.expansion import expanded, functions
from pgsurvive.estate.places import inside_data_directory, is_local_disk, is_remote, volatile
from pgsurvive.estate.script import SHELLS, inner_script, parsed, unwrapped
from pgsurvive.syntax import shell
from pgsurvive.syntax.shell import Command, Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgsurvive.estate.status import Lost, Options
    from pgsurvive.syntax.shell import Node, Script, Word

__all__ = ["ARCHIVERS", "Call", "Copy", "WalCommand"]

_PLACEHOLDER = re.compile(r"%(.)", re.DOTALL)
_ABOUT_THE_SHELL = re.compile(r"\$[#?$!@*0-]")
_MEASURES = frozenset({"-z", "-n"})
_FILE_TESTS = frozenset({"-e", "-f", "-s", "-r", "-h", "-L"})


@dataclass(frozen=True, slots=True)
class Call:
    """A command that runs a script file."""

    path: str
    parameters: tuple[str, ...]
    """The words handed to it."""


@dataclass(frozen=True)
class WalCommand:
    """The value of archive_command or restore_command, or a script that it calls."""

    text: str
    parameters: tuple[str, ...] = ()
    """What $1, $2, … stand for in a script."""

    @cached_property
    def script(self) -> Script:
        """The command as shell code, as it is written."""
        return parsed(self.text)

    @cached_property
    def body(self) -> Node:
        """The command as shell code, with known variables put in."""
        return expanded(self.script.body, self.parameters)

    @cached_property
    def options(self) -> Options:
        """The shell's options that decide about statuses."""
        return status.options_in(self.script.body, self.text)

    @cached_property
    def functions(self) -> dict[str, Node]:
        """The functions that a script defines, by name."""
        return functions(self.body)

    @cached_property
    def placeholders(self) -> frozenset[str]:
        """The letters behind the percent signs that the server replaces: `p`, `f`, `r`; never `%`."""
        return frozenset(match[1] for match in _PLACEHOLDER.finditer(self.text)) - {"%"}

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every simple command, without wrappers, those in `sh -c '…'` included."""
        return tuple(command for command, _ in self._steps)

    @cached_property
    def _steps(self) -> tuple[tuple[Command, bool], ...]:
        """The commands, each with whether the segment, in some form, is piped into it."""
        return tuple(_flat(self.body))

    @property
    def uses_archiver(self) -> bool:
        """Whether a program made for archiving WAL does the work."""
        return any(command.name in ARCHIVERS for command in self.commands)

    @cached_property
    def call(self) -> Call | None:
        """The file that the whole command consists of running, with the words handed to it; None for anything else."""
        match self.body:
            case shell.Sequence(items=(Command() as command,), terminators=("",) | (";",) | ("\n",)):
                words = unwrapped(command).words
            case _:
                return None
        if words and words[0].text.rpartition("/")[2] in SHELLS:
            options = [word.text for word in words[1:] if word.text.startswith("-")]
            words = words[1 + len(options) :] if set(options) <= {"-x", "-u", "-l", "--"} else ()
        if not words or not all(word.constant for word in words):
            return None
        return Call(words[0].text, tuple(word.text for word in words[1:]))

    @cached_property
    def always_succeeds(self) -> bool:
        """Whether its status is zero whatever happens to the file; False where that can't be known."""
        return not self.script.broken and status.always_succeeds(self.body, self.options)

    @cached_property
    def lost_failures(self) -> tuple[Lost, ...]:
        """What stores the segment and whose failure the status hides; see `status.lost_failures`."""
        if self.script.broken or self.always_succeeds:
            return ()
        return status.lost_failures(self.body, self.options, self.functions)

    @cached_property
    def _copies(self) -> tuple[Copy | None, ...]:
        """What each command copies, if it does."""
        return tuple(copy_of(command) for command in self.commands)

    @cached_property
    def copies(self) -> tuple[Copy, ...]:
        """What it copies, in order."""
        return tuple(copy for copy in self._copies if copy is not None)

    @cached_property
    def _carrying(self) -> dict[int, Copy]:
        """The copies of the segment, and those of what an earlier one made of it, by the command's place."""
        found: dict[int, Copy] = {}
        for number, ((_, is_fed), copy) in enumerate(zip(self._steps, self._copies, strict=True)):
            if copy is not None and (is_fed or _carries(copy, found.values())):
                found[number] = copy
        return found

    @cached_property
    def _stored(self) -> dict[int, Copy]:
        return {
            number: copy for number, copy in self._carrying.items() if not self._is_moved_on(number, copy)
        }

    @property
    def stored(self) -> tuple[Copy, ...]:
        """The copies by which the segment comes to where it stays: without those that it is only moved on from."""
        return tuple(self._stored.values())

    def _is_moved_on(self, number: int, copy: Copy) -> bool:
        """Whether the file is only on its way: it is renamed, or sent on and then removed or left to vanish."""
        behind = range(number + 1, len(self.commands))
        takers = [
            self.commands[i].name for i in behind if _takes(self.commands[i], self._copies[i], copy.path)
        ]
        if not takers:
            return False
        return (
            not {"mv", "ln"}.isdisjoint(takers)
            or volatile(copy.path) is not None
            or any(self.commands[i].name == "rm" and _names(self.commands[i], copy.path) for i in behind)
        )

    @cached_property
    def unguarded_copies(self) -> tuple[Copy, ...]:
        """Copies that replace whatever is there: neither their options nor a command before them look first."""
        found: list[Copy] = []
        for number, command in enumerate(self.commands):
            if self._may_look_first(command) or _sets_noclobber(command):
                break
            copy = self._stored.get(number)
            if copy is not None and not copy.spares_existing and copy.path != NOWHERE:
                found.append(copy)
        return tuple(found)

    @cached_property
    def is_understood(self) -> bool:
        """Whether all that it runs is understood: copies, and commands that leave files alone or only look at them."""
        return all(
            not command.words
            or copy is not None
            or is_onlooker(command)
            or streams(command)
            or command.name in self.functions
            for command, copy in zip(self.commands, self._copies, strict=True)
        )

    def stored_in_vain(self, data_directory: str | None) -> tuple[tuple[Copy, str], ...]:
        """The copies to where nothing lasts, each with the reason; nothing if another copy may be kept elsewhere."""
        if self.script.broken or not self.is_understood:
            return ()
        moves = any(command.name == "cd" for command in self.commands)
        found: list[tuple[Copy, str]] = []
        for copy in self.stored:
            if copy.is_upload or is_remote(copy.path):
                return ()
            why = volatile(copy.path)
            if why is None and inside_data_directory(copy.path, data_directory):
                # A relative path behind `cd` leads elsewhere; behind several sources it is the rest of a split path.
                if not copy.path.startswith(("/", "$")) and (moves or len(copy.sources) > 1):
                    return ()
                why = f"{copy.path} is inside the data directory and is lost with it"
            if why is None:
                return ()
            found.append((copy, why))
        return tuple(found)

    @cached_property
    def unsynced(self) -> Copy | None:
        """The copy after which the segment is in memory only, though it stays on a local disk; None if it may be synced."""
        if not self.is_understood or any(command.name == "sync" for command in self.commands):
            return None
        if any(copy.syncs for copy in self.copies) or not all(
            is_local_disk(copy.path) for copy in self.stored
        ):
            return None
        written = (copy for copy in self._carrying.values() if copy.program not in ("mv", "ln"))
        return next(written, None) if self.stored else None

    def _may_look_first(self, command: Command) -> bool:
        """Whether a command asks after the file that is to be stored, or may do so for all that is known."""
        texts = [word.text for word in command.words]
        if not status.LOOKS.isdisjoint(texts):
            if not _MEASURES.isdisjoint(texts) and _FILE_TESTS.isdisjoint(texts):
                return False
            asked = (word for word in command.words if not _ABOUT_THE_SHELL.search(word.text))
            return any("%f" in word.text or not word.constant for word in asked)
        known = (
            command.name in status.BYSTANDERS
            or command.name in self.functions
            or command.name in ARCHIVERS
            or copy_of(command) is not None
            or streams(command)
        )
        return not known and any("%f" in text and "%p" not in text for text in texts)


def is_onlooker(command: Command) -> bool:
    """Whether a command leaves stored files alone, or only looks at them."""
    return command.name in status.BYSTANDERS or any(word.text in status.LOOKS for word in command.words)


def _flat(node: Node, *, is_fed: bool = False) -> Iterator[tuple[Command, bool]]:
    match node:
        case Command():
            command = unwrapped(node)
            inner = inner_script(command)
            if inner is None:
                yield command, is_fed
            else:
                yield from _flat(inner.body, is_fed=is_fed)
        case Pipeline(parts=parts):
            for part in parts:
                steps = list(_flat(part, is_fed=is_fed))
                yield from steps
                is_fed = is_fed or any(
                    streams(command) and any("%p" in word.text for word in _read_by(command))
                    for command, _ in steps
                )
        case _:
            for child in shell.children(node):
                yield from _flat(child, is_fed=is_fed)


def _read_by(command: Command) -> Iterator[Word]:
    """The words of a command and what is redirected into it."""
    yield from command.arguments
    yield from (r.target for r in command.redirects if r.operator == "<" and r.target)


def _takes(command: Command, own: Copy | None, path: str) -> bool:
    """Whether a command does something with the file under a path, other than to store it there by its `own` copy."""
    words = (word for word in _read_by(command) if own is None or word is not own.destination)
    return not is_onlooker(command) and any(_is_in(word.text.removeprefix("if="), path) for word in words)


def _names(command: Command, path: str) -> bool:
    return any(word.text == path for word in command.arguments)


def _carries(copy: Copy, before: Iterable[Copy]) -> bool:
    """Whether a copy takes the segment itself, or what an earlier copy made of it."""
    texts = [source.text.removeprefix("if=") for source in copy.sources]
    return any("%p" in text or any(_is_in(text, each.path) for each in before) for text in texts)


def _is_in(path: str, place: str) -> bool:
    """Whether a path is that of a file or of something in that directory."""
    return path == place or path.startswith(place.rstrip("/") + "/")


def _sets_noclobber(command: Command) -> bool:
    return command.name == "set" and any(
        re.fullmatch(r"-[a-z]*C[a-z]*|noclobber", word.text) for word in command.arguments
    )
