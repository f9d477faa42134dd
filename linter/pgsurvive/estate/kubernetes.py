"""Kubernetes resources in YAML documents, as far as they run databases or back them up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate.neighbors import yaml_files
from pgsurvive.syntax import yaml
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgsurvive.estate.platform import PlatformFile
    from pgsurvive.syntax.yaml import Node, Scalar
    from pgsurvive.text import Source

CNPG = "postgresql.cnpg.io/"
BARMAN_CLOUD = "barmancloud.cnpg.io/"

_SHARED_VOLUMES = ("persistentVolumeClaim", "nfs", "hostPath", "csi", "cephfs", "azureFile")
_TEMPLATED = ("${", "{{", "$(")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a manifest."""

    node: Node
    api: str
    kind: str

    @property
    def name(self) -> Scalar | None:
        """Its name, None where a template or Kustomize has yet to give one."""
        node = self.node.get("metadata", "name")
        scalar = node.scalar if node else None
        return None if scalar is None or any(mark in scalar.value for mark in _TEMPLATED) else scalar

    def value(self, *path: str) -> Scalar | None:
        """The single value under these keys, None if there is none or it is a template's."""
        node = self.node.get(*path)
        scalar = node.scalar if node else None
        return None if scalar is None or any(mark in scalar.value for mark in _TEMPLATED) else scalar


def resources(documents: Iterable[Node]) -> Iterator[Resource]:
    """Every resource in the documents, those of lists included."""
    for document in documents:
        api, kind = document.get("apiVersion"), document.get("kind")
        if api is None or kind is None or api.scalar is None or kind.scalar is None:
            continue
        items = document.get("items")
        if kind.scalar.value == "List" and items is not None:
            yield from resources(items.elements())
        else:
            yield Resource(document, api.scalar.value, kind.scalar.value)


def clusters(file: PlatformFile) -> Iterator[Resource]:
    """The CloudNativePG clusters of a file."""
    if file.kind is Kind.KUBERNETES and CNPG in file.source.text:
        yield from (r for r in resources(file.documents) if r.api.startswith(CNPG) and r.kind == "Cluster")


def cron_jobs(file: PlatformFile) -> Iterator[Resource]:
    """The CronJobs of a file."""
    if file.kind is Kind.KUBERNETES and "CronJob" in file.source.text:
        yield from (
            r for r in resources(file.documents) if r.api.startswith("batch/") and r.kind == "CronJob"
        )


def elsewhere(file: PlatformFile, word: str) -> Iterator[tuple[Source, tuple[Resource, ...]]]:
    """The other YAML files of the checked tree that a word occurs in, each with its resources."""
    for source in yaml_files(file.files, file.source):
        if word in source.text:
            yield source, tuple(resources(yaml.parse(source)))


def shared_places(resource: Resource) -> tuple[str, ...]:
    """Where a CronJob's containers mount a volume that outlives the pod, so that two pods may see the same files."""
    pod = resource.node.get("spec", "jobTemplate", "spec", "template", "spec")
    if pod is None:
        return ()
    volumes = pod.get("volumes")
    shared = {
        name.scalar.value
        for volume in (volumes.elements() if volumes else ())
        if (name := volume.get("name")) is not None
        and name.scalar is not None
        and any(volume.get(kind) is not None for kind in _SHARED_VOLUMES)
    }
    return tuple(_mounts(pod, shared))


def _mounts(pod: Node, shared: set[str]) -> Iterator[str]:
    for group in ("containers", "initContainers"):
        containers = pod.get(group)
        for container in containers.elements() if containers else ():
            mounts = container.get("volumeMounts")
            for mount in mounts.elements() if mounts else ():
                name, path = mount.get("name"), mount.get("mountPath")
                if name and path and name.scalar and path.scalar and name.scalar.value in shared:
                    yield path.scalar.value.rstrip("/")
