"""The steps of a script: each command that may run, and under which circumstances.

An honest model follows what is written: options set on the way, functions where they are called, code for another shell,
sourced files of the same tree. Where a circumstance depends on what isn't known, it is None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pgsurvive.estate.expansion import expanded, moved
from pgsurvive.estate.wrappers import Wrapper, peeled
from pgsurvive.syntax import shell
from pgsurvive.syntax.shell import (
    AndOr,
    Case,
    Command,
    Function,
    Group,
    If,
    Loop,
    Negation,
    Pipeline,
    Sequence,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgsurvive.estate.files import Files
    from pgsurvive.syntax.shell import Node, Script, Word
    from pgsurvive.text import Source

_MAX_STEPS = 20_000
_MAX_DEPTH = 40
"""Code that calls, sources or nests further isn't followed."""

_LEAVES = frozenset({"exit", "return", "break", "continue", "exec"})
_SETS_NO_OPTIONS = re.compile(
    r"env|conf|cfg|config|vars?|variables|settings|secrets?|credentials|profile|rc|defaults?"
)


@dataclass(frozen=True, slots=True)
class ShellOptions:
    """What `set` has turned on; None where it depends."""

    errexit: bool | None = False
    """Also true where a trap on ERR leaves."""

    pipefail: bool | None = False
    nounset: bool | None = False
    noclobber: bool | None = False

    def joined(self, other: ShellOptions) -> ShellOptions:
        """What is known where one or the other holds."""
        return ShellOptions(
            *(
                mine if mine == theirs else None
                for mine, theirs in zip(self._all(), other._all(), strict=True)
            )
        )

    def unsettled(self) -> ShellOptions:
        """After something that may turn on more."""
        return ShellOptions(*(each or None for each in self._all()))

    def _all(self) -> tuple[bool | None, ...]:
        return (self.errexit, self.pipefail, self.nounset, self.noclobber)

    def after_set(self, words: Iterable[str]) -> ShellOptions:
        """With the words of `set`, or of a shell's own command line."""
        changed: dict[str, bool] = {}
        sign = ""
        for word in words:
            if word in _LONG:
                changed[_LONG[word]] = sign != "+"
            elif re.fullmatch(r"[-+][A-Za-z]+", word):
                sign = word[0]
                changed.update({_SHORT[letter]: sign == "-" for letter in word[1:] if letter in _SHORT})
            elif word.startswith("--"):
                break
        return replace(self, **changed)


_LONG = {name: name for name in ("errexit", "pipefail", "nounset", "noclobber")}
_SHORT = {"e": "errexit", "u": "nounset", "C": "noclobber"}


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must have succeeded, or failed, for a step to run."""

    node: Node
    succeeded: bool

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands in it, without wrappers."""
        return tuple(peeled(command).command for command in shell.commands(self.node))


@dataclass(frozen=True, slots=True)
class Trap:
    """`trap 'body' SIGNALS`."""

    signals: tuple[str, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Step:
    """A command that may run."""

    command: Command
    """Without its wrappers."""

    written: Command
    """As it is written, wrappers included."""

    source: Source = field(repr=False)
    """The script, or the file that it sources."""

    wrappers: tuple[Wrapper, ...]
    options: ShellOptions
    """In force in the shell that runs it."""

    conditions: tuple[Condition, ...]
    is_checked: bool
    """Whether its status is asked for, by `if`, `&&`, `||`, `!` or `while`; errexit then doesn't see it."""

    function: str | None
    trap: Trap | None
    """The trap in whose code it stands."""

    in_loop: bool
    in_background: bool
    in_substitution: bool
    """Whether it runs in `$( )`."""

    pipeline: Pipeline | None
    """The innermost pipeline that it is part of."""

    position: int
    """Which part of that."""

    redirects: tuple[shell.Redirect, ...]
    """Its own, then those of the groups and the functions around it."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether it runs on another host or in a container."""
        return any(wrapper.is_elsewhere for wrapper in self.wrappers)

    @property
    def feeds(self) -> tuple[Command, ...]:
        """The commands that its output is piped into, without wrappers."""
        if self.pipeline is None:
            return ()
        behind = self.pipeline.parts[self.position + 1 :]
        return tuple(peeled(command).command for part in behind for command in shell.commands(part))

    @property
    def heredoc(self) -> Word | None:
        """The text that a here-document or a here-string gives to it, also through `su -c` or a group."""
        return next((r.target for r in self.redirects if r.operator.startswith("<<")), None)

    @property
    def output(self) -> Word | None:
        """The file that its standard output is redirected to, if any."""
        redirect = output_among(self.redirects)
        return redirect.target if redirect else None


def output_among(redirects: Iterable[shell.Redirect]) -> shell.Redirect | None:
    """The redirection of the standard output to a file; the first, since those of the command come first."""
    for redirect in redirects:
        if redirect.operator in (">", ">>", ">|", "&>", "&>>") and redirect.descriptor in (None, 1):
            return redirect
    return None


@dataclass(frozen=True, slots=True)
class _Place:
    """What is around a node."""

    source: Source
    wrappers: tuple[Wrapper, ...] = ()
    conditions: tuple[Condition, ...] = ()
    is_checked: bool = False
    function: str | None = None
    trap: Trap | None = None
    in_loop: bool = False
    in_background: bool = False
    in_substitution: bool = False
    pipeline: Pipeline | None = None
    position: int = 0
    redirects: tuple[shell.Redirect, ...] = ()
    depth: int = 0

    def given(self, node: Node, *, succeeded: bool) -> _Place:
        return replace(self, conditions=(*self.conditions, Condition(node, succeeded)))


def steps(
    source: Source, script: Script, files: Files, options: ShellOptions | None = None
) -> tuple[Step, ...]:
    """The steps of a script in the order in which they are written, those of sourced files behind them.

    `options` are those that whatever runs it has turned on.
    """
    walker = _Walker(files)
    options = options or ShellOptions()
    shebang = re.match(r"#![^\n]*", source.text)
    if shebang:
        options = options.after_set(shebang[0].split()[1:])
    try:
        walker.script(expanded(script.body), options, _Place(source))
    except RecursionError:
        return ()
    found = [step for each in walker.found.values() for step in each]
    return tuple(sorted(found, key=lambda step: (step.source is not source, step.command.start)))


class _Walker:
    def __init__(self, files: Files) -> None:
        self.files = files
        self.functions: dict[str, tuple[Function, Source]] = {}
        self.called_with: dict[str, ShellOptions] = {}
        self.found: dict[str | None, list[Step]] = {}
        """By function; a function that is called with other options again is gone through again."""

        self.calling: list[str] = []
        self.sourcing: list[str] = []
        self.count = 0

    def script(self, body: Node, options: ShellOptions, place: _Place) -> ShellOptions:
        self._learn(body, place.source)
        options = self.walk(body, options, place)
        for name, (function, source) in list(self.functions.items()):
            if name not in self.called_with:
                # Whoever calls it sources this file, and may have set more.
                self._call(function, source, options.unsettled(), _Place(source))
        return options

    def _learn(self, node: Node, source: Source) -> None:
        if isinstance(node, Function):
            self.functions[node.name] = (node, source)
        for child in shell.children(node):
            self._learn(child, source)

    def walk(  # noqa: C901, PLR0912 - one case per kind of node
        self, node: Node, options: ShellOptions, place: _Place
    ) -> ShellOptions:
        """Goes through a node; returns the options in force behind it."""
        match node:
            case Command():
                return self._command(node, options, place)
            case Sequence():
                return self._sequence(node, options, place)
            case Pipeline(parts=parts):
                for position, part in enumerate(parts):
                    checked = place.is_checked and position == len(parts) - 1
                    inside = replace(place, pipeline=node, position=position, is_checked=checked)
                    self.walk(part, options, inside)
                return options
            case AndOr(left=left, operator=operator, right=right):
                before = self.walk(left, options, replace(place, is_checked=True))
                after = self.walk(right, before, place.given(left, succeeded=operator == "&&"))
                return before.joined(after)
            case Negation(body=body):
                return self.walk(body, options, replace(place, is_checked=True))
            case If():
                return self._if(node, options, place)
            case Loop(condition=condition, body=body):
                inside = replace(place, in_loop=True)
                if condition is not None:
                    options = self.walk(condition, options, replace(inside, is_checked=True))
                    inside = inside.given(condition, succeeded=node.kind != "until")
                self._substitutions(node.words, options, place)
                return options.joined(self.walk(body, options, inside))
            case Case(branches=branches):
                after = options
                for branch in branches:
                    after = after.joined(self.walk(branch, options, place))
                return after
            case Group(body=body, redirects=redirects, is_subshell=is_subshell):
                after = self.walk(body, options, replace(place, redirects=(*redirects, *place.redirects)))
                return options if is_subshell else after
            case Function():
                return options
            case _:
                for child in shell.children(node):
                    options = options.joined(self.walk(child, options, place))
                return options

    def _sequence(self, node: Sequence, options: ShellOptions, place: _Place) -> ShellOptions:
        for item, terminator in zip(node.items, node.terminators, strict=True):
            if terminator == "&":
                self.walk(item, options, replace(place, in_background=True))
                continue
            options = self.walk(item, options, place)
            place = self._behind(item, place)
        return options

    def _behind(self, item: Node, place: _Place) -> _Place:
        """What holds behind `check || exit` and `if ! check; then exit; fi`."""
        match item:
            case AndOr(operator=operator, left=left, right=right) if self._leaves(right):
                return place.given(left, succeeded=operator == "||")
            case If(condition=condition, body=body, otherwise=None) if self._leaves(body):
                return place.given(condition, succeeded=False)
            case _:
                return place

    def _leaves(self, node: Node) -> bool:
        match node:
            case Command():
                if node.name in self.functions and node.name not in self.calling:
                    self.calling.append(node.name)
                    try:
                        return self._leaves(self.functions[node.name][0].body)
                    finally:
                        self.calling.pop()
                return node.name in _LEAVES and not (node.name == "exec" and not node.arguments)
            case Sequence(items=(*_, last)):
                return self._leaves(last)
            case Group(body=body, is_subshell=False):
                return self._leaves(body)
            case _:
                return False

    def _if(self, node: If, options: ShellOptions, place: _Place) -> ShellOptions:
        before = self.walk(node.condition, options, replace(place, is_checked=True))
        after = self.walk(node.body, before, place.given(node.condition, succeeded=True))
        if node.otherwise is None:
            return before.joined(after)
        return after.joined(self.walk(node.otherwise, before, place.given(node.condition, succeeded=False)))

    def _command(self, written: Command, options: ShellOptions, place: _Place) -> ShellOptions:
        self.count += 1
        if self.count > _MAX_STEPS or place.depth > _MAX_DEPTH:
            return options
        targets = [redirect.target for redirect in written.redirects if redirect.target is not None]
        self._substitutions((*written.assignments, *written.words, *targets), options, place)
        found = peeled(written)
        place = replace(place, wrappers=(*place.wrappers, *found.wrappers))
        if found.code is not None:
            inner = (
                options if found.wrappers[-1].name == "eval" else ShellOptions().after_set(found.code.options)
            )
            around = (*written.redirects, *place.redirects)
            inside = replace(place, is_checked=False, redirects=around, depth=place.depth + 1)
            after = self.walk(found.code.body, inner, inside)
            return after if found.wrappers[-1].name == "eval" else options
        if found.wrappers and found.wrappers[-1].name in ("find -exec", "xargs"):
            # The search itself is a step too.
            words = found.wrappers[-1].words
            self._add(replace(written, words=(*words, *found.command.words)), written, options, place)
        self._add(found.command, written, options, place)
        return self._effect(found.command, options, place)

    def _add(self, command: Command, written: Command, options: ShellOptions, place: _Place) -> None:
        self.found.setdefault(place.function, []).append(
            Step(
                command=command,
                written=written,
                source=place.source,
                wrappers=place.wrappers,
                options=options,
                conditions=place.conditions,
                is_checked=place.is_checked,
                function=place.function,
                trap=place.trap,
                in_loop=place.in_loop,
                in_background=place.in_background,
                in_substitution=place.in_substitution,
                pipeline=place.pipeline,
                position=place.position,
                redirects=(*command.redirects, *place.redirects),
            )
        )

    def _substitutions(self, words: Iterable[Word], options: ShellOptions, place: _Place) -> None:
        inside = replace(
            place,
            in_substitution=True,
            pipeline=None,
            position=0,
            redirects=(),
            is_checked=False,
            depth=place.depth + 1,
        )
        for word in words:
            for code in word.inside:
                self.walk(code, options, inside)

    def _effect(self, command: Command, options: ShellOptions, place: _Place) -> ShellOptions:
        """What a command changes for those behind it."""
        texts = [word.text for word in command.arguments]
        match command.name:
            case "set":
                return (
                    options.after_set(texts)
                    if all(w.constant for w in command.arguments)
                    else options.unsettled()
                )
            case "trap" if command.arguments and command.arguments[0].constant:
                return self._trap(texts, options, place)
            case "." | "source" if command.arguments:
                return self._source(command.arguments[0], options, place)
            case name if name in self.functions:
                function, source = self.functions[name]
                return self._call(function, source, options, place)
            case _:
                return options

    def _trap(self, words: list[str], options: ShellOptions, place: _Place) -> ShellOptions:
        code, *signals = words
        if code in ("-", "") or not signals:
            return options
        trap = Trap(tuple(signals), shell.parse(code).body)
        start = place.source.text.find(code)
        inside = _Place(place.source, function=place.function, trap=trap, depth=place.depth + 1)
        if start >= 0:
            body = moved(trap.body, lambda first, last: (start + first, start + last))
            self.walk(body, ShellOptions(), replace(inside, trap=replace(trap, body=body)))
        if "ERR" in signals and any(self._leaves(each) for each in shell.commands(trap.body)):
            return replace(options, errexit=True)
        return options

    def _call(self, function: Function, source: Source, options: ShellOptions, place: _Place) -> ShellOptions:
        name = function.name
        if name in self.calling or place.depth > _MAX_DEPTH:
            return options
        # What a function does is not seen by errexit where the function's status is asked for.
        options_inside = replace(options, errexit=False) if place.is_checked else options
        known = self.called_with.get(name)
        joined = options_inside if known is None else known.joined(options_inside)
        if joined == known:
            return options
        self.called_with[name] = joined
        self.found[name] = []
        self.calling.append(name)
        try:
            inside = _Place(source, function=name, depth=place.depth + 1, wrappers=place.wrappers)
            after = self.walk(function.body, joined, inside)
        finally:
            self.calling.pop()
        return options if place.is_checked else after

    def _source(self, word: Word, options: ShellOptions, place: _Place) -> ShellOptions:
        name = word.text.rpartition("/")[2]
        if name in self.sourcing or place.depth > _MAX_DEPTH:
            return options
        found = None if re.search(r"[$`*?]", name) or not name else self.files.find(name, place.source.path)
        if found is None:
            words = re.split(r"[^a-z]+", name.lower())
            return options if any(map(_SETS_NO_OPTIONS.fullmatch, words)) else options.unsettled()
        self.sourcing.append(name)
        body = expanded(shell.parse(found.text).body)
        self._learn(body, found)
        return self.walk(body, options, replace(place, source=found, depth=place.depth + 1))
