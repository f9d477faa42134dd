"""Everything that was read, together: which cluster, configuration and script speak of the same thing.

Only what certainly belongs together is linked (see `belonging`), so that whatever contradicts itself is a contradiction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.estate.belonging import Neighbors
from pgsurvive.estate.files import NoFiles
from pgsurvive.estate.leftover import is_read, leftover
from pgsurvive.estate.links import BarmanLink, PgbackrestLink
from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.estate.platform import PlatformFile
from pgsurvive.estate.postgres import PostgresConfig, looks_templated
from pgsurvive.estate.script import ShellScript
from pgsurvive.estate.sql import SqlScript
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pgsurvive.estate.files import Files

__all__ = ["BarmanLink", "Estate", "PgbackrestLink"]

_Config = TypeVar("_Config", PgbackrestConfig, BarmanConfig)

_INCREMENTAL = "--incremental"
_WORDS = (
    "pgbackrest",
    "PGBACKREST",
    "barman",
    "replication_slot",
    "pg_receivewal",
    _INCREMENTAL,
    "summarize_wal",
)
_FILES = frozenset({"config_file", "hba_file", "ident_file"})
_CONTAINERS = re.compile(r"dockerfile|containerfile|compose")
_CONTAINER_KINDS = (Kind.DOCKERFILE, Kind.COMPOSE, Kind.KUBERNETES)
_SQL = re.compile(r"\.sql$")
_SCHEDULE = re.compile(
    r"cron|\.(?:timer|service|ya?ml|py|rb|go|nomad|hcl|tf|pp)(?:\.\w+)?$|jenkinsfile|makefile|dockerfile"
)


@dataclass(frozen=True)
class Estate:
    """What the checked files say about clusters and their backups."""

    clusters: tuple[PostgresConfig, ...]
    """Without the files that another one includes."""

    scripts: tuple[ShellScript, ...]
    """Those that speak of backups, and the pieces of shell code that do in crontabs, units, Dockerfiles and YAML."""

    pgbackrest: tuple[PgbackrestConfig, ...]
    barman: tuple[BarmanConfig, ...]
    unread: tuple[str, ...] = ()
    """The paths of the files whose commands, if there are any, nobody has read."""

    files: Files = field(default_factory=NoFiles, repr=False)
    """Where they can be looked into."""

    leftovers: tuple[str, ...] = field(default=(), repr=False)
    """What speaks of backups in files that run commands, beside the code in them that was read."""

    statements: tuple[str, ...] = field(default=(), repr=False)
    """The SQL that was read and speaks of replication slots or of WAL summaries."""

    in_containers: bool = False
    """Whether a file was read that runs something in containers."""

    @classmethod
    def of(cls, subjects: Sequence[object], unread: Iterable[str] = (), files: Files | None = None) -> Estate:
        """The estate that these parts make up."""
        configs = [s for s in subjects if isinstance(s, PostgresConfig)]
        included = {
            tree.source.path
            for config in configs
            for tree in config.trees
            if tree.source.path != config.source.path
        }
        platforms = {s.source.path: s for s in subjects if isinstance(s, PlatformFile)}
        scripts = [
            script
            for script in subjects
            if type(script) is ShellScript and script.mentions(*_WORDS)  # those in settings are the cluster's
            if (around := platforms.get(script.source.path)) is None or is_read(script, around.kind)
        ]
        return cls(
            tuple(c for c in configs if c.source.path not in included and not _only_names_files(c)),
            tuple(scripts),
            tuple(s for s in subjects if isinstance(s, PgbackrestConfig)),
            _whole(s for s in subjects if isinstance(s, BarmanConfig)),
            tuple(unread),
            files or NoFiles(),
            tuple(_leftovers(platforms, scripts)),
            tuple(s.text for s in subjects if isinstance(s, SqlScript) and any(w in s.text for w in _WORDS)),
            any(platform.kind in _CONTAINER_KINDS for platform in platforms.values()),
        )

    @cached_property
    def pgbackrest_links(self) -> tuple[PgbackrestLink, ...]:
        """Each configuration of pgBackRest that says what its stanzas are, with the files that certainly belong to it."""
        return tuple(
            PgbackrestLink(config, clusters, scripts, is_alone)
            for config, clusters, scripts, is_alone in self._joined(self.pgbackrest)
            if _knows_stanzas(config)
        )

    @cached_property
    def barman_links(self) -> tuple[BarmanLink, ...]:
        """Each configuration of Barman with the files that certainly belong to it."""
        in_containers = self.in_containers or any(_CONTAINERS.search(path.lower()) for path in self.unread)
        return tuple(
            BarmanLink(config, clusters, scripts, is_alone, in_containers)
            for config, clusters, scripts, is_alone in self._joined(self.barman)
            if not config.is_template
        )

    @cached_property
    def streamed(self) -> frozenset[str]:
        """The files of the clusters from which Barman certainly streams."""
        return frozenset(
            tree.source.path
            for link in self.barman_links
            for cluster in link.clusters
            if (server := link.server_of(cluster)) is not None
            and server.effective("streaming_archiver").value is True
            for tree in cluster.trees
        )

    @cached_property
    def incremental_backups(self) -> tuple[tuple[PostgresConfig, ShellScript], ...]:
        """The scripts that speak of incremental base backups, each with the only cluster that it certainly belongs to."""
        servers = [c for c in self.clusters if not c.is_throwaway and c.kind is Kind.POSTGRESQL_CONF]
        neighbors = Neighbors(servers, _path_of)
        found = (
            (neighbors.belonging_to(_path_of(script), is_script=True), script)
            for script in self.scripts
            if script.mentions(_INCREMENTAL) and not script.is_throwaway
        )
        return tuple((cluster, script) for cluster, script in found if cluster is not None)

    def _joined(
        self, configs: tuple[_Config, ...]
    ) -> Iterator[tuple[_Config, tuple[PostgresConfig, ...], tuple[ShellScript, ...], bool]]:
        """Each configuration, its clusters, its scripts, and whether no other cluster may be its."""
        neighbors = Neighbors((config for config in configs if not config.is_throwaway), _path_of)
        servers = Neighbors((cluster for cluster in self.clusters if not cluster.is_throwaway), _path_of)
        clusters: dict[int, list[PostgresConfig]] = {}
        for cluster in self.clusters:
            owner = None if cluster.is_throwaway else neighbors.belonging_to(_path_of(cluster))
            clusters.setdefault(id(owner), []).append(cluster)
        scripts: dict[int, list[ShellScript]] = {}
        for script in self.scripts:
            called = None if script.is_throwaway else neighbors.belonging_to(_path_of(script), is_script=True)
            scripts.setdefault(id(called), []).append(script)
        for config in configs:
            own = clusters.get(id(config), [])
            is_alone = not servers.may_belong_to(_path_of(config), own)
            yield (
                config,
                tuple(cluster for cluster in own if not cluster.is_template),
                tuple(scripts.get(id(config), ())),
                is_alone,
            )

    @cached_property
    def has_unread_schedule(self) -> bool:
        """Whether a file may run commands that weren't read: its name says so, or more in it speaks of backups than code."""
        return bool(self.leftovers) or any(_SCHEDULE.search(path.lower()) for path in self.unread)

    def may_run(self, command: str) -> bool:
        """Whether such a file, a template of a crontab for example, speaks of this command of pgBackRest's."""
        spoken_of = re.compile(rf"pgbackrest\b.{{0,300}}?\b{command}\b", re.DOTALL)
        return any(spoken_of.search(text) for text in self._texts(_SCHEDULE))

    def speaks_of(self, setting: str) -> bool:
        """Whether a script, a file of SQL or one that runs commands names a setting, which it may change."""
        texts = (
            *(s.text for s in self.scripts),
            *self.statements,
            *self._texts(_SQL),
            *self._texts(_SCHEDULE),
        )
        return any(setting in text for text in texts)

    def may_define(self, stanza: str) -> bool:
        """Whether such a file, a manifest for example, or a script holds a configuration that has this stanza."""
        texts = (*self._texts(_SCHEDULE), *(script.text for script in self.scripts))
        return any(f"[{stanza}]" in text for text in texts)

    def may_create(self, slot: str) -> bool:
        """Whether a file of SQL, or one that runs commands, speaks of a replication slot of this name."""
        texts = (*self.statements, *self._texts(_SQL), *self._texts(_SCHEDULE))
        named = re.compile(rf"(?<!\w){re.escape(slot)}(?!\w)")
        return any("replication_slot" in text and named.search(text) for text in texts)

    def _texts(self, name: re.Pattern[str]) -> Iterator[str]:
        """The texts of the unread files with such a name, and what was not read of other files."""
        yield from self.leftovers
        for path in self.unread:
            source = self.files.read(path) if name.search(path.lower()) else None
            if source is not None:
                yield source.text


def _path_of(part: PostgresConfig | ShellScript | PgbackrestConfig | BarmanConfig) -> str:
    return part.source.path


def _leftovers(platforms: dict[str, PlatformFile], scripts: Iterable[ShellScript]) -> Iterator[str]:
    read: dict[str, list[ShellScript]] = {}
    for script in scripts:
        read.setdefault(script.source.path, []).append(script)
    for path, platform in platforms.items():
        text = platform.source.text
        if any(word in text for word in _WORDS):
            left = leftover(platform, read.get(path, ()))
            if any(word in left for word in _WORDS):
                yield left


def _only_names_files(cluster: PostgresConfig) -> bool:
    """Whether it is a command line that only says which files the server reads."""
    return cluster.kind is Kind.SHELL and {entry.name for _, entry in cluster.lines} <= _FILES


def _knows_stanzas(config: PgbackrestConfig) -> bool:
    """Whether its stanzas are all that there are, whatever a template has yet to fill in elsewhere."""
    if config.is_fragment or any(tree.problems for tree in config.trees):
        return False
    names = [section.name for _, section in config.sections] + [entry.key for _, entry in config.lines]
    return bool(config.stanzas) and not any("$" in name or looks_templated(name) for name in names)


def _whole(configs: Iterable[BarmanConfig]) -> tuple[BarmanConfig, ...]:
    """One configuration for each main file, the one with all files; none for a file that is about no server."""
    found: dict[str, BarmanConfig] = {}
    for config in configs:
        known = found.get(config.source.path)
        if config.servers and (known is None or (config.has_all_files and not known.has_all_files)):
            found[config.source.path] = config
    return tuple(found.values())
