"""PGS517 incoming-directory-mismatch."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from pgsurvive.estate.archiving import archive_commands
from pgsurvive.estate.estate import Estate
from pgsurvive.estate.links import server_named_by
from pgsurvive.findings import Loss, Related, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.archiving import ArchiveCommand
    from pgsurvive.estate.copying import Copy
    from pgsurvive.estate.links import BarmanLink
    from pgsurvive.estate.postgres import PostgresConfig
    from pgsurvive.findings import Draft

_UNSEEN = "Barman never sees the WAL, and no backup can be restored without"


@rule(
    code="PGS517",
    severity=Severity.ERROR,
    applies_to=Estate,
    costs=Loss.RESTORE,
    source="https://docs.pgbarman.org/release/latest/user_guide/wal_archiving.html",
)
def incoming_directory_mismatch(estate: Estate) -> Iterator[Draft]:
    """The server sends its WAL to another place than where Barman waits for it, or to a server that Barman doesn't know."""
    for link in estate.barman_links:
        yield from _unknown_server(link)
        for cluster in link.clusters:
            yield from _other_directory(link, cluster)


def _unknown_server(link: BarmanLink) -> Iterator[Draft]:
    servers = link.config.servers
    if not link.config.is_complete or not servers:
        return
    names = [server.name for server in servers]
    for call in link.all_shipments:
        name = server_named_by(call)
        if name is None or name in names:
            continue
        is_archiving = call.program == "barman-wal-archive"
        yield call.finding(
            f"Barman knows no server {name}: "
            + (
                "every segment is refused"
                if is_archiving
                else "a restore gets no WAL from it and ends too early"
            ),
            help=f"name Barman's server: {', '.join(names)}",
            related=(
                Related(servers[0].source.path, servers[0].span, "a server that it knows", servers[0].source),
            ),
        )


def _other_directory(link: BarmanLink, cluster: PostgresConfig) -> Iterator[Draft]:
    server = link.server_of(cluster)
    if server is None or server.effective("archiver").value is not True or link.shipments(cluster):
        return
    incoming = server.effective("incoming_wals_directory")
    commands = archive_commands(cluster)
    if not isinstance(incoming.value, str) or not all(map(_is_understood, commands)):
        return
    expected = posixpath.normpath(incoming.value)
    stored = [(command, copy) for command in commands for copy in command.command.stored]
    directories = [_directory(copy) for _, copy in stored]
    if not stored or expected in directories or None in directories:
        return
    command, copy = stored[-1]
    # A local directory may be mounted into Barman's container, or be mounted from its host, under another name.
    if ":" not in copy.path and not _is_in_home(link, directories[-1]):
        return
    place = copy.destination
    draft = command.finding(
        place.start,
        place.end,
        f"the WAL goes to {directories[-1]}, and Barman waits for it in {expected}: {_UNSEEN}",
        help=f"send it to {expected}/%f, or set incoming_wals_directory = {directories[-1]} in [{server.name}]",
    )
    yield replace(draft, related=(*draft.related, incoming.related("where Barman waits for it")))


def _is_understood(command: ArchiveCommand) -> bool:
    read = command.command
    return not read.script.broken and read.is_understood and not read.uses_archiver


def _directory(copy: Copy) -> str | None:
    """The directory that a copy stores in, as the host has it that it is on; None where that isn't known."""
    host, colon, path = copy.path.partition(":")
    path = path if colon and "/" not in host else copy.path
    if not path.startswith("/") or not copy.destination.constant or "*" in path:
        return None
    directory, name = posixpath.split(path)
    return posixpath.normpath(directory if "%f" in name else path)


def _is_in_home(link: BarmanLink, directory: str | None) -> bool:
    home = link.config.option("barman_home").value
    return isinstance(home, str) and directory is not None and directory.startswith(home.rstrip("/") + "/")
