"""Everything that was read, together: which cluster, configuration and script speak of the same thing.

Only what certainly belongs together is linked (see `belonging`), so that whatever contradicts itself is a contradiction.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.estate.belonging import belonging_to
from pgsurvive.estate.invocation import in_script, in_setting
from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.estate.postgres import PostgresConfig, looks_templated
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Related
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgsurvive.estate.barman import Server
    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.estate.pgbackrest import Option
    from pgsurvive.estate.postgres import Setting

_PGBACKREST = frozenset({"pgbackrest"})
_WRITES_CONFIGURATION = re.compile(r"(?<![-\w])pg\d*-path=|PGBACKREST_(?:PG|CONFIG|REPO\b)")
_FILES = frozenset({"config_file", "hba_file", "ident_file", "data_directory"})
_SCHEDULE = re.compile(
    r"cron|\.(?:timer|service|ya?ml|py|rb|go|nomad|hcl|tf|pp)(?:\.\w+)?$|jenkinsfile|makefile|dockerfile"
)


@dataclass(frozen=True)
class PgbackrestLink:
    """One configuration of pgBackRest, and what certainly belongs to it."""

    config: PgbackrestConfig
    clusters: tuple[PostgresConfig, ...]
    scripts: tuple[ShellScript, ...]

    @cached_property
    def invocations(self) -> tuple[Invocation, ...]:
        """Every call of pgbackrest that reads this configuration, as far as the words say."""
        found = [call for cluster in self.clusters for call in self.in_cluster(cluster)]
        found += [call for script in self.scripts for call in in_script(script, _PGBACKREST)]
        return tuple(call for call in found if _reads(call))

    def in_cluster(self, cluster: PostgresConfig) -> tuple[Invocation, ...]:
        """The calls in the archive_command and the restore_command of a cluster."""
        names = ("archive_command", "restore_command")
        found = (call for name in names for call in in_setting(cluster, name, _PGBACKREST))
        return tuple(call for call in found if _reads(call))

    def stanza_of(self, cluster: PostgresConfig) -> str | None:
        """The stanza of this configuration that a cluster archives into, else the only one; None where that is open."""
        stanzas = self.config.stanzas
        named = {call.option("stanza") for call in self.in_cluster(cluster)}
        if not named:
            return stanzas[0] if len(stanzas) == 1 else None
        (stanza, *others) = named
        return stanza if not others and stanza in stanzas else None

    @cached_property
    def servers(self) -> tuple[PostgresConfig, ...]:
        """The clusters that are running servers, and no restores."""
        return tuple(cluster for cluster in self.clusters if cluster.kind is not Kind.RECOVERY_CONF)

    def paths_of(self, stanza: str) -> dict[int, Option] | None:
        """The data directories of a stanza, by the number of the database; None where one of them is unknown."""
        found = {n: self.config.effective(f"pg{n}-path", stanza) for n in self.config.databases(stanza)}
        return found if found and all(isinstance(path.value, str) for path in found.values()) else None

    def stanza_with(self, directory: str) -> str | None:
        """The only stanza that has this data directory."""
        found = [
            stanza
            for stanza in self.config.stanzas
            if any(directory_of(path) == directory for path in (self.paths_of(stanza) or {}).values())
        ]
        return found[0] if len(found) == 1 else None

    def header_of(self, stanza: str, message: str) -> Related:
        """The section of a stanza as the other place of a finding."""
        tree, section = next(each for each in self.config.sections if each[1].name == stanza)
        return Related(tree.source.path, section.span, message, tree.source)

    def place_of(self, prefix: str, stanza: str) -> Option | None:
        """The first option that is set under a prefix such as `repo2-`, for a stanza."""
        for _, entry in self.config.lines:
            if entry.key.startswith(prefix) and entry.section in ("global", stanza):
                return self.config.effective(entry.key, stanza)
        return None

    def names_stanza(self, cluster: PostgresConfig) -> bool:
        """Whether the cluster itself names a stanza of this configuration, so that pgBackRest runs beside it."""
        return any(call.option("stanza") in self.config.stanzas for call in self.in_cluster(cluster))

    def is_remote(self, number: int, stanza: str) -> bool:
        """Whether the database of a stanza is on another host than this configuration."""
        return self.config.effective(f"pg{number}-host", stanza).is_set

    def is_off(self, option: str, stanza: str, command: str) -> bool:
        """Whether a switch is certainly off for a command of a stanza."""
        return self.config.effective(option, stanza, command).value in (False, "n")

    @cached_property
    def writes_configuration(self) -> bool:
        """Whether a script or the environment makes another configuration than the one that was read."""
        texts = {cluster.source.text for cluster in self.clusters} | {s.source.text for s in self.scripts}
        return any(map(_WRITES_CONFIGURATION.search, texts))

    @cached_property
    def is_set_elsewhere(self) -> bool:
        """Whether where the cluster is may be said by more than the configuration."""
        return self.writes_configuration or any(call.has_pg_options for call in self.invocations)


def _reads(call: Invocation) -> bool:
    """Whether a call reads a file of the usual name; one in another place of the tree is another link's."""
    name = call.option("config")
    if call.has_option("config") and (name is None or name.rpartition("/")[2] != "pgbackrest.conf"):
        return False
    return not call.has_option("config-path", "config-include-path", "no-config")


@dataclass(frozen=True)
class BarmanLink:
    """One configuration of Barman, and what certainly belongs to it."""

    config: BarmanConfig
    clusters: tuple[PostgresConfig, ...]
    scripts: tuple[ShellScript, ...]
    in_containers: bool
    """Whether something in the tree runs in containers, which see other paths and ports than their host."""

    def shipments(self, cluster: PostgresConfig) -> tuple[Invocation, ...]:
        """The calls of Barman's own programs in the archive_command and the restore_command of a cluster."""
        return (
            *in_setting(cluster, "archive_command", frozenset({"barman-wal-archive"})),
            *in_setting(cluster, "restore_command", frozenset({"barman-wal-restore"})),
        )

    def server_of(self, cluster: PostgresConfig) -> Server | None:
        """The section of Barman's configuration that is about a cluster: the one it ships to, else the only one."""
        named = {server_named_by(call) for call in self.shipments(cluster)}
        servers = [server for server in self.config.servers if not named or server.name in named]
        return servers[0] if len(servers) == 1 and len(self.clusters) == 1 else None


def server_named_by(call: Invocation) -> str | None:
    """The server that `barman-wal-archive HOST SERVER %p` or `barman-wal-restore HOST SERVER %f %p` names."""
    if call.has_option("config") or any(word.text == "-c" for word in call.words):
        return None
    behind = 1 if call.program == "barman-wal-archive" else 2
    words = call.words[: len(call.words) - behind]
    if [word.text for word in call.words[len(words) :]] not in (["%p"], ["%f", "%p"]) or len(words) < 3:  # noqa: PLR2004
        return None
    return words[-1].text if words[-1].constant else None


@dataclass(frozen=True)
class Estate:
    """What the checked files say about clusters and their backups."""

    clusters: tuple[PostgresConfig, ...]
    """Without the files that another one includes."""

    scripts: tuple[ShellScript, ...]
    """Those that speak of backups."""

    pgbackrest: tuple[PgbackrestConfig, ...]
    barman: tuple[BarmanConfig, ...]
    unread: tuple[str, ...] = ()
    """The paths of the files whose commands, if there are any, nobody has read."""

    @classmethod
    def of(cls, subjects: Sequence[object], unread: Iterable[str] = ()) -> Estate:
        """The estate that these parts make up."""
        configs = [s for s in subjects if isinstance(s, PostgresConfig)]
        included = {
            tree.source.path
            for config in configs
            for tree in config.trees
            if tree.source.path != config.source.path
        }
        words = ("pgbackrest", "PGBACKREST", "barman", "replication_slot", "pg_receivewal")
        return cls(
            tuple(c for c in configs if c.source.path not in included and not _only_names_files(c)),
            tuple(s for s in subjects if isinstance(s, ShellScript) and s.mentions(*words)),
            tuple(s for s in subjects if isinstance(s, PgbackrestConfig)),
            _whole(s for s in subjects if isinstance(s, BarmanConfig)),
            tuple(unread),
        )

    @cached_property
    def barman_links(self) -> tuple[BarmanLink, ...]:
        """Each configuration of Barman with the files that certainly belong to it."""
        clusters = [(cluster, self._barman_of(cluster.source.path)) for cluster in self.clusters]
        scripts = [(script, self._barman_of(script.source.path, is_script=True)) for script in self.scripts]
        return tuple(
            BarmanLink(
                config,
                tuple(c for c, own in clusters if own is config and _counts(c)),
                tuple(s for s, own in scripts if own is config and not s.is_throwaway),
                self._in_containers,
            )
            for config in self.barman
            if not config.is_template and not config.is_throwaway
        )

    def _barman_of(self, path: str, *, is_script: bool = False) -> BarmanConfig | None:
        return belonging_to(path, self.barman, lambda config: config.source.path, is_script=is_script)

    @cached_property
    def _in_containers(self) -> bool:
        return any(re.search(r"dockerfile|containerfile|compose", path.lower()) for path in self.unread)

    @cached_property
    def pgbackrest_links(self) -> tuple[PgbackrestLink, ...]:
        """Each configuration of pgBackRest that says what its stanzas are, with the files that certainly belong to it."""
        clusters = [(cluster, self._pgbackrest_of(cluster.source.path)) for cluster in self.clusters]
        scripts = [
            (script, self._pgbackrest_of(script.source.path, is_script=True)) for script in self.scripts
        ]
        return tuple(
            PgbackrestLink(
                config,
                tuple(c for c, own in clusters if own is config and _counts(c)),
                tuple(s for s, own in scripts if own is config and not s.is_throwaway),
            )
            for config in self.pgbackrest
            if _knows_stanzas(config)
        )

    def _pgbackrest_of(self, path: str, *, is_script: bool = False) -> PgbackrestConfig | None:
        return belonging_to(path, self.pgbackrest, lambda config: config.source.path, is_script=is_script)

    @cached_property
    def has_unread_schedule(self) -> bool:
        """Whether some file that wasn't read may run commands, by its name."""
        return any(_SCHEDULE.search(path.lower()) for path in self.unread)


def _only_names_files(cluster: PostgresConfig) -> bool:
    """Whether it is a command line that only says which files the server reads."""
    return cluster.kind is Kind.SHELL and {entry.name for _, entry in cluster.lines} <= _FILES


def _knows_stanzas(config: PgbackrestConfig) -> bool:
    """Whether its stanzas are all that there are, whatever a template has yet to fill in elsewhere."""
    if config.is_fragment or config.is_throwaway or any(tree.problems for tree in config.trees):
        return False
    names = [section.name for _, section in config.sections] + [entry.key for _, entry in config.lines]
    return bool(config.stanzas) and not any(map(looks_templated, names))


def _counts(cluster: PostgresConfig) -> bool:
    return not cluster.is_throwaway and not cluster.is_template


def _whole(configs: Iterable[BarmanConfig]) -> tuple[BarmanConfig, ...]:
    """One configuration for each main file, the one with all files; none for a file that is about no server."""
    found: dict[str, BarmanConfig] = {}
    for config in configs:
        known = found.get(config.source.path)
        if config.servers and (known is None or (config.has_all_files and not known.has_all_files)):
            found[config.source.path] = config
    return tuple(found.values())


def directory_of(place: Setting | Option) -> str | None:
    """The path of a directory that a setting or an option names; None where it names none that can be compared."""
    value = place.value if place.is_set else None
    if not isinstance(value, str) or not value.startswith("/") or "$" in value:
        return None
    return posixpath.normpath(value)
