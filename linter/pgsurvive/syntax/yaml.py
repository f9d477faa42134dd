"""YAML as nodes with their places. ruamel.yaml reads the text; anchors and merge keys are resolved on the way."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.text import Source


_MAX_NODES = 500_000
"""What has more, once its aliases are followed, is no configuration but an attack on its reader."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; `start` and `end` are offsets of what is written, quotes included."""

    value: str
    start: int
    end: int
    is_block: bool
    """Whether it is written as a block (`|` or `>`), so that offsets inside it say nothing."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a document. Which of the look-ups finds anything says what it is."""

    _node: Any

    def get(self, *path: str) -> Node | None:
        """What stands under these keys, one mapping inside the other; None where a key is missing."""
        found: Node | None = self
        for key in path:
            found = next((value for name, value in found.items() if name == key), None) if found else None
        return found

    def items(self) -> Iterator[tuple[str, Node]]:
        """Keys and values of a mapping, its own before those that it merges in (`<<`)."""
        if self._node.id != "mapping":
            return
        merged: list[Node] = []
        for key, value in self._node.value:
            if key.value == "<<":
                merged += [Node(each) for each in (value.value if value.id == "sequence" else [value])]
            elif isinstance(key.value, str):
                yield key.value, Node(value)
        for each in merged:
            yield from each.items()

    def key(self, name: str) -> Scalar | None:
        """Where a mapping's own key is written."""
        if self._node.id != "mapping":
            return None
        keys = (key for key, _ in self._node.value if key.id == "scalar" and key.value == name)
        return next((Node(key).scalar for key in keys), None)

    @property
    def start(self) -> int:
        """The offset at which it begins; of an alias, that of what it stands for."""
        return int(self._node.start_mark.index)

    @property
    def end(self) -> int:
        """The offset behind it."""
        return int(self._node.end_mark.index)

    def elements(self) -> list[Node]:
        """The elements of a sequence; empty for everything else."""
        return [Node(each) for each in self._node.value] if self._node.id == "sequence" else []

    @property
    def scalar(self) -> Scalar | None:
        """The value, if it is a single one."""
        if self._node.id != "scalar":
            return None
        node = self._node
        return Scalar(node.value, node.start_mark.index, node.end_mark.index, node.style in ("|", ">"))


def parse(source: Source) -> tuple[Node, ...]:
    """The documents of a file; none for a text that is no YAML, such as a template. Never raises."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - only for files that need it
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        documents = list(YAML(typ="safe", pure=True).compose_all(source.text))
        return tuple(Node(each) for each in documents if each is not None and _size(each, {}) <= _MAX_NODES)
    except (YAMLError, RecursionError, ValueError):
        return ()


def _size(node: Any, known: dict[int, float]) -> float:
    """How many nodes a document has once its aliases are followed; infinite for one that holds itself."""
    size = known.get(id(node))
    if size is None:
        known[id(node)] = inf
        children = node.value if node.id == "sequence" else []
        if node.id == "mapping":
            children = [each for pair in node.value for each in pair]
        size = known[id(node)] = 1 + sum(_size(child, known) for child in children)
    return size
