"""Shell variables as far as they are constant: what the words of a script stand for once it runs.

A variable counts as known if the script sets it exactly once, unconditionally, to something known. Everything else
stays as it is written, and its word not `constant`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

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
    Other,
    Pipeline,
    Sequence,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Sequence as Many

    from pgsurvive.syntax.shell import Node, Redirect, Word

_EXPANSION = re.compile(
    r"""
      \$(?P<plain> \d | [A-Za-z_]\w* )
    | \$\{ (?P<braced> \w+ ) (?: :?[?-] [^{}$]* )? \}               # ${1:?usage}, ${2:-default}
    | \$\{ (?P<tail> \w+ ) \#\#\*/ \}                               # ${1##*/}
    | \$\( \s* basename \s+ (?:--\s+)? "?\$\{? (?P<base> \w+ ) \}?"? \s* \)
    """,
    re.VERBOSE,
)
_ASSIGNMENT = re.compile(
    r"""(?P<name> [A-Za-z_]\w* ) (?P<more> \+? ) =
        (?P<value> (?: "(?:\\.|[^"\\])*" | '[^']*' | \$\([^()]*\) | \$\{[^{}]*\} | \\. | [^\s"'\\] )* )""",
    re.VERBOSE | re.DOTALL,
)
_DECLARES = frozenset({"export", "readonly", "local", "declare", "typeset"})
_READS_INTO = frozenset({"read", "mapfile", "readarray", "getopts", "unset", "printf"})
_MOVES_PARAMETERS = frozenset({"shift", "getopts"})

Place = tuple[int, int]


def expanded(body: Node, parameters: Many[str] = ()) -> Node:
    """The same code with known variables put in; `parameters` are what $1, $2, … stand for, as far as they are known."""
    if any(map(_moves_parameters, shell.commands(body))):
        parameters = ()
    values: dict[str, str] = {str(number): value for number, value in enumerate(parameters, start=1)}
    settings = list(_settings(body, certain=True))
    times = Counter(name for name, _ in settings)
    for name, value in settings:
        if times[name] > 1 or value is None:
            continue
        known = _plain(value, values)
        if known is not None:
            values[name] = known
    if not values:
        return body
    in_function = {name: value for name, value in values.items() if not name.isdecimal()}
    return _mapped(body, lambda word: _filled(word, values), lambda word: _filled(word, in_function))


def moved(body: Node, place: Callable[[int, int], Place]) -> Node:
    """The same code with other offsets: `place` tells where a stretch stands in the outer text."""
    return _mapped(body, _same, _same, place)


def functions(body: Node) -> dict[str, Node]:
    """What the functions that the code defines consist of, by name."""
    return {node.name: node.body for node in _nodes(body) if isinstance(node, Function)}


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in shell.children(node):
        yield from _nodes(child)


def _moves_parameters(command: Command) -> bool:
    words = [word.text for word in command.words]
    return bool(words) and (words[0] in _MOVES_PARAMETERS or words[:2] == ["set", "--"])


def _settings(node: Node, *, certain: bool) -> Iterator[tuple[str, str | None]]:
    """Each name that is set, in order, with its value as written; None where it may stay unset or can't be known."""
    match node:
        case Command():
            for name, value in _set_by(node):
                yield name, value if certain else None
        case AndOr(left=left, right=right):
            yield from _settings(left, certain=certain)
            # In `a=1 && b` the assignment on the left can't fail, so b is reached.
            yield from _settings(right, certain=certain and _only_assigns(left))
        case Sequence() | Group():
            for child in shell.children(node):
                yield from _settings(child, certain=certain)
        case _:
            for child in shell.children(node):
                yield from _settings(child, certain=False)


def _set_by(command: Command) -> Iterator[tuple[str, str | None]]:
    """The names that a command sets, each with its value as written or None."""
    name = command.words[0].text if command.words else ""
    # `A=1 program` sets it for that program alone.
    written = command.words[1:] if name in _DECLARES else () if name else command.assignments
    for word in written:
        for match in _ASSIGNMENT.finditer(word.text):
            yield match["name"], None if match["more"] else match["value"]
    if name in _READS_INTO:
        yield from ((word.text, None) for word in command.words[1:] if word.text.isidentifier())


def _only_assigns(node: Node) -> bool:
    return isinstance(node, Command) and not node.words and bool(node.assignments)


def _plain(value: str, values: Mapping[str, str]) -> str | None:
    """What an assigned value stands for, or None."""
    if value[:1] == value[-1:] == "'" and len(value) > 1 and "'" not in value[1:-1]:
        return value[1:-1]
    if "'" in value or "\\" in value:
        return None
    # Quotes inside $( ) belong to the command there, and the pattern of `basename` allows for them.
    known = _EXPANSION.sub(lambda match: _value(match, values) or match[0], value).replace('"', "")
    return None if re.search(r"[$`]", known) else known


def _filled(word: Word, values: Mapping[str, str]) -> Word:
    if word.constant or "\\" in word.text:
        return word
    text = _EXPANSION.sub(lambda match: _value(match, values) or match[0], word.text)
    if text == word.text:
        return word
    return replace(word, text=text, constant=not re.search(r"[$`]|[<>]\(", text))


def _value(match: re.Match[str], values: Mapping[str, str]) -> str | None:
    name = match["plain"] or match["braced"]
    if name:
        return values.get(name)
    path = values.get(match["tail"] or match["base"])
    # The server's %p always ends in the file name.
    return None if path is None else "%f" if path.endswith("%p") else path.rpartition("/")[2]


def _same(word: Word) -> Word:
    return word


def _stay(start: int, end: int) -> Place:
    return start, end


def _mapped(
    node: Node,
    change: Callable[[Word], Word],
    change_in_function: Callable[[Word], Word],
    place: Callable[[int, int], Place] = _stay,
) -> Node:
    """The same tree with each word changed and each offset moved."""

    def word(old: Word) -> Word:
        start, end = place(old.start, old.end)
        inside = tuple(_mapped(code, change, change_in_function, place) for code in old.inside)
        return replace(change(old), start=start, end=end, inside=inside)

    def words(old: Many[Word]) -> tuple[Word, ...]:
        return tuple(map(word, old))

    def redirects(old: Many[Redirect]) -> tuple[Redirect, ...]:
        return tuple(replace(r, target=word(r.target) if r.target else None) for r in old)

    start, end = place(node.start, node.end)
    if isinstance(node, Command):
        return Command(words(node.words), start, end, redirects(node.redirects), words(node.assignments))
    if isinstance(node, Function):
        change = change_in_function
    inside = tuple(_mapped(child, change, change_in_function, place) for child in shell.children(node))
    if isinstance(node, Group):
        return replace(node, body=inside[0], start=start, end=end, redirects=redirects(node.redirects))
    if isinstance(node, Loop):
        node = replace(node, words=words(node.words))
    elif isinstance(node, Case):
        node = replace(node, word=word(node.word) if node.word else None)
    return replace(_with_children(node, inside), start=start, end=end)


def _with_children(node: Node, inside: tuple[Node, ...]) -> Node:
    match node:
        case Pipeline():
            return replace(node, parts=inside)
        case AndOr():
            return replace(node, left=inside[0], right=inside[1])
        case Negation() | Group() | Function():
            return replace(node, body=inside[0])
        case Loop():
            return replace(node, condition=inside[0] if len(inside) > 1 else None, body=inside[-1])
        case Case():
            return replace(node, branches=inside)
        case Sequence():
            return replace(node, items=inside)
        case If():
            return replace(node, condition=inside[0], body=inside[1], otherwise=(*inside, None)[2])
        case Other():
            return replace(node, children=inside)
        case Command():
            return node
