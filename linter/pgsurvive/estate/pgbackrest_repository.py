"""The repositories of a pgBackRest configuration: where each lies, seen from the database, and how long it keeps what."""

from __future__ import annotations

import ipaddress
import posixpath
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.catalog import pgbackrest
from pgsurvive.estate.pgbackrest import Option, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.pgbackrest import PgbackrestConfig

FILE_SYSTEMS = frozenset({"posix", "cifs", "sftp"})
"""The storage that has a disk which can be full."""

OBJECT_STORES = frozenset({"s3", "azure", "gcs"})

DEFAULT_PATH = "/var/lib/pgbackrest"

_OWN_DIRECTORIES = frozenset({"etc", "home", "opt", "root", "tmp", "usr", "var"})
"""Where a system keeps its own files. What lies elsewhere, such as /mnt or /backup, may be another machine's disk."""

_SAMPLES = frozenset({"doc", "docs", "example", "examples", "sample", "samples", "template", "templates"})
"""Directories of files that show how to begin."""

_OWN_NETWORK = frozenset(
    {"local", "localdomain", "internal", "intranet", "private", "corp", "lan", "home", "arpa", "svc"}
)
"""The last label of names that only a network of one's own knows."""


@dataclass(frozen=True)
class Repository:
    """One repository as one stanza uses it."""

    config: PgbackrestConfig
    stanza: str | None
    """None where the file has no stanza."""

    index: int

    @property
    def name(self) -> str:
        """As pgBackRest's messages call it: `repo1`."""
        return f"repo{self.index}"

    def option(self, name: str, command: str | None = None) -> Option:
        """The option `repoN-name`."""
        return self.config.effective(f"{self.name}-{name}", self.stanza, command)

    def retention(self, name: str) -> Option:
        """The option `repoN-retention-name` as the expire command meets it, run by itself or at the end of a backup."""
        options = [self.option(f"retention-{name}", command) for command in ("backup", "expire")]
        return next((option for option in options if option.entry is not None), options[0])

    @property
    def type(self) -> str | None:
        """The kind of storage; None where it can't be known."""
        value = self.option("type").value
        return value if isinstance(value, str) else None

    @property
    def is_behind_host(self) -> bool:
        """Whether another machine reads and writes it, and expires what is in it."""
        return self.option("host").entry is not None

    @cached_property
    def path(self) -> str | None:
        """Its normalized path; None where that can't be known."""
        option = self.option("path")
        if option.state is State.DEFAULT:
            return DEFAULT_PATH
        return posixpath.normpath(option.value) if isinstance(option.value, str) and option.value else None

    @cached_property
    def data_directories(self) -> tuple[str, ...]:
        """The data directories of the stanza that are on the machine this file is for."""
        if self.stanza is None:
            return ()
        found = []
        for index in self.config.databases(self.stanza):
            path = self.config.effective(f"pg{index}-path", self.stanza)
            if isinstance(path.value, str) and path.value and not self._is_elsewhere(index):
                found.append(posixpath.normpath(path.value))
        return tuple(found)

    def _is_elsewhere(self, index: int) -> bool:
        return self.config.effective(f"pg{index}-host", self.stanza).entry is not None

    @cached_property
    def is_beside_data(self) -> bool:
        """Whether it certainly lies on the machine of the cluster, and no other machine holds one.

        A path such as /mnt/backup or /backup may be the disk of another machine, and counts as one.
        """
        if self.stanza is None or self.type != "posix" or self.is_behind_host or self.path is None:
            return False
        clusters = self.config.databases(self.stanza)
        if not clusters or any(self._is_elsewhere(index) for index in clusters):
            return False
        top = _top(self.path)
        return top in _OWN_DIRECTORIES or any(top == _top(directory) for directory in self.data_directories)

    @cached_property
    def surrounding_data_directory(self) -> str | None:
        """The data directory on the same machine that the repository lies in."""
        if self.type not in ("posix", "cifs") or self.is_behind_host or self.path is None:
            return None
        return next((d for d in self.data_directories if f"{self.path}/".startswith(f"{d}/")), None)

    @cached_property
    def endpoint(self) -> str | None:
        """The host that the storage is reached at, without scheme and port; None where it can't be known."""
        kind = self.type
        names = {"sftp": ("sftp-host",), "azure": ("storage-host", "azure-endpoint")}.get(
            kind or "", ("storage-host", f"{kind}-endpoint")
        )
        if kind is None:
            return None
        for name in names:
            option = self.option(name)
            # A part that a script fills in leaves the rest: s3.${REGION}.example.com.
            text = option.text or (option.value if isinstance(option.value, str) else None)
            if text:
                return _host(text)
        return None

    @property
    def place(self) -> Option:
        """The line that stands for the repository: its path, else the first line that speaks of it, else a header."""
        path = self.option("path")
        if path.entry is not None:
            return path
        for _, entry in self.config.lines:
            found = pgbackrest.canonical(entry.key)
            if found and found.number == self.index and found.name.startswith("repo-"):
                option = self.option(found.name.removeprefix("repo-"))
                if option.entry is not None:
                    return option
        return path


def repositories(config: PgbackrestConfig) -> Iterator[Repository]:
    """Every repository of every stanza; of the global sections where the file has no stanza."""
    for stanza in config.stanzas or (None,):
        yield from repositories_of(config, stanza)


def repositories_of(config: PgbackrestConfig, stanza: str | None) -> tuple[Repository, ...]:
    """The repositories that a stanza archives to."""
    return tuple(Repository(config, stanza, index) for index in config.repositories(stanza))


def is_whole(config: PgbackrestConfig) -> bool:
    """Whether what the files don't set is set nowhere: no sample, and nothing that a script has yet to fill in."""
    directories = config.source.path.lower().split("/")[:-1]
    filled_in = any("${" in entry.value or "$(" in entry.value for _, entry in config.lines)
    return config.is_complete and not filled_in and _SAMPLES.isdisjoint(directories)


def others(repository: Repository) -> tuple[Repository, ...]:
    """The other repositories of the same stanza."""
    every = repositories_of(repository.config, repository.stanza)
    return tuple(other for other in every if other.index != repository.index)


def is_loopback(host: str) -> bool:
    """Whether a connection to this host never leaves the machine."""
    address = _address(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)


def is_public(host: str) -> bool:
    """Whether a host is certainly not in a network of one's own: a full name, or an address of the internet."""
    address = _address(host)
    if address is not None:
        return address.is_global
    name = host.lower().rstrip(".")
    labels = name.split(".")
    return len(labels) > 1 and all(labels) and labels[-1] not in _OWN_NETWORK


def _host(text: str) -> str:
    """The host of an endpoint, without scheme, path and port."""
    host = text.rpartition("://")[2].partition("/")[0]
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _top(path: str) -> str:
    return path.lstrip("/").partition("/")[0]
