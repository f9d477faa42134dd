"""PGS809 cnpg-no-backup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.kubernetes import clusters, elsewhere, resources
from pgsurvive.estate.neighbors import is_passing, is_unreal
from pgsurvive.estate.platform import PlatformFile, makes_backup
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgsurvive.estate.kubernetes import Resource
    from pgsurvive.findings import Draft

_BY_OTHERS = (
    "velero.io",
    "k8up.io",
    "kasten.io",
    "stash.appscode.com",
    "volsync.backube",
    "/spec/backup",
    "/spec/plugins",
)
"""What saves volumes whatever the cluster says, and patches that give the cluster a backup."""


@rule(
    code="PGS809",
    severity=Severity.ERROR,
    applies_to=PlatformFile,
    costs=Loss.CLUSTER,
    source="https://cloudnative-pg.io/documentation/current/backup/",
)
def cnpg_no_backup(file: PlatformFile) -> Iterator[Draft]:
    """A CloudNativePG cluster that nothing backs up: its replicas repeat every mistake at once."""
    if file.is_throwaway or is_unreal(file.source.path):
        return
    for cluster in clusters(file):
        name = cluster.name
        if name is None or is_passing(name.value) or not _is_left_alone(cluster):
            continue
        if _is_saved(file, cluster, name.value):
            continue
        yield file.finding(
            name.start,
            name.end,
            "no backup is configured, and the operator then reports each WAL segment as archived without keeping it: a DROP "
            "reaches all replicas, and with the volumes goes the whole cluster",
            help="add the Barman Cloud plugin with isWALArchiver: true and an ObjectStore, or volume snapshots, and a "
            "ScheduledBackup",
        )


def _is_left_alone(cluster: Resource) -> bool:
    """Whether the cluster's own specification is there, and says nothing of backups or of another cluster that it copies."""
    spec = cluster.node.get("spec")
    if spec is None or spec.get("storage") is None or spec.get("instances") is None:
        return False  # a patch
    copies = spec.get("replica") is not None and cluster.value("spec", "replica", "enabled") is None
    enabled = cluster.value("spec", "replica", "enabled")
    if copies or (enabled is not None and enabled.value.lower() != "false"):
        return False
    # A copy of another cluster or backup is often a drill.
    if spec.get("bootstrap", "recovery") is not None or spec.get("bootstrap", "pg_basebackup") is not None:
        return False
    return spec.get("backup") is None and spec.get("plugins") is None


def _is_saved(file: PlatformFile, cluster: Resource, name: str) -> bool:
    """Whether anything else in the tree backs the cluster up or completes it."""
    text = file.source.text
    if any(word in text for word in _BY_OTHERS) or _names_it(resources(file.documents), cluster, name):
        return True
    for source, found in elsewhere(file, name):
        if any(word in source.text for word in _BY_OTHERS) or _names_it(found, None, name):
            return True
        if any(f"{name}-{kind}" in source.text for kind in ("rw", "ro", "r")) and makes_backup(source.text):
            return True
    return any(True for word in _BY_OTHERS for _ in elsewhere(file, word))


def _names_it(found: Iterable[Resource], cluster: Resource | None, name: str) -> bool:
    for each in found:
        named = each.value("spec", "cluster", "name")
        if each.kind in ("ScheduledBackup", "Backup") and named is not None and named.value == name:
            return True
        is_same = each.kind == "Cluster" and each.name is not None and each.name.value == name
        if (
            is_same
            and each is not cluster
            and (each.node.get("spec", "backup") or each.node.get("spec", "plugins"))
        ):
            return True
    return False
