"""Where a path on the server leads to, and what makes files vanish from there."""

from __future__ import annotations

import posixpath
import re

_MEMORY = "is memory, and a reboot or a power failure empties it"
_VOLATILE = {
    "/dev/null": "keeps nothing",
    "/dev/shm": _MEMORY,  # noqa: S108 - to be recognized, not used; below too
    "/run": _MEMORY,
    "/var/run": _MEMORY,
    "/tmp": "is emptied at a reboot, and of old files before that",  # noqa: S108
}
"""The directories that the File Hierarchy Standard or the kernel lets vanish. /var/tmp is meant to survive a reboot."""

_PGDATA = re.compile(r"\$(?:PGDATA|\{PGDATA\})(?=/|$)")
_STANDARD_DATA_DIRECTORY = re.compile(
    r"/var/lib/(?:postgresql/(?:data|\d+/(?:main|docker|data))|pgsql/(?:\d+/)?data)(?=/)"
)
"""Where Debian, Red Hat and the official container image put a cluster."""


def is_remote(path: str) -> bool:
    """Whether a path names another host or an object store, or a drive of Windows."""
    return re.match(r"[^/]*:", path) is not None or "\\" in path


def volatile(path: str) -> str | None:
    """Why what is stored under an absolute path vanishes, or None."""
    path = posixpath.normpath(path) if path.startswith("/") else ""
    for place, why in _VOLATILE.items():
        if path == place or path.startswith(f"{place}/"):
            return f"{place} {why}"
    return None


def inside_data_directory(path: str, data_directory: str | None) -> bool:
    """Whether a path certainly leads into the data directory, which commands run in."""
    if _PGDATA.match(path):
        return not _leads_out(path.partition("/")[2])
    if path.startswith("/"):
        path = posixpath.normpath(path)
        if data_directory is not None:
            return path.startswith(posixpath.normpath(data_directory) + "/")
        return _STANDARD_DATA_DIRECTORY.match(path) is not None
    return not re.match(r"[$~`<>-]", path) and not _leads_out(path)


def _leads_out(path: str) -> bool:
    return posixpath.normpath(path).startswith("..")


_NETWORK = re.compile(
    r"(?:^|[/_.-])(?:nfs|efs|cifs|smb|nas|s3|s3fs|gcs|gcsfuse|goofys|ceph\w*|gluster\w*)\d*(?:[/_.-]|$)"
)


def is_local_disk(path: str) -> bool:
    """Whether a path leads to a disk of this machine.

    Not so where a name in it says that a network file system is mounted there: those sync when a file is closed.
    """
    return re.match(r"/|\$", path) is not None and not is_remote(path) and not _NETWORK.search(path.lower())
