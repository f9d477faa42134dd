"""PGS804 compose-data-without-volume."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from pgsurvive.estate.neighbors import beside
from pgsurvive.estate.platform import PlatformFile
from pgsurvive.estate.services import servers
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.syntax import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.services import Service
    from pgsurvive.findings import Draft

_COMPOSE = re.compile(r"compose[\w.-]*\.ya?ml$")
_MAIN = re.compile(r"(?:docker-)?compose\.ya?ml$")


@rule(
    code="PGS804",
    severity=Severity.ERROR,
    applies_to=PlatformFile,
    costs=Loss.CLUSTER,
    source="https://docs.docker.com/engine/storage/volumes/",
)
def compose_data_without_volume(file: PlatformFile) -> Iterator[Draft]:
    """The cluster is on no volume that a new container would find again."""
    for service in servers(file):
        data = service.data
        if service.mounts is None or not data or any(service.keeps(place) for place in data):
            continue
        if not _is_whole(file, service):
            continue
        yield file.finding(
            service.image.start,
            service.image.end,
            _said(service, data[0]),
            help=f"mount a named volume or a directory at {_target(data[0])}, after you have dumped what is there now",
        )


def _target(data: str) -> str:
    """Where to mount so that the data is on it: the images from 18 on want the directory above their own."""
    return "/var/lib/postgresql" if data.endswith("/docker") else data


def _said(service: Service, data: str) -> str:
    outside = [
        mount.target for mount in service.mounts or () if mount.target.startswith("/var/lib/postgresql")
    ]
    lost = "docker compose down leaves that behind, and the next start begins with an empty cluster"
    if not outside:
        return f"nothing lasting is mounted where the data is, so it is on a volume without a name: {lost}"
    if data.endswith("/docker"):
        return (
            f"this image keeps its data in {data}, outside the mount at {outside[0]}: it refuses to start, and once the "
            "mount is gone the cluster is on a volume without a name"
        )
    return f"the mount at {outside[0]} doesn't hold {data}, where the image puts a volume without a name over it: {lost}"


def _is_whole(file: PlatformFile, service: Service) -> bool:
    """Whether no other file beside this one is seen to mount the data, and this one isn't merely laid over another."""
    if service.node.get("environment") is None and service.node.get("env_file") is None:
        return False  # the image doesn't start without a password, so another file has more to say
    name = posixpath.basename(file.source.path)
    is_main = _MAIN.fullmatch(name) is not None
    if not is_main and not file.files.covers(file.source.path):
        return False
    for source in beside(file.files, file.source):
        other = posixpath.basename(source.path)
        if not _COMPOSE.search(other):
            continue
        for document in yaml.parse(source):
            same = document.get("services", service.name)
            if same is not None and (same.get("volumes") is not None or not is_main):
                return False
    return True
