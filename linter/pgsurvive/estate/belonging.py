"""Which files of a tree speak of the same cluster, judged by where they lie.

A repository may hold many clusters and environments. Two files certainly belong together where nothing but directories
that every project has (`etc`, `postgresql`, `conf.d`, `docker`, …) lies between them, or where both lie under the same
names: `prod/postgresql/postgresql.conf` and `prod/pgbackrest.conf`, also `postgresql/prod/…` and `pgbackrest/prod/…`.
Where several files could be meant, none is: also not where another file of the kind lies as near, under a name that
might be one of this cluster's.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_T = TypeVar("_T")

Directory: TypeAlias = "tuple[str, ...]"

_REMEMBERED = 10_000
"""So many paths and names are taken apart once only; a tree has few different names."""

_ORDINARY = frozenset(
    """
    ansible backrest backup backups barman bin cfg compose conf config configs configuration container containers cron
    crontabs d data database databases db deploy deployment docker dockerfiles entrypoint etc file files home image
    images infra infrastructure init initdb initscripts j2 leader lib local main master ops opt pg pgbackrest pgdata
    pgsql playbooks postgres postgresql primary psql role roles root sbin script scripts server service services setup
    share sql src srv system systemd template templates tools usr var volumes wal yaml yml
    """.split()  # noqa: SIM905 - forty strings in quotes read worse
)
"""Words in a path that say what a file is, and not which cluster it is of."""

_ENVIRONMENTS = frozenset(
    """
    prod production live stage staging dev develop development test testing qa uat preprod demo local ci sandbox example
    sample replica standby secondary slave dr
    """.split()  # noqa: SIM905 - as above
)
"""Words in the name of a script that say which cluster it is for; other words there say what it does."""

_ASIDE = _ENVIRONMENTS | {
    "archive",
    "doc",
    "docs",
    "documentation",
    "examples",
    "legacy",
    "old",
    "samples",
    "tests",
}
"""Words of directories whose files are certainly not those of the cluster outside."""

_SUFFIXES = re.compile(r"(?:\.(?:conf|cnf|ini|ya?ml|sh|bash|in|j2|erb|tmpl|tpl|template|dist))+$")
_VERSION = re.compile(r"[a-z]*(?:9\.\d|9|1\d)$|\d+(?:\.\d+)*$")
"""`16`, `9.6`, `pg16`: a major. `pg1` is one of several servers."""


class Neighbors(Generic[_T]):
    """Files of one kind, found by the directories that they lie in or below."""

    def __init__(self, items: Iterable[_T], path_of: Callable[[_T], str]) -> None:
        self._path_of = path_of
        self._below: dict[Directory, list[_T]] = {}
        self._tables: dict[Directory, dict[frozenset[str], list[_T]]] = {}
        for item in items:
            directory, _ = _split(path_of(item))
            for depth in range(1, len(directory) + 1):
                self._below.setdefault(directory[:depth], []).append(item)

    def belonging_to(self, path: str, *, is_script: bool = False) -> _T | None:
        """The only one that certainly belongs to the file `path`; of several the one that is nearest.

        `is_script` says that the file is a script, whose name says what it does.
        """
        directory, name = _split(path)
        for depth in range(len(directory), 0, -1):
            by_words = self._by_words(directory[:depth])
            words = _words_of(directory[depth:], name, is_script=is_script)
            certain = by_words.get(words, ())
            if len(certain) > 1:
                return None
            if certain:
                (found,) = certain
                is_beside = _split(self._path_of(found))[0] == directory
                is_told = is_beside or bool(words)
                is_rivaled = any(others != words and _may_be(words, others) for others in by_words)
                return found if is_told or not is_rivaled else None
        return None

    def may_belong_to(self, path: str, belonging: Iterable[_T]) -> bool:
        """Whether another than those that belong to `path` may be meant: it lies as near, and no name says otherwise."""
        belonging = list(belonging)
        directory, name = _split(path)
        depth = min((_shared(directory, _split(self._path_of(each))[0]) for each in belonging), default=1)
        words = _words_of(directory[depth:], name, is_script=False)
        known = {id(each) for each in belonging}
        return any(
            id(item) not in known
            for others, items in self._by_words(directory[:depth]).items()
            if others == words or _may_be(words, others)
            for item in items
        )

    def _by_words(self, directory: Directory) -> dict[frozenset[str], list[_T]]:
        """The files below a directory, by the words that tell which cluster each is of."""
        found = self._tables.get(directory)
        if found is None:
            found = self._tables[directory] = {}
            for item in self._below.get(directory, ()):
                below, name = _split(self._path_of(item))
                words = _words_of(below[len(directory) :], name, is_script=False)
                found.setdefault(words, []).append(item)
        return found


def _may_be(words: frozenset[str], others: frozenset[str]) -> bool:
    """Whether files with different words may be of one cluster all the same: none stands aside by its name."""
    return not words ^ others <= _ASIDE


@lru_cache(maxsize=_REMEMBERED)
def _split(path: str) -> tuple[Directory, str]:
    """The directories of a path, from the root or from where the command runs, and its name."""
    *directories, name = posixpath.normpath(path.lower()).split("/")
    return tuple(directories) if posixpath.isabs(path) else (".", *directories), name


def _shared(one: Directory, other: Directory) -> int:
    """How many directories two paths share from the top."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((depth for depth, (mine, yours) in pairs if mine != yours), min(len(one), len(other)))


def _words_of(directories: Directory, name: str, *, is_script: bool) -> frozenset[str]:
    """The words that tell which cluster a file is of."""
    told = _telling_words(name, is_file=True)
    if is_script or (directories and directories[-1].endswith(".d")):
        told &= _ENVIRONMENTS
    return told.union(*map(_telling_words, directories))


@lru_cache(maxsize=_REMEMBERED)
def _telling_words(part: str, *, is_file: bool = False) -> frozenset[str]:
    if is_file:
        part = _SUFFIXES.sub("", part)
    if _VERSION.match(part):
        part = part.rstrip("0123456789.")
    # `..` leads nobody knows where, so it stays and tells.
    return frozenset(re.split(r"[^a-z0-9.]+|(?<!\.)\.(?!\.)", part)) - _ORDINARY - {""}
