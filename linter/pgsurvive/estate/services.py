"""The PostgreSQL services of a Compose file: what image they run, what they mount, and where their data is."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate.compose import is_throwaway
from pgsurvive.estate.neighbors import is_passing, is_unreal
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.platform import PlatformFile
    from pgsurvive.syntax.yaml import Node, Scalar

_OFFICIAL = re.compile(
    r"(?:(?:[\w.-]+/)*(?:docker\.io|library)/(?:library/)?)?(?:postgres|postgis/postgis|pgvector/pgvector|timescale/timescaledb)"
    r"(?::(?P<tag>[\w.-]+))?(?:@sha256:\w+)?"
)
"""The official image, and images made from it with its entrypoint and its volume."""

_TAGGED = re.compile(r"(?:^|-)pg(\d+)")
_BARE_TAG = re.compile(r"(\d+)(?![\d])")
_STARTS = frozenset({"postgres", "postmaster", "docker-entrypoint.sh"})
OWN_DIRECTORY_SINCE = 18
"""The first major whose image keeps its data in a directory of the major's own below /var/lib/postgresql."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A mount of a service: where it is, and whether a later container finds the same files there."""

    target: str
    lasts: bool


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs a PostgreSQL server from an image whose layout is known."""

    name: str
    node: Node
    image: Scalar
    major: int | None
    """None for a tag that names none, such as latest."""

    def environment(self, variable: str) -> Scalar | None:
        """What the file itself gives a variable."""
        given = self.node.get("environment")
        if given is None:
            return None
        for element in given.elements():
            scalar = element.scalar
            if scalar and scalar.value.startswith(f"{variable}="):
                return scalar
        value = given.get(variable)
        return value.scalar if value else None

    def variable(self, name: str) -> str | None:
        """The value of a variable, None if it isn't set here."""
        scalar = self.environment(name)
        return scalar.value.removeprefix(f"{name}=") if scalar else None

    @property
    def mounts(self) -> tuple[Mount, ...] | None:
        """Its mounts, None if one is written in a way that leaves its place open."""
        volumes = self.node.get("volumes")
        mounts = [_mount(element) for element in (volumes.elements() if volumes else ())]
        known = tuple(mount for mount in mounts if mount is not None)
        return known if len(known) == len(mounts) else None

    @property
    def data(self) -> tuple[str, ...]:
        """The directories that its data may be in: one, or for an unknown major one for each layout; none if unknown."""
        given = self.variable("PGDATA")
        if given is not None:
            return () if "$" in given or not given.startswith("/") else (posixpath.normpath(given),)
        old, new = (
            "/var/lib/postgresql/data",
            f"/var/lib/postgresql/{self.major or OWN_DIRECTORY_SINCE}/docker",
        )
        if self.major is None:
            return (old, new)
        return (new,) if self.major >= OWN_DIRECTORY_SINCE else (old,)

    def keeps(self, directory: str) -> bool:
        """Whether a mount that lasts holds a directory of data."""
        volume = "/var/lib/postgresql"
        if (self.major or 0) < OWN_DIRECTORY_SINCE and _is_within(directory, f"{volume}/data"):
            # The image declares a volume of its own there, which hides what is mounted above it.
            volume = f"{volume}/data"
        nearest = max(
            (m for m in self.mounts or () if _is_within(directory, m.target)),
            key=lambda mount: len(mount.target),
            default=None,
        )
        if nearest is None:
            return False
        hidden = _is_within(directory, volume) and not _is_within(nearest.target, volume)
        return nearest.lasts and not hidden


def servers(file: PlatformFile) -> Iterator[Service]:
    """The services of a Compose file that certainly start a server whose data is not meant to be thrown away."""
    if file.kind is not Kind.COMPOSE or file.is_throwaway or is_unreal(file.source.path):
        return
    for document in file.documents:
        services = document.get("services")
        for name, node in services.items() if services else ():
            image = node.get("image")
            scalar = image.scalar if image else None
            match = _OFFICIAL.fullmatch(scalar.value) if scalar else None
            if scalar is None or match is None or not _runs_server(node):
                continue
            if is_passing(name) or is_throwaway(file.source, name, node):
                continue
            yield Service(name, node, scalar, major_of_image(scalar.value))


def major_of_image(image: str) -> int | None:
    """The major that the tag of an official image, or of one made from it, names; None for others.

    The tags of extensions begin with the extension's own version.
    """
    match = _OFFICIAL.fullmatch(image)
    tag = match["tag"] or "" if match else ""
    found = _TAGGED.search(tag)
    if found is None and not re.search(r"timescale|pgvector", image):
        found = _BARE_TAG.match(tag)
    return int(found[1]) if found else None


def _runs_server(node: Node) -> bool:
    if any(
        node.get(key) is not None for key in ("build", "extends", "entrypoint", "volumes_from", "profiles")
    ):
        return False
    command = node.get("command")
    if command is None:
        return True
    elements = command.elements()
    first = elements[0].scalar if elements else command.scalar
    words = first.value.split() if first else []
    return bool(words) and (words[0].startswith("-") or posixpath.basename(words[0]) in _STARTS)


def _mount(node: Node) -> Mount | None:
    scalar = node.scalar
    if scalar is not None:
        parts = re.split(r":(?!\\)", scalar.value)
        target = parts[0] if len(parts) == 1 else parts[-1] if parts[-1].startswith("/") else parts[-2]
        if "$" in target or not target.startswith("/"):
            return None
        return Mount(posixpath.normpath(target), lasts=len(parts) > 1)
    target_node, kind, from_node = node.get("target"), node.get("type"), node.get("source")
    target_scalar = target_node.scalar if target_node else None
    if target_scalar is None or "$" in target_scalar.value or not target_scalar.value.startswith("/"):
        return None
    is_tmpfs = kind is not None and kind.scalar is not None and kind.scalar.value == "tmpfs"
    # Data in memory is a decision, not a mistake.
    return Mount(posixpath.normpath(target_scalar.value), lasts=from_node is not None or is_tmpfs)


def _is_within(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory.rstrip('/')}/")
