"""Everything that was read, together: which cluster, configuration and script speak of the same thing.

Only what certainly belongs together is linked (see `belonging`), so that whatever contradicts itself is a contradiction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.estate.belonging import belonging_to
from pgsurvive.estate.invocation import in_script, in_setting
from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.estate.script import ShellScript
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgsurvive.estate.invocation import Invocation

_PGBACKREST = frozenset({"pgbackrest"})
_WRITES_CONFIGURATION = re.compile(r"(?<![-\w])pg\d*-path=|PGBACKREST_PG|PGBACKREST_CONFIG")
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
        return tuple(call for call in found if self._reads(call))

    def in_cluster(self, cluster: PostgresConfig) -> tuple[Invocation, ...]:
        """The calls in the archive_command and the restore_command of a cluster."""
        names = ("archive_command", "restore_command")
        return tuple(call for name in names for call in in_setting(cluster, name, _PGBACKREST))

    def stanza_of(self, cluster: PostgresConfig) -> str | None:
        """The stanza of this configuration that a cluster archives into, else the only one; None where that is open."""
        stanzas = self.config.stanzas
        named = {call.option("stanza") for call in self.in_cluster(cluster) if self._reads(call)}
        if not named:
            return stanzas[0] if len(stanzas) == 1 else None
        (stanza, *others) = named
        return stanza if not others and stanza in stanzas else None

    @cached_property
    def is_set_elsewhere(self) -> bool:
        """Whether a script or the environment also says where the cluster is, which then counts."""
        texts = {cluster.source.text for cluster in self.clusters} | {s.source.text for s in self.scripts}
        return any(map(_WRITES_CONFIGURATION.search, texts)) or any(
            option.startswith(("--pg", "--config"))
            for call in self.invocations
            for option in (word.text for word in call.words)
        )

    def _reads(self, call: Invocation) -> bool:
        """Whether a call reads a file of this name; one in another place of the tree is another link's."""
        name = call.option("config")
        if call.has_option("config") and (name is None or name.rpartition("/")[2] != "pgbackrest.conf"):
            return False
        return not call.has_option("config-path", "config-include-path", "no-config")


@dataclass(frozen=True)
class Estate:
    """What the checked files say about clusters and their backups."""

    clusters: tuple[PostgresConfig, ...]
    """Without the files that another one includes."""

    scripts: tuple[ShellScript, ...]
    """Those that speak of backups."""

    pgbackrest: tuple[PgbackrestConfig, ...]
    unread: tuple[str, ...] = ()
    """The paths of the files that pgsurvive has no reader for, and that may hold commands too."""

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
            tuple(config for config in configs if config.source.path not in included),
            tuple(s for s in subjects if isinstance(s, ShellScript) and s.mentions(*words)),
            tuple(s for s in subjects if isinstance(s, PgbackrestConfig)),
            tuple(unread),
        )

    @cached_property
    def pgbackrest_links(self) -> tuple[PgbackrestLink, ...]:
        """Each configuration of pgBackRest that can be judged, with the files that certainly belong to it."""
        clusters = [(cluster, self._pgbackrest_of(cluster.source.path)) for cluster in self.clusters]
        scripts = [
            (script, self._pgbackrest_of(script.source.path, is_script=True)) for script in self.scripts
        ]
        return tuple(
            PgbackrestLink(
                config,
                tuple(c for c, own in clusters if own is config and not c.is_throwaway and not c.is_template),
                tuple(s for s, own in scripts if own is config and not s.is_throwaway),
            )
            for config in self.pgbackrest
            if config.is_complete and not config.is_throwaway
        )

    def _pgbackrest_of(self, path: str, *, is_script: bool = False) -> PgbackrestConfig | None:
        return belonging_to(path, self.pgbackrest, lambda config: config.source.path, is_script=is_script)

    @cached_property
    def has_unread_schedule(self) -> bool:
        """Whether some file that wasn't read may run commands, by its name."""
        return any(_SCHEDULE.search(path.lower()) for path in self.unread)


def is_server(cluster: PostgresConfig) -> bool:
    """Whether it is the configuration of a running server, and not of a restore."""
    return cluster.kind is not Kind.RECOVERY_CONF
