"""PGS810 cnpg-no-retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.kubernetes import BARMAN_CLOUD, clusters, elsewhere, resources
from pgsurvive.estate.neighbors import is_unreal
from pgsurvive.estate.platform import PlatformFile
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgsurvive.estate.kubernetes import Resource
    from pgsurvive.findings import Draft
    from pgsurvive.syntax.yaml import Node, Scalar

_MESSAGE = (
    "no retention policy: base backups and WAL are kept until the bucket is full or its lifecycle rule deletes what a "
    "restore needs; archiving stops then, and pg_wal fills its volume"
)


@rule(
    code="PGS810",
    severity=Severity.WARNING,
    applies_to=PlatformFile,
    costs=Loss.SINCE_LAST_SEGMENT,
    source="https://cloudnative-pg.io/plugin-barman-cloud/docs/retention/",
)
def cnpg_no_retention(file: PlatformFile) -> Iterator[Draft]:
    """Backups of a CloudNativePG cluster are never expired, until the bucket is full or its lifecycle rule expires them."""
    if file.is_throwaway or is_unreal(file.source.path):
        return
    for cluster in clusters(file):
        backup = cluster.node.get("spec", "backup")
        store = backup.key("barmanObjectStore") if backup else None
        if backup and store and cluster.name and backup.get("retentionPolicy") is None:
            yield file.finding(
                store.start, store.end, _MESSAGE, help="set spec.backup.retentionPolicy, such as 30d"
            )
    for name in _stores_written_to(file):
        yield file.finding(
            name.start, name.end, _MESSAGE, help="set spec.retentionPolicy of the ObjectStore, such as 30d"
        )


def _stores_written_to(file: PlatformFile) -> Iterator[Scalar]:
    """The names of object stores without a retention policy that a cluster in the tree archives into."""
    if file.kind is not Kind.KUBERNETES or BARMAN_CLOUD not in file.source.text:
        return
    here = tuple(resources(file.documents))
    for store in here:
        name = store.name
        if store.kind != "ObjectStore" or not store.api.startswith(BARMAN_CLOUD) or name is None:
            continue
        if store.node.get("spec") is None or store.node.get("spec", "retentionPolicy") is not None:
            continue
        others = (each for _, found in elsewhere(file, name.value) for each in found)
        if any(_archives_into(each, name.value) for each in (*here, *others)):
            yield name


def _archives_into(resource: Resource, store: str) -> bool:
    plugins = resource.node.get("spec", "plugins")
    return resource.kind == "Cluster" and any(_names(plugins.elements() if plugins else (), store))


def _names(plugins: Iterable[Node], store: str) -> Iterator[bool]:
    for plugin in plugins:
        archives, named = plugin.get("isWALArchiver"), plugin.get("parameters", "barmanObjectName")
        yield bool(
            archives
            and archives.scalar
            and archives.scalar.value.lower() == "true"
            and named
            and named.scalar
            and named.scalar.value == store
        )
