"""Patroni's configuration: which PostgreSQL parameters it makes a server run with.

Tried with Patroni 4.1.5. What stands under bootstrap.dcs is written into the cluster's store once, when the cluster is
initialized; the local postgresql.parameters override it, except for parameters that must be the same on all nodes: those
Patroni takes from the store alone and drops from the local section.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.catalog.postgresql import MAJORS
from pgsurvive.estate.neighbors import is_unreal
from pgsurvive.estate.postgres import PostgresConfig, looks_templated, majors_from_path
from pgsurvive.syntax import yaml
from pgsurvive.syntax.postgresql_conf import Entry, PostgresqlConf
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.syntax.yaml import Node, Scalar
    from pgsurvive.text import Source

CONTROLLED = {
    "wal_level": "replica",
    "max_wal_senders": "10",
    "max_replication_slots": "10",
    "wal_keep_size": "128MB",
    "wal_keep_segments": "8",
    "wal_log_hints": "on",
    "track_commit_timestamp": "off",
    "max_connections": "100",
    "max_prepared_transactions": "0",
    "max_locks_per_transaction": "64",
    "max_worker_processes": "8",
    "hot_standby": "on",
    "cluster_name": "",
    "listen_addresses": "",
    "port": "",
}
"""The parameters that Patroni takes only from its store, with the values that hold when the store has none."""

RECOVERY = ("restore_command", "archive_cleanup_command")
_TEMPLATE = re.compile(r"\{\{|\{%|<%")
_GLOBAL = ("bootstrap", "dcs", "postgresql")


@dataclass(frozen=True, slots=True)
class PatroniConfig:
    """One configuration file."""

    node: Node

    def parameters(self, *section: str) -> dict[str, Scalar]:
        """The parameters of a section that have a single value, by their name in lower case."""
        found = self.node.get(*section, "parameters")
        items = found.items() if found else ()
        return {name.lower(): value.scalar for name, value in items if value.scalar is not None}

    @property
    def stored(self) -> dict[str, Scalar]:
        """What a new cluster's store begins with."""
        return self.parameters(*_GLOBAL)

    @property
    def local(self) -> dict[str, Scalar]:
        """What this node has of its own."""
        return self.parameters("postgresql")

    @property
    def initializes(self) -> bool:
        """Whether the file says what a new cluster's store begins with."""
        return self.node.get(*_GLOBAL) is not None

    @property
    def effective(self) -> dict[str, Scalar]:
        """The parameters that a new cluster runs with, without those that Patroni itself controls."""
        merged = {**self.stored, **self.local}
        for section in (_GLOBAL, ("postgresql",)):
            recovery = self.node.get(*section, "recovery_conf")
            for name, value in recovery.items() if recovery else ():
                if name in RECOVERY and value.scalar is not None:
                    merged[name] = value.scalar
        return {name: scalar for name, scalar in merged.items() if name not in CONTROLLED}


def configs(source: Source, documents: tuple[Node, ...]) -> Iterator[PatroniConfig]:
    """The configurations in a file's documents; none in what a template engine has yet to fill in."""
    if _TEMPLATE.search(source.text):
        return
    for document in documents:
        if document.get("postgresql") is not None or document.get("bootstrap") is not None:
            yield PatroniConfig(document)


def read(source: Source, majors: frozenset[int]) -> Iterator[PostgresConfig]:
    """The settings that the file gives a new cluster, for the rules about PostgreSQL's configuration; never raises."""
    for config in configs(source, yaml.parse(source)):
        entries = tuple(
            _entry(source, name, scalar)
            for name, scalar in config.effective.items()
            if scalar.value
            and not scalar.is_block
            and "${" not in scalar.value
            and not looks_templated(scalar.value)
        )
        if entries:
            yield PostgresConfig(
                PostgresqlConf(source, entries, (), ()),
                Kind.SHELL,  # as on a command line: what is not set may be set in the store
                _majors(config, majors),
                throwaway=is_unreal(source.path),
            )


def _entry(source: Source, name: str, scalar: Scalar) -> Entry:
    start, end = scalar.start, scalar.end
    if source.text[start + 1 : end - 1] == scalar.value:
        start, end = start + 1, end - 1
    span = source.span(scalar.start, scalar.end)
    return Entry(name, scalar.value, span, span, source.span(start, end), quoted=False)


def _majors(config: PatroniConfig, majors: frozenset[int]) -> frozenset[int]:
    programs = config.node.get("postgresql", "bin_dir")
    named = majors_from_path(programs.scalar.value) if programs and programs.scalar else None
    return named if named and named <= frozenset(MAJORS) else majors
