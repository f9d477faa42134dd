"""PGS811 cnpg-in-tree-barman."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.kubernetes import clusters
from pgsurvive.estate.platform import PlatformFile
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS811",
    severity=Severity.WARNING,
    applies_to=PlatformFile,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://cloudnative-pg.io/docs/1.31/appendixes/backup_barmanobjectstore",
)
def cnpg_in_tree_barman(file: PlatformFile) -> Iterator[Draft]:
    """The backups depend on a part of the operator that CloudNativePG 1.32 no longer has."""
    if file.is_throwaway:
        return
    for cluster in clusters(file):
        backup = cluster.node.get("spec", "backup")
        store = backup.key("barmanObjectStore") if backup else None
        plugins = cluster.node.get("spec", "plugins")
        if store is None or (plugins and any(plugin.get("isWALArchiver") for plugin in plugins.elements())):
            continue
        yield file.finding(
            store.start,
            store.end,
            "CloudNativePG 1.32 comes without the built-in Barman Cloud: a cluster that isn't on the plugin by then "
            "archives no WAL and gets no base backup any more",
            help="move it to an ObjectStore of the Barman Cloud plugin in one change, with the same path and serverName, "
            "and point each ScheduledBackup to the plugin",
        )
