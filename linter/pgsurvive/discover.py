"""Which files to check: those named, and those below the directories named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pgsurvive.config import path_matches
from pgsurvive.kinds import is_worth_reading, kind_of
from pgsurvive.text import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pathspec import GitIgnoreSpec

    from pgsurvive.text import Kind

_MAX_SIZE = 5 * 2**20
"""No configuration file or script is larger than this; what is, is data."""

SKIPPED_DIRECTORIES = frozenset({".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__"})
"""Directories that hold no file of the project itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to check."""

    file: Path
    path: str
    """As findings name it: relative where the user gave a relative path, with forward slashes."""

    kind: Kind | None
    """None for a file that pgsurvive has nothing to say about."""

    source: Source | None
    """Its text, unless it is of no kind or can't be read."""

    problem: str | None = None
    """Why it can't be read."""


def discover(paths: Sequence[Path], exclude: Sequence[str] = ()) -> Iterator[Found]:
    """Every file under these paths, in a stable order, each once. A named file is looked at even where git ignores it."""
    seen: set[Path] = set()
    for path in paths:
        walk = _walk(path, exclude) if path.is_dir() else [path]
        for file in walk:
            resolved = file.resolve()
            if resolved not in seen:
                seen.add(resolved)
                yield identify(file)


def identify(file: Path) -> Found:
    """What a file is. Reads it only where the name leaves it open or a rule will need the text."""
    path = file.as_posix()
    try:
        if file.stat().st_size > _MAX_SIZE or not _may_be_text(file):
            return Found(file, path, None, None)
        source = Source.read(file, path)
    except OSError as error:
        return Found(file, path, None, None, error.strerror or str(error))
    kind = kind_of(source)
    return Found(file, path, kind, source if kind else None)


def _may_be_text(file: Path) -> bool:
    """Whether it is worth reading."""
    if is_worth_reading(file.as_posix(), None):
        return True
    if "." in file.name.lstrip("."):
        return False
    with file.open("rb") as stream:
        return is_worth_reading(file.as_posix(), stream.read(200))


def _walk(top: Path, exclude: Sequence[str]) -> Iterator[Path]:
    """The files below a directory, sorted, without those that git ignores or `exclude` names.

    A link to a file outside is left out: a walk reads nothing that isn't below the directory.
    """
    inside = top.resolve()
    for file in _walk_below(top, _ignores_above(top), exclude):
        if not file.is_symlink() or inside in file.resolve().parents:
            yield file


_Ignores = tuple[tuple[Path, "GitIgnoreSpec"], ...]


def _walk_below(directory: Path, ignores: _Ignores, exclude: Sequence[str]) -> Iterator[Path]:
    ignores = (*ignores, *_ignore_file(directory))
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        yield directory  # reported as a file that can't be read
        return
    for entry in entries:
        path = directory / entry.name
        is_directory = entry.is_dir(follow_symlinks=False)
        if _is_ignored(path, ignores, is_directory=is_directory):
            continue
        if any(path_matches(path.as_posix(), pattern) for pattern in exclude):
            continue
        if is_directory:
            if entry.name not in SKIPPED_DIRECTORIES:
                yield from _walk_below(path, ignores, exclude)
        elif entry.is_file():
            yield path


def _ignores_above(top: Path) -> _Ignores:
    """The .gitignore files above a directory, down from the root of its repository."""
    top = top.resolve()
    root = next((p for p in (top, *top.parents) if (p / ".git").exists()), None)
    if root is None or root == top:
        return ()
    between = [p for p in top.parents if p == root or root in p.parents]
    return tuple(spec for place in reversed(between) for spec in _ignore_file(place))


def _ignore_file(directory: Path) -> _Ignores:
    file = directory / ".gitignore"
    if not file.is_file():
        return ()
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only where something is ignored

    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return ((directory.resolve(), GitIgnoreSpec.from_lines(lines)),)


def _is_ignored(path: Path, ignores: _Ignores, *, is_directory: bool) -> bool:
    """What the nearest .gitignore that has an opinion says."""
    if not ignores:
        return False
    resolved = path.parent.resolve() / path.name
    for directory, spec in reversed(ignores):
        relative = resolved.relative_to(directory).as_posix()
        verdict = spec.check_file(f"{relative}/" if is_directory else relative).include
        if verdict is not None:
            return verdict
    return False
