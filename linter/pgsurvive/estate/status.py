"""What the exit status of a command that stores WAL says: whether it can fail at all, and whose failure gets lost."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pgsurvive.estate.copying import notices_truncation
from pgsurvive.estate.script import inner_script, unwrapped
from pgsurvive.syntax import shell
from pgsurvive.syntax.shell import AndOr, Command, Function, Group, If, Negation, Pipeline, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Sequence as Many

    from pgsurvive.syntax.shell import Node, Word

_SUCCEEDS = frozenset({"true", ":", "echo", "printf"})

LOOKS = frozenset(
    {
        "test", "[", "[[", "cmp", "diff", "stat", "ls", "sha256sum", "sha1sum", "sha512sum", "md5sum", "cksum", "b2sum",
        "head-object", "lsf", "lsjson", "exists",
    }
)  # fmt: skip
"""Commands, and words of commands, that look at what is stored."""

COMPARES = frozenset(
    {"cmp", "diff", "sha256sum", "sha1sum", "sha512sum", "md5sum", "cksum", "b2sum", "shasum", "md5"}
)

BYSTANDERS = frozenset(
    {
        "true", ":", "echo", "printf", "logger", "systemd-cat", "mail", "mailx", "sendmail", "wall", "date", "sleep", "find",
        "rm", "mkdir", "chmod", "chown", "chgrp", "touch", "sync", "wait", "cd", "set", "unset", "export", "readonly",
        "local", "declare", "typeset", "umask", "ulimit", "trap", "exit", "return", "basename", "dirname", "readlink",
        "realpath", "hostname", "whoami", "id", "pg_archivecleanup", "df", "du", "wc", "shopt", "command", "type", "which",
        "getopts", "shift", "false", "break", "continue", "tee", "tr", "cut", "sed", "awk", "grep", "head", "tail",
    }
)  # fmt: skip
"""Commands that neither store a segment nor look whether it was stored."""


@dataclass(frozen=True, slots=True)
class Options:
    """The shell's options that decide about statuses."""

    errexit: bool = False
    pipefail: bool = False

    def with_words(self, words: Iterable[str]) -> Options:
        """With what `set` or the shell's own command line turns on."""
        words = list(words)
        errexit = any(re.fullmatch(r"-[A-Za-z]*e[A-Za-z]*|errexit", word) for word in words)
        return replace(self, errexit=self.errexit or errexit, pipefail=self.pipefail or "pipefail" in words)


@dataclass(frozen=True, slots=True)
class Lost:
    """A command that stores WAL and whose failure nobody learns of."""

    command: Command
    by: str
    """What hides it: `pipeline`, `sequence`, `background`, `handler` or `condition`."""

    start: int
    end: int


def options_in(body: Node, text: str) -> Options:
    """The options that are on anywhere in a script."""
    options = Options()
    shebang = re.match(r"#![^\n]*", text)
    if shebang:
        options = options.with_words(shebang[0].split()[1:])
    for command in shell.commands(body):
        if command.name == "set":
            options = options.with_words(word.text for word in command.arguments)
    return options


def always_succeeds(node: Node, options: Options) -> bool:
    """Whether the status is zero whatever happens to the file; False where that can't be known."""
    match node:
        case Command():
            return _command_succeeds(node)
        case AndOr(operator="||"):
            # `a || exit 0` and `a || true`; where the right side may leave with another status, the left decides.
            return always_succeeds(node.right, options) or always_succeeds(node.left, options)
        case AndOr():
            return always_succeeds(node.left, options) and always_succeeds(node.right, options)
        case Sequence():
            return _sequence_succeeds(node, options)
        case Pipeline(parts=(*before, last)):
            # Without pipefail only the last part counts.
            return all(
                always_succeeds(part, options) for part in ((*before, last) if options.pipefail else (last,))
            )
        case Group(body=body):
            return always_succeeds(body, options)
        case If():
            return all(always_succeeds(branch, options) for branch in shell.children(node)[1:])
        case Negation(body=body):
            return all(command.name == "false" for command in shell.commands(body))
        case _:
            return False


def _sequence_succeeds(node: Sequence, options: Options) -> bool:
    if not node.items or node.terminators[-1] == "&":
        return False
    *before, last = node.items
    if before and (options.errexit or any(map(_may_leave, before))):
        return False
    return always_succeeds(last, options)


def _command_succeeds(command: Command) -> bool:
    command = unwrapped(command)
    if any(
        redirect.operator.startswith(">") and _uses_placeholder(redirect.target)
        for redirect in command.redirects
    ):
        return False
    inner = inner_script(command)
    if inner is not None:
        return not inner.broken and always_succeeds(
            inner.body, options_in(inner.body, "").with_words(inner.options)
        )
    arguments = [word.text for word in command.arguments]
    if (command.name, arguments) in (("exit", ["0"]), ("cd", ["."])):
        return True
    return command.name in _SUCCEEDS


def _may_leave(node: Node) -> bool:
    """Whether a failure inside may end the script there, so that what follows doesn't decide the status."""
    return any(
        (command.name in ("exit", "return") and [w.text for w in command.arguments] != ["0"])
        or (command.name == "exec" and command.arguments)
        or (command.name == "set" and Options().with_words(w.text for w in command.arguments).errexit)
        or (command.name == "trap" and any(w.text == "ERR" for w in command.arguments))
        or command.name in (".", "source", "eval")
        for command in shell.commands(node)
    )


def _uses_placeholder(word: Word | None) -> bool:
    return word is not None and ("%p" in word.text or "%f" in word.text)


def lost_failures(
    body: Node, options: Options, functions: Mapping[str, Node] | None = None
) -> tuple[Lost, ...]:
    """The commands that store the segment and whose failure the status hides.

    Nothing where another command that stores it decides the status, where something compares the copy afterwards, or
    where it can't be known.
    """
    commands = list(shell.commands(body))
    if any(_asks_for_statuses(command) or unwrapped(command).name in COMPARES for command in commands):
        return ()
    if notices_truncation(commands):
        return ()
    told = _Statuses(functions or {}).follow(body, options)
    return () if told.reach else tuple(told.lost)


def _asks_for_statuses(command: Command) -> bool:
    return any(
        re.search(r"\$\?|\$!|PIPESTATUS|pipestatus", word.text)
        for word in (*command.words, *command.assignments)
    )


def stores(command: Command) -> bool:
    """Whether the segment itself is handed to this command, which isn't known for merely looking at it."""
    words = [*command.words, *(r.target for r in command.redirects if r.operator == "<" and r.target)]
    return (
        command.name not in BYSTANDERS
        and not any(word.text in LOOKS for word in command.words)
        and any("%p" in word.text for word in words)
    )


@dataclass(slots=True)
class _Told:
    """Which commands that store the segment make a node fail when they fail, and which don't."""

    reach: list[Command] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)

    def add(self, other: _Told) -> None:
        self.reach += other.reach
        self.lost += other.lost

    def hidden(self, by: str, node: Node) -> _Told:
        """The same when this node keeps the failures to itself."""
        lost = [Lost(command, by, node.start, node.end) for command in self.reach]
        return _Told([], [*self.lost, *lost])


class _Statuses:
    def __init__(self, functions: Mapping[str, Node]) -> None:
        self.functions = functions
        self._asked: set[str] = set()

    def follow(self, node: Node, options: Options) -> _Told:
        """Errs to the side of `reach`: what isn't understood is taken to be told."""
        match node:
            case Command():
                return self._command(node)
            case Pipeline(parts=parts):
                return self._pipeline(node, parts, options)
            case AndOr(operator="||"):
                left, right = self.follow(node.left, options), self.follow(node.right, options)
                if not right.reach and self._is_blind(node.right):
                    left = left.hidden("handler", node)
                left.add(right)
                return left
            case Group(body=body):
                return self.follow(body, options)
            case If():
                return self._if(node, options)
            case Sequence():
                return self._sequence(node, options)
            case Function():
                return _Told()
            case _:
                told = _Told()
                for child in shell.children(node):
                    told.add(self.follow(child, options))
                return told

    def _command(self, command: Command) -> _Told:
        command = unwrapped(command)
        inner = inner_script(command)
        if inner is not None:
            return self.follow(inner.body, options_in(inner.body, "").with_words(inner.options))
        if command.name in self.functions and self._is_blind_function(command.name):
            return _Told()
        return _Told([command] if stores(command) else [])

    def _pipeline(self, node: Pipeline, parts: Many[Node], options: Options) -> _Told:
        *before, last = (self.follow(part, options) for part in parts)
        for told in before:
            last.add(told if options.pipefail else told.hidden("pipeline", node))
        return last

    def _if(self, node: If, options: Options) -> _Told:
        told = self.follow(node.condition, options)
        branches = [node.body] if node.otherwise is None else [node.body, node.otherwise]
        inside = [self.follow(branch, options) for branch in branches]
        if not any(each.reach for each in inside) and all(map(self._is_blind, branches)):
            told = told.hidden("condition", node)
        for each in inside:
            told.add(each)
        return told

    def _sequence(self, node: Sequence, options: Options) -> _Told:
        parts: list[_Told] = []
        # From the end, so that it is known of each item whether what stands behind it goes on regardless.
        is_blind_behind = True
        for item, terminator in reversed(list(zip(node.items, node.terminators, strict=True))):
            here = self.follow(item, options)
            if terminator == "&":
                here = here.hidden("background", item)
            elif parts and is_blind_behind and here.reach and not (options.errexit or self._leaves(item)):
                here = here.hidden("sequence", item)
            parts.append(here)
            is_blind_behind = is_blind_behind and self._is_blind(item)
        told = _Told()
        for part in reversed(parts):
            told.add(part)
        return told

    def _leaves(self, node: Node) -> bool:
        """Whether a failure inside, or in a function that is called there, may end the script."""
        called = (self.functions.get(unwrapped(command).name) for command in shell.commands(node))
        return _may_leave(node) or any(function is not None and _may_leave(function) for function in called)

    def _is_blind(self, node: Node) -> bool:
        """Whether it goes on as if nothing had happened: nothing in it fails for want of a whole copy, or leaves."""
        if self._leaves(node):
            return False
        return all(self._is_blind_command(unwrapped(command)) for command in shell.commands(node))

    def _is_blind_function(self, name: str) -> bool:
        if name in self._asked:
            return False  # it calls itself
        self._asked.add(name)
        try:
            return self._is_blind(self.functions[name])
        finally:
            self._asked.discard(name)

    def _is_blind_command(self, command: Command) -> bool:
        inner = inner_script(command)
        if inner is not None:
            return self._is_blind(inner.body)
        if command.name == "wait" and command.arguments:
            return False
        if command.name in self.functions:
            return self._is_blind_function(command.name)
        if not command.words:
            return True
        # What moves or compresses a copy does so with half a copy too.
        moves = command.name in ("mv", "gzip", "zstd", "xz", "bzip2") and not stores(command)
        return command.name != "false" and (command.name in BYSTANDERS or moves)
