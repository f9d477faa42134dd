"""The YAML files of the checked tree around one of them: what may complete it, as an override or a patch does."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.files import Files
    from pgsurvive.text import Source

_MAX_NAMES = 20_000
"""More names than this are no project: what is not found among them may be anywhere."""

_SKIPPED = re.compile(r"\.(?:git|venv|terraform)$|node_modules$|__pycache__$")
_PASSING = (
    r"samples?|examples?|demos?|dev(?:el(?:opment)?)?|local|sandbox|playground|tests?|testing|e2e|ci|preview"
)
_PARTS = r"docs?|templates?|charts?|bases?|components?|archived?"
_PASSING_NAME = re.compile(rf"(?<![a-z])(?:{_PASSING})(?![a-z])")
_UNREAL_PATH = re.compile(rf"(?<![a-z])(?:{_PASSING}|{_PARTS})(?![a-z])")
_NEAR = 4
"""So many last parts of an absolute path belong to the project; those above, such as /usr/local, say nothing of the file."""


def is_unreal(path: str) -> bool:
    """Whether a path says that a file is a sample, a part that others complete, or of an environment to throw away."""
    near = path.split("/")[-_NEAR:] if path.startswith("/") else [path]
    return _UNREAL_PATH.search("/".join(near).lower()) is not None


def is_passing(name: str) -> bool:
    """Whether the name of a service or cluster says that it is a sample or will be thrown away."""
    return _PASSING_NAME.search(name.lower()) is not None


def yaml_files(files: Files, source: Source) -> Iterator[Source]:
    """Every YAML file of the checked tree that this file lies in, without this one."""
    for path in _paths(files, _top(files, source)):
        if path != posixpath.normpath(source.path) and re.search(r"\.ya?ml$", path):
            found = files.read(path)
            if found is not None:
                yield found


def beside(files: Files, source: Source) -> Iterator[Source]:
    """The YAML files in the directory of this file, without this one."""
    directory = posixpath.dirname(source.path)
    for name in sorted(files.names_in(directory or ".") or ()):
        path = posixpath.join(directory, name)
        if path != source.path and re.search(r"\.ya?ml$", name):
            found = files.read(path)
            if found is not None:
                yield found


def _top(files: Files, source: Source) -> str:
    top = posixpath.dirname(posixpath.normpath(source.path)) or "."
    while (above := posixpath.normpath(posixpath.join(top, ".."))) != top and files.covers(above):
        top = above
    return top


def _paths(files: Files, top: str) -> Iterator[str]:
    waiting = [top]
    count = 0
    while waiting and count < _MAX_NAMES:
        directory = waiting.pop()
        for name in sorted(files.names_in(directory) or ()):
            count += 1
            path = posixpath.normpath(posixpath.join(directory, name))
            if "." in name.lstrip("."):
                yield path
            if not _SKIPPED.search(name) and not re.search(r"\.\w+$", name):
                waiting.append(path)
