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
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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
    share sql src srv systemd template templates tools usr var volumes wal yaml yml
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


@dataclass(frozen=True, slots=True)
class Relation:
    """How two files lie to each other."""

    shared: int
    """How deep in the tree the directory lies that holds both."""

    words: frozenset[str]
    """What tells, below that directory, which cluster the first is of."""

    other_words: frozenset[str]
    """The same for the second."""

    is_same_directory: bool

    @property
    def is_certain(self) -> bool:
        """Whether they are files of one cluster, as far as the two alone can tell."""
        return self.words == self.other_words

    @property
    def is_possible(self) -> bool:
        """Whether they may be, since no name says that the one stands aside."""
        return self.is_certain or not (self.words ^ self.other_words) <= _ASIDE


def relation(one: str, other: str, *, is_script: bool = False) -> Relation | None:
    """How two files lie to each other; `is_script` says that the first is a script, whose name says what it does.

    None where that can't be told from the paths.
    """
    if posixpath.isabs(one) != posixpath.isabs(other):
        return None
    here, name = _split(one)
    there, other_name = _split(other)
    shared = 0
    for mine, yours in zip(here, there, strict=False):
        if mine != yours:
            break
        shared += 1
    if ".." in here[shared:] or ".." in there[shared:]:
        return None
    words = _words_of(here[shared:], name, is_script=is_script)
    return Relation(shared, words, _words_of(there[shared:], other_name, is_script=False), here == there)


@lru_cache(maxsize=_REMEMBERED)
def _split(path: str) -> tuple[Directory, str]:
    """The directories of a path, from the top, and its name."""
    *directories, name = posixpath.normpath(path.lower()).split("/")
    return tuple(directories), name


def _words_of(directories: Sequence[str], name: str, *, is_script: bool) -> frozenset[str]:
    told = _telling_words(name, is_file=True)
    if is_script or (directories and directories[-1].endswith(".d")):
        told &= _ENVIRONMENTS
    return told.union(*map(_telling_words, directories))


@lru_cache(maxsize=_REMEMBERED)
def _telling_words(part: str, *, is_file: bool = False) -> frozenset[str]:
    """The words of a directory's or file's name that tell which cluster it is of."""
    if is_file:
        part = _SUFFIXES.sub("", part)
    if _VERSION.match(part):
        part = part.rstrip("0123456789.")
    return frozenset(re.split(r"[^a-z0-9]+", part)) - _ORDINARY - {""}


class Neighbors(Generic[_T]):
    """Files of one kind, found by the directories that they lie in or below."""

    def __init__(self, items: Iterable[_T], path_of: Callable[[_T], str]) -> None:
        self._path_of = path_of
        self._below: dict[Directory, list[_T]] = {}
        for item in items:
            directory, _ = _split(path_of(item))
            for depth in range(len(directory) + 1):
                self._below.setdefault(directory[:depth], []).append(item)

    def belonging_to(self, path: str, *, is_script: bool = False) -> _T | None:
        """The only one that certainly belongs to the file `path`; of several the one that is nearest.

        `is_script` says that the file is a script, whose name says what it does.
        """
        directory, _ = _split(path)
        for depth in range(len(directory), -1, -1):
            related = self._related(path, directory[:depth], is_script=is_script)
            certain = [(how, item) for how, item in related if how.is_certain]
            if len(certain) > 1:
                return None
            if certain:
                ((how, found),) = certain
                if how.is_same_directory or how.words:
                    return found
                return None if any(h.is_possible for h, item in related if item is not found) else found
        return None

    def may_belong_to(self, path: str, depth: int, belonging: Iterable[_T]) -> bool:
        """Whether another than those that belong to `path` may be meant, since it shares so many directories with it."""
        directory, _ = _split(path)
        known = {id(item) for item in belonging}
        related = self._related(path, directory[:depth], is_script=False)
        return any(how.is_possible for how, item in related if id(item) not in known)

    def _related(self, path: str, directory: Directory, *, is_script: bool) -> list[tuple[Relation, _T]]:
        """How those below a directory lie to a file, which lies below it too."""
        return [
            (how, item)
            for item in self._below.get(directory, ())
            if (how := relation(path, self._path_of(item), is_script=is_script)) is not None
        ]


def depth_shared(path: str, others: Iterable[str]) -> int:
    """How deep the directory lies that holds a file and all the others; 0 where there are none."""
    return min((how.shared for each in others if (how := relation(path, each)) is not None), default=0)
