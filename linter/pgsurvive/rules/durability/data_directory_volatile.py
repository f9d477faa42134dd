"""PGS209 data-directory-volatile."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_MEMORY = ("/dev/shm", "/run", "/var/run")  # noqa: S108 - names to look for; nothing is written there
_TEMPORARY = ("/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp")  # noqa: S108 - as above
_REMOVABLE_DISKS = "/run/media"
"""Where desktops mount disks, though /run itself is memory."""

_NAMED_AFTER_MEMORY = re.compile(r"/(?:tmpfs|ramfs|ram[-_]?disk)\d*(?=/|$)", re.IGNORECASE)


@rule(
    code="PGS209",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/runtime-config-file-locations.html#GUC-DATA-DIRECTORY",
)
def data_directory_volatile(config: PostgresConfig) -> Iterator[Draft]:
    """The cluster lies where the system empties: in memory, or among temporary files."""
    setting = config.effective("data_directory")
    if not isinstance(setting.value, str) or config.is_throwaway:
        return
    path = posixpath.normpath(setting.value)
    if _is_memory(path):
        loss = "is memory: the next restart of the machine, planned or not, takes the whole cluster with it"
    elif _below(path, _TEMPORARY):
        loss = "is for temporary files: the system removes what lies there at a restart, or after days without use"
    else:
        return
    yield setting.finding(
        f"{path} {loss}",
        help="move the data directory to a disk of its own, such as /var/lib/postgresql, while the server is shut down",
    )


def _is_memory(path: str) -> bool:
    if _NAMED_AFTER_MEMORY.search(path):
        return True
    return _below(path, _MEMORY) and not _below(path, (_REMOVABLE_DISKS,))


def _below(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)
