"""Which files of a tree speak of the same cluster, judged by where they lie.

A repository may hold many clusters and environments. Two files certainly belong together where nothing but directories
that every project has (`etc`, `postgresql`, `conf.d`, `docker`, …) lies between them, or where both lie under the same
names: `prod/postgresql/postgresql.conf` and `prod/pgbackrest.conf`, also `postgresql/prod/…` and `pgbackrest/prod/…`.
Where several files could be meant, none is.
"""

from __future__ import annotations

import posixpath
import re
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

_SUFFIXES = re.compile(r"(?:\.(?:conf|cnf|ini|ya?ml|sh|bash|in|j2|erb|tmpl|tpl|template|dist))+$")
_VERSION = re.compile(r"[a-z]*(?:9\.\d|9|1\d)$|\d+(?:\.\d+)*$")
"""`16`, `9.6`, `pg16`: a major. `pg1` is one of several servers."""


def _telling_words(part: str) -> frozenset[str]:
    """The words of a directory's or file's name that tell which cluster it is of."""
    if _VERSION.match(part):
        part = part.rstrip("0123456789.")
    return frozenset(re.split(r"[^a-z0-9]+", part)) - _ORDINARY - {""}


def _words_of(directories: Sequence[str], name: str, *, is_script: bool) -> frozenset[str]:
    """The words of a path, in lower case, that tell which cluster the file is of."""
    told = _telling_words(_SUFFIXES.sub("", name))
    if is_script or (directories and directories[-1].endswith(".d")):
        told &= _ENVIRONMENTS
    return told.union(*map(_telling_words, directories))


def steps_shared(one: str, other: str, *, is_script: bool = False) -> int | None:
    """How deep in the tree the directory lies that holds two files of one cluster; None where that isn't certain.

    `is_script` says that the first of them is a script, whose name says what it does.
    """
    if posixpath.isabs(one) != posixpath.isabs(other):
        return None
    *here, name = posixpath.normpath(one.lower()).split("/")
    *there, other_name = posixpath.normpath(other.lower()).split("/")
    shared = len(posixpath.commonprefix([here, there]))
    if ".." in (*here[shared:], *there[shared:]):
        return None
    words = _words_of(here[shared:], name, is_script=is_script)
    return shared if words == _words_of(there[shared:], other_name, is_script=False) else None


def belonging_to(
    path: str, candidates: Iterable[_T], path_of: Callable[[_T], str], *, is_script: bool = False
) -> _T | None:
    """The only one of the candidates that certainly belongs to the file `path`; of several the one that is nearest."""
    found = [
        (steps, candidate)
        for candidate in candidates
        if (steps := steps_shared(path, path_of(candidate), is_script=is_script)) is not None
    ]
    deepest = [candidate for steps, candidate in found if steps == max(steps for steps, _ in found)]
    return deepest[0] if len(deepest) == 1 else None
