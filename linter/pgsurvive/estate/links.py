"""What certainly belongs together: a configuration of pgBackRest or Barman, the clusters and the scripts about them."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.estate.backup_call import in_script, in_setting
from pgsurvive.findings import Related
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from pgsurvive.estate.backup_call import BackupCall
    from pgsurvive.estate.barman import BarmanConfig, Server
    from pgsurvive.estate.pgbackrest import Option, PgbackrestConfig
    from pgsurvive.estate.postgres import PostgresConfig, Setting
    from pgsurvive.estate.script import ShellScript

_SHIPPERS = frozenset({"barman-wal-archive", "barman-wal-restore"})
_PGBACKREST = frozenset({"pgbackrest"})
_WRITES_CONFIGURATION = re.compile(r"(?<![-\w])pg\d*-path=|PGBACKREST_(?:PG|CONFIG|REPO\b)")


@dataclass(frozen=True)
class PgbackrestLink:
    """One configuration of pgBackRest, and what certainly belongs to it."""

    config: PgbackrestConfig
    clusters: tuple[PostgresConfig, ...]
    scripts: tuple[ShellScript, ...]
    is_alone: bool
    """Whether no other cluster of the tree may be meant by the configuration."""

    @cached_property
    def invocations(self) -> tuple[BackupCall, ...]:
        """Every call of pgbackrest that reads this configuration, as far as the words say."""
        found = [call for cluster in self.clusters for call in self.in_cluster(cluster)]
        found += [call for script in self.scripts for call in in_script(script, _PGBACKREST)]
        return tuple(call for call in found if _reads(call))

    def in_cluster(self, cluster: PostgresConfig) -> tuple[BackupCall, ...]:
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
        tree, section = next(each for each in self.config.sections if each[1].stanza == stanza)
        return Related(tree.source.path, section.span, message, tree.source)

    def place_of(self, prefix: str, stanza: str) -> Option | None:
        """The first option that is set under a prefix such as `repo2-`, for a stanza."""
        for _, entry in self.config.lines:
            if entry.key.startswith(prefix) and entry.section in ("global", stanza):
                return self.config.effective(entry.key, stanza)
        return None

    @cached_property
    def only_server(self) -> PostgresConfig | None:
        """The one server that the configuration can be about; None where there may be others."""
        if len(self.servers) != 1:
            return None
        (server,) = self.servers
        return server if self.is_alone or self.names_stanza(server) else None

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


def _reads(call: BackupCall) -> bool:
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
    is_alone: bool
    """Whether no other cluster of the tree may be meant by the configuration."""

    in_containers: bool
    """Whether something in the tree runs in containers, which see other paths and ports than their host."""

    def shipments(self, cluster: PostgresConfig) -> tuple[BackupCall, ...]:
        """The calls of Barman's own programs in the archive_command and the restore_command of a cluster."""
        names = ("archive_command", "restore_command")
        return tuple(call for name in names for call in in_setting(cluster, name, _SHIPPERS))

    @cached_property
    def all_shipments(self) -> tuple[BackupCall, ...]:
        """These calls of all clusters, and those in scripts."""
        found = [call for cluster in self.clusters for call in self.shipments(cluster)]
        return (*found, *(call for script in self.scripts for call in in_script(script, _SHIPPERS)))

    def server_of(self, cluster: PostgresConfig) -> Server | None:
        """The section of Barman's configuration that is about a cluster: the one it ships to, else the only one."""
        named = {server_named_by(call) for call in self.shipments(cluster)}
        servers = [server for server in self.config.servers if not named or server.name in named]
        if len(servers) != 1 or len(self.clusters) != 1:
            return None
        return servers[0] if named or self.is_alone else None


def server_named_by(call: BackupCall) -> str | None:
    """The server that `barman-wal-archive HOST SERVER %p` or `barman-wal-restore HOST SERVER %f %p` names."""
    if call.has_option("config") or any(word.text == "-c" for word in call.words):
        return None
    behind = 1 if call.program == "barman-wal-archive" else 2
    words = call.words[: len(call.words) - behind]
    if [word.text for word in call.words[len(words) :]] not in (["%p"], ["%f", "%p"]) or len(words) < 3:  # noqa: PLR2004
        return None
    return words[-1].text if words[-1].constant else None


def directory_of(place: Setting | Option) -> str | None:
    """The path of a directory that a setting or an option names; None where it names none that can be compared."""
    value = place.value if place.is_set else None
    if not isinstance(value, str) or not value.startswith("/") or "$" in value:
        return None
    return posixpath.normpath(value)


def socket_directories(setting: Setting) -> tuple[str, ...]:
    """The directories that unix_socket_directories sets, in their usual names; none where one of them isn't a path."""
    if not setting.is_set or not isinstance(setting.value, str):
        return ()
    found = tuple(usual_path(each.strip().strip('"')) for each in setting.value.split(","))
    return found if all(each.startswith("/") for each in found) else ()


def usual_path(path: str) -> str:
    """The path without a slash at its end; /var/run is another name of /run."""
    path = posixpath.normpath(path) if path else path
    return path.removeprefix("/var") if path.startswith("/var/run/") else path
