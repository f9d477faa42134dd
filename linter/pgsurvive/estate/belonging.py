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
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_T = TypeVar("_T")

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
    *here, name = posixpath.normpath(one.lower()).split("/")
    *there, other_name = posixpath.normpath(other.lower()).split("/")
    shared = len(posixpath.commonprefix([here, there]))
    if ".." in (*here[shared:], *there[shared:]):
        return None
    words = _words_of(here[shared:], name, is_script=is_script)
    return Relation(shared, words, _words_of(there[shared:], other_name, is_script=False), here == there)


def _words_of(directories: Sequence[str], name: str, *, is_script: bool) -> frozenset[str]:
    told = _telling_words(_SUFFIXES.sub("", name))
    if is_script or (directories and directories[-1].endswith(".d")):
        told &= _ENVIRONMENTS
    return told.union(*map(_telling_words, directories))


def _telling_words(part: str) -> frozenset[str]:
    """The words of a directory's or file's name that tell which cluster it is of."""
    if _VERSION.match(part):
        part = part.rstrip("0123456789.")
    return frozenset(re.split(r"[^a-z0-9]+", part)) - _ORDINARY - {""}


def belonging_to(
    path: str, candidates: Iterable[_T], path_of: Callable[[_T], str], *, is_script: bool = False
) -> _T | None:
    """The only one of the candidates that certainly belongs to the file `path`; of several the one that is nearest."""
    related = [
        (how, candidate)
        for candidate in candidates
        if (how := relation(path, path_of(candidate), is_script=is_script)) is not None
    ]
    certain = [(how, candidate) for how, candidate in related if how.is_certain]
    nearest = [each for each in certain if each[0].shared == max(how.shared for how, _ in certain)]
    if len(nearest) != 1:
        return None
    ((how, candidate),) = nearest
    if how.is_same_directory or how.words:
        return candidate
    others = (other for other, each in related if each is not candidate and other.shared >= how.shared)
    return None if any(other.is_possible for other in others) else candidate


def may_belong_to(path: str, others: Iterable[str], belonging: Iterable[str]) -> bool:
    """Whether one of the other files, too, may be of the cluster of `path`: it lies as near as those that belong to it."""
    depths = [how.shared for each in belonging if (how := relation(path, each)) is not None]
    found = (how for other in others if (how := relation(path, other)) is not None)
    return any(how.is_possible and how.shared >= min(depths, default=0) for how in found)
