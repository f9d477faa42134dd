"""archive_command and restore_command: shell code that the server fills in and runs.

The server replaces %p by the path of the segment (relative to the data directory), %f by its file name, %r by the oldest
segment a restart needs and %% by a percent sign, wherever they stand, and hands the result to the shell. Bash reads `%p` as
plain characters, so the command is parsed as it is written and every offset is an offset into the setting's value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.estate.script import unwrapped
from pgsurvive.syntax import shell
from pgsurvive.syntax.shell import AndOr, Command, Group, If, Negation, Pipeline, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.syntax.shell import Node, Script, Word

_PLACEHOLDER = re.compile(r"%(.)", re.DOTALL)

_SUCCEEDS = frozenset({"true", ":", "echo", "printf"})
_SHELLS = frozenset({"sh", "bash", "dash", "ksh", "zsh", "ash"})
_ASKS_FIRST = frozenset({"test", "[", "[[", "cmp", "diff", "stat", "ls", "sha256sum", "md5sum"})
"""Commands that look at the destination before something is copied there."""

ARCHIVERS = frozenset(
    {
        "pgbackrest", "barman-wal-archive", "barman-cloud-wal-archive", "barman-wal-restore",
        "barman-cloud-wal-restore", "wal-g", "wal-e", "omnipitr-archive", "omnipitr-restore", "pg_probackup",
    }
)  # fmt: skip
"""Programs made for the purpose: they find the file name in %p themselves, and decide what may be overwritten."""

_COPIES: dict[str, frozenset[str]] = {
    "cp": frozenset({"-n", "--no-clobber", "-i", "--interactive", "--update", "-u", "-b", "--backup"}),
    "mv": frozenset({"-n", "--no-clobber", "-i", "--interactive", "--update", "-u", "-b", "--backup"}),
    "install": frozenset({"-b", "--backup"}),
    "rsync": frozenset({"--ignore-existing", "-b", "--backup"}),
    "scp": frozenset(),
}
"""Programs that copy to their last operand, and the options with which they spare a file that is already there."""

_UPLOADS: dict[tuple[str, ...], frozenset[str]] = {
    ("aws", "s3", "cp"): frozenset({"--no-overwrite"}),
    ("aws", "s3", "mv"): frozenset({"--no-overwrite"}),
    ("gsutil", "cp"): frozenset({"-n"}),
    ("gcloud", "storage", "cp"): frozenset({"-n", "--no-clobber", "--if-generation-match"}),
    ("rclone", "copy"): frozenset({"--immutable", "--ignore-existing"}),
    ("rclone", "copyto"): frozenset({"--immutable", "--ignore-existing"}),
    ("mc", "cp"): frozenset(),
    ("s3cmd", "put"): frozenset({"--skip-existing"}),
}
"""The same for programs that send to an object store."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A command that puts a file where another may already be."""

    command: Command
    program: str
    sources: tuple[Word, ...]
    destination: Word
    spares_existing: bool
    """Whether its own options keep it from replacing a file."""


@dataclass(frozen=True)
class WalCommand:
    """The value of archive_command or restore_command."""

    text: str

    @cached_property
    def script(self) -> Script:
        """The command as shell code."""
        return shell.parse(self.text)

    @cached_property
    def placeholders(self) -> frozenset[str]:
        """The letters behind the percent signs that the server replaces: `p`, `f`, `r`; never `%`."""
        return frozenset(match[1] for match in _PLACEHOLDER.finditer(self.text)) - {"%"}

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every simple command, without wrappers, those in `sh -c '…'` included."""
        return tuple(_flat(self.script.body))

    @property
    def uses_archiver(self) -> bool:
        """Whether a program made for archiving WAL does the work."""
        return any(command.name in ARCHIVERS for command in self.commands)

    @cached_property
    def always_succeeds(self) -> bool:
        """Whether its status is zero whatever happens to the file; False where that can't be known."""
        return not self.script.broken and _always_succeeds(self.script.body)

    @cached_property
    def copies(self) -> tuple[Copy, ...]:
        """What it copies, in order."""
        found = (_copy(command) for command in self.commands)
        return tuple(copy for copy in found if copy is not None)

    @cached_property
    def unguarded_copies(self) -> tuple[Copy, ...]:
        """Copies that replace whatever is there: neither their options nor a command before them look first."""
        found: list[Copy] = []
        for command in self.commands:
            if any(word.text in _ASKS_FIRST for word in command.words) or _sets_noclobber(command):
                break
            copy = _copy(command)
            if copy is not None and not copy.spares_existing:
                found.append(copy)
        return tuple(found)


def _flat(node: Node) -> Iterator[Command]:
    for command in shell.commands(node):
        inner = unwrapped(command)
        nested = _nested_script(inner)
        if nested is None:
            yield inner
        else:
            yield from _flat(nested.body)


def _nested_script(command: Command) -> Script | None:
    """The script in `sh -c 'script'`."""
    if command.name not in _SHELLS:
        return None
    for flag, word in zip(command.arguments, command.arguments[1:], strict=False):
        if re.fullmatch(r"-[a-z]*c", flag.text):
            return shell.parse(word.text) if word.constant else None
    return None


def _always_succeeds(node: Node) -> bool:
    match node:
        case Command():
            return _command_succeeds(node)
        case AndOr(operator="||"):
            # `a || exit 0` and `a || true`; where the right side may leave with another status, the left decides.
            return _always_succeeds(node.right) or _always_succeeds(node.left)
        case AndOr():
            return _always_succeeds(node.left) and _always_succeeds(node.right)
        case Sequence(items=(*before, last), terminators=(*_, terminator)):
            return terminator != "&" and not any(map(_may_leave, before)) and _always_succeeds(last)
        case Pipeline(parts=(*_, last)):
            return _always_succeeds(last)
        case Group(body=body):
            return _always_succeeds(body)
        case If(body=body, otherwise=otherwise):
            return _always_succeeds(body) and (otherwise is None or _always_succeeds(otherwise))
        case Negation(body=body):
            return all(command.name == "false" for command in shell.commands(body))
        case _:
            return False


def _command_succeeds(command: Command) -> bool:
    command = unwrapped(command)
    if any(
        redirect.operator.startswith(">") and _uses_placeholder(redirect.target)
        for redirect in command.redirects
    ):
        return False
    nested = _nested_script(command)
    if nested is not None:
        return not nested.broken and _always_succeeds(nested.body)
    arguments = [word.text for word in command.arguments]
    if (command.name, arguments) in (("exit", ["0"]), ("cd", ["."])):
        return True
    return command.name in _SUCCEEDS


def _may_leave(node: Node) -> bool:
    """Whether a failure inside ends the script there, so that what follows doesn't decide the status."""
    return any(
        (command.name in ("exit", "return") and [w.text for w in command.arguments] != ["0"])
        or (command.name == "set" and any(re.match(r"-[a-z]*e|errexit", w.text) for w in command.arguments))
        for command in shell.commands(node)
    )


def _uses_placeholder(word: Word | None) -> bool:
    return word is not None and ("%p" in word.text or "%f" in word.text)


def _sets_noclobber(command: Command) -> bool:
    return command.name == "set" and any(
        re.fullmatch(r"-[a-z]*C[a-z]*|noclobber", word.text) for word in command.arguments
    )


def _copy(command: Command) -> Copy | None:
    """What the command puts where, or None if it isn't known to copy anything."""
    return _redirected(command) or _dd_or_tee(command) or _copied_to_last_operand(command)


def _redirected(command: Command) -> Copy | None:
    """`gzip < %p > file`."""
    for redirect in command.redirects:
        if redirect.operator in (">", ">|") and redirect.descriptor in (None, 1) and redirect.target:
            sources = tuple(r.target for r in command.redirects if r.operator == "<" and r.target)
            return _as_copy(command, (*command.arguments, *sources), redirect.target, spares=False)
    return None


def _dd_or_tee(command: Command) -> Copy | None:
    arguments = command.arguments
    if command.name == "tee" and arguments:
        return _as_copy(command, (), arguments[-1], spares=False)
    to = next((word for word in arguments if word.text.startswith("of=")), None)
    if command.name != "dd" or to is None:
        return None
    sources = tuple(word for word in arguments if word.text.startswith("if="))
    return _as_copy(
        command,
        sources,
        to,
        spares=any(word.text.startswith("conv=") and "excl" in word.text for word in arguments),
    )


def _copied_to_last_operand(command: Command) -> Copy | None:
    words = [word.text for word in command.words]
    sparing = _COPIES.get(command.name)
    behind = 1
    for prefix, options in _UPLOADS.items():
        if command.name == prefix[0] and tuple(words[1 : len(prefix)]) == prefix[1:]:
            sparing, behind = options, len(prefix)
    operands = [word for word in command.words[behind:] if not word.text.startswith("-")]
    if sparing is None or "-t" in words or len(operands) < 2:  # noqa: PLR2004 - a source and a destination
        return None
    spares = any(_is_option(word, sparing) for word in words)
    return _as_copy(command, tuple(operands[:-1]), operands[-1], spares=spares)


def _as_copy(command: Command, sources: tuple[Word, ...], destination: Word, *, spares: bool) -> Copy | None:
    if destination.text.removeprefix("of=").startswith("/dev/"):
        return None
    return Copy(command, command.name, sources, destination, spares)


def _is_option(word: str, options: frozenset[str]) -> bool:
    """Whether a word is one of the options, also with a value (`--backup=t`) or among bundled letters (`-an`)."""
    if word.partition("=")[0] in options:
        return True
    letters = {option[1] for option in options if len(option) == 2}  # noqa: PLR2004 - a dash and a letter
    return re.fullmatch(r"-[A-Za-z]+", word) is not None and not letters.isdisjoint(word[1:])
