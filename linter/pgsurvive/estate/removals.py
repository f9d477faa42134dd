"""What a script removes: the operands of `rm`, and what `find` selects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pgsurvive.estate.copying import operands_of
from pgsurvive.syntax import shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgsurvive.estate.script import ShellScript
    from pgsurvive.estate.steps import Step
    from pgsurvive.syntax.shell import Word

_REMOVERS = frozenset({"rm", "unlink", "shred", "srm"})
_AGES = frozenset({"-mtime", "-ctime", "-atime", "-mmin", "-cmin", "-amin"})
_RECURSIVE = re.compile(r"-[A-Za-z]*[rR][A-Za-z]*|--recursive")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*|\d+)")
_TEMPORARY = re.compile(r"te?mp\b|tmp|scratch|\.(?:new|part|partial)\b|\$\$|RANDOM|/dev/shm", re.IGNORECASE)
_THIS_RUN = re.compile(r"\bdate\b|%[YmdHFT]|\bnow\b|time_?stamp|uuid|today", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Removal:
    """A command that removes files."""

    step: Step
    program: str
    """`find`, `rm`, …"""

    targets: tuple[Word, ...]
    """The operands of `rm`; of `find` the places where it looks."""

    is_recursive: bool
    by_age: bool = False
    """Whether `find` selects by age."""

    names: tuple[str, ...] = ()
    """The patterns of names that `find` selects by."""

    by_rank: bool = False
    """Whether all are found and `tail` or `head` selects, or all but one name: older ones, as a rule."""

    is_particular: bool = False
    """Whether `find` has tests that can't be judged, such as `! -newer`."""


def removals(script: ShellScript) -> Iterator[Removal]:
    """Every removal in a script, in the order in which they are written; none while an image is built."""
    for step in () if script.builds_image else script.own_steps:
        found = _removal(step)
        if found is not None:
            yield found


def _removal(step: Step) -> Removal | None:
    command = step.command
    if command.name == "find":
        return _found(step)
    if command.name not in _REMOVERS or any(w.name in ("find -exec", "xargs") for w in step.wrappers):
        return None  # the search stands for itself
    targets = tuple(operands_of(command.arguments, frozenset()))
    recursive = any(_RECURSIVE.fullmatch(word.text) for word in command.arguments)
    return Removal(step, command.name, targets, recursive) if targets else None


def _found(step: Step) -> Removal | None:
    words = [word.text for word in step.command.arguments]
    acts = {word.rpartition("/")[2] for word in words}
    removes = "-delete" in words or (
        bool(acts & _REMOVERS) and not acts.isdisjoint({"-exec", "-execdir", "-ok"})
    )
    removes = removes or any(
        each.name in _REMOVERS or (each.name == "xargs" and any(w.text in _REMOVERS for w in each.words))
        for each in step.feeds
    )
    places: list[Word] = []
    for word in step.command.arguments:
        if word.text.startswith(("-", "(", "!", "\\")):
            break
        places.append(word)
    if not removes or not places:
        return None
    by_age = any(test in _AGES and not value.startswith("-") for test, value in pairwise(words))
    by_rank = any(each.name in ("tail", "head") for each in step.feeds) or any(
        before in ("!", "-not") and test == "-name" for before, test in pairwise(words)
    )
    names = tuple(
        value
        for before, test, value in zip(["", *words], words, words[1:], strict=False)
        if test in ("-name", "-iname") and before not in ("!", "-not")
    )
    particular = any(
        word in ("-newer", "-anewer", "-cnewer", "-newermt", "-empty", "-size", "-perm", "-user")
        for word in words
    )
    return Removal(step, "find", tuple(places), True, by_age, names, by_rank, particular)  # noqa: FBT003


@dataclass(frozen=True, slots=True)
class Setting:
    """One place where a variable gets a value."""

    value: str
    """As written, without its quotes."""

    function: str | None


def settings(script: ShellScript) -> dict[str, list[Setting]]:
    """Everything that the script and the files that it sources assign, by name; loops and `read` set something unknown."""
    found: dict[str, list[Setting]] = {}
    for step in script.steps:
        command = step.written
        declares = command.name in ("export", "local", "declare", "typeset", "readonly")
        for word in (*command.assignments, *(command.arguments if declares else ())):
            name, equals, value = word.text.partition("=")
            if equals:
                plain = re.sub(r"^(['\"])(.*)\1$", r"\2", value, flags=re.DOTALL)
                found.setdefault(name.rstrip("+"), []).append(Setting(plain, step.function))
        if command.name in ("read", "mapfile", "readarray", "getopts", "printf"):
            for word in command.arguments:
                found.setdefault(word.text, []).append(Setting("$(read)", step.function))
    _loops(script.script.body, found)
    return found


def _loops(node: shell.Node, found: dict[str, list[Setting]]) -> None:
    if isinstance(node, shell.Loop) and node.variable:
        found.setdefault(node.variable, []).append(Setting("$(loop)", None))
    for child in shell.children(node):
        _loops(child, found)


def described(path: str, values: Mapping[str, list[Setting]]) -> str:
    """A path with what its variables were set to behind it; enough to see what it is called."""
    text, pending = path, path
    for _ in range(4):
        pending = " ".join(
            each.value for name in _VARIABLE.findall(pending) for each in values.get(name, ())
        ).strip()
        if not pending:
            break
        text += f" {pending}"
    return text


def is_scratch(description: str) -> bool:
    """Whether a description says that what lies there was made for a moment."""
    return _TEMPORARY.search(description) is not None


def is_of_this_run(description: str) -> bool:
    """Whether it was named by the time of this run, so nothing older lies there."""
    return _THIS_RUN.search(description) is not None
