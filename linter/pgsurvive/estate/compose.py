"""Settings on the command line of a PostgreSQL service in a Compose file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.catalog.postgresql import MAJORS
from pgsurvive.estate.command_line import settings
from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.syntax import shell, yaml
from pgsurvive.syntax.postgresql_conf import PostgresqlConf
from pgsurvive.syntax.shell import Word
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.syntax.yaml import Node, Scalar
    from pgsurvive.text import Source

_IMAGE = re.compile(
    r"(?:^|/)(?:postgres|postgresql|postgis|timescaledb|timescaledb-ha|pgvector)(?::(\d+)|[:@]|$)"
)
_SERVERS = frozenset({"postgres", "postmaster"})
_DATA = "/var/lib/postgresql"
_TEST = re.compile(r"(?<![a-z])(?:tests?|testing|ci|e2e)(?![a-z])")


def read(source: Source, majors: frozenset[int]) -> Iterator[PostgresConfig]:
    """For each service that starts a server with settings, the configuration that these make up; never raises."""
    for document in yaml.parse(source):
        services = document.get("services")
        for name, service in services.items() if services else ():
            entries = tuple(settings(list(_server_arguments(service)), source))
            if entries:
                tree = PostgresqlConf(source, entries, (), ())
                yield PostgresConfig(
                    tree, Kind.SHELL, _majors(service, majors), throwaway=is_throwaway(source, name, service)
                )


def _server_arguments(service: Node) -> Iterator[Word]:
    """The words behind `postgres` in the command, or all of them where the image puts `postgres` before an option."""
    image = service.get("image")
    is_official = bool(image and image.scalar and _IMAGE.search(image.scalar.value))
    command = service.get("command")
    words = list(_words(command)) if command else []
    if not words:
        return
    if words[0].text.rpartition("/")[2] in _SERVERS:
        yield from words[1:]
    elif is_official and words[0].text.startswith("-"):
        yield from words


def _words(command: Node) -> Iterator[Word]:
    for element in command.elements():
        scalar = element.scalar
        if scalar is not None:
            yield Word(_dollars(scalar.value), scalar.start, scalar.end, constant="${" not in scalar.value)
    scalar = command.scalar
    if scalar is None:
        return
    for parsed in shell.commands(shell.parse(_dollars(scalar.value)).body):
        for word in parsed.words:
            yield _placed(word, scalar)
        return


def _placed(word: Word, scalar: Scalar) -> Word:
    """The word where it stands, as far as one can point at it: in a plain scalar to the letter, else at the scalar."""
    if scalar.end - scalar.start == len(scalar.value):
        return Word(word.text, scalar.start + word.start, scalar.start + word.end, word.constant)
    return Word(word.text, scalar.start, scalar.end, word.constant)


def _dollars(text: str) -> str:
    """Compose writes a dollar sign that is meant for the container as two."""
    return text.replace("$$", "$")


def _majors(service: Node, majors: frozenset[int]) -> frozenset[int]:
    image = service.get("image")
    match = _IMAGE.search(image.scalar.value) if image and image.scalar else None
    major = int(match[1]) if match and match[1] else None
    return frozenset({major}) if major in MAJORS else majors


def is_throwaway(source: Source, name: str, service: Node) -> bool:
    """Whether its data is meant to be lost: on tmpfs, or a service or file of tests."""
    tmpfs = service.get("tmpfs")
    places = [each.scalar for each in (tmpfs.elements() or [tmpfs])] if tmpfs else []
    in_memory = any(place is not None and place.value.startswith(_DATA) for place in places)
    return in_memory or any(
        _TEST.search(text) for text in (name.lower(), source.path.rpartition("/")[2].lower())
    )
