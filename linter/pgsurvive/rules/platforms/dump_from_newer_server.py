"""PGS631 dump-from-newer-server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.dump_services import dump_services
from pgsurvive.estate.platform import PlatformFile
from pgsurvive.estate.services import servers
from pgsurvive.findings import Loss, Related, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS631",
    severity=Severity.WARNING,
    applies_to=PlatformFile,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://www.postgresql.org/docs/current/app-pgdump.html",
)
def dump_from_newer_server(file: PlatformFile) -> Iterator[Draft]:
    """The programs that make the backup are of an older major than the server: they refuse, and there is no backup."""
    known = {}
    for server in servers(file):
        known[server.name.lower()] = server
        container = server.node.get("container_name")
        if container is not None and container.scalar is not None:
            known[container.scalar.value.lower()] = server
    for client in dump_services(file) if known else ():
        server_asked, image = known.get(client.host), client.service.image
        if server_asked is None or not (client.service.major or 0) < (server_asked.major or 0):
            continue
        asked = server_asked.image
        there = Related(file.source.path, file.source.span(asked.start, asked.end), "the server", file.source)
        yield file.finding(
            image.start,
            image.end,
            f"{client.program} of {client.service.major} refuses a server of {server_asked.major}: every backup fails, "
            "since the server's image was raised",
            help=f"raise this image to {server_asked.major} too, and look at the newest dump you have",
            related=(there,),
        )
