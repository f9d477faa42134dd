"""PGS431 port-mismatch."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pgsurvive.estate.estate import Estate, directory_of
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.estate import PgbackrestLink
    from pgsurvive.estate.postgres import PostgresConfig
    from pgsurvive.findings import Draft


@rule(
    code="PGS431",
    severity=Severity.ERROR,
    applies_to=Estate,
    costs=Loss.CLUSTER,
    source="https://pgbackrest.org/configuration.html#section-stanza/option-pg-port",
)
def port_mismatch(estate: Estate) -> Iterator[Draft]:
    """The server is looked for at another port or socket than its own; WAL is archived, but no backup is made."""
    for link in estate.pgbackrest_links:
        # Of several servers, the one of a stanza is known by its directory only; there, PGS430 would be at work.
        if len(link.servers) != 1 or link.is_set_elsewhere:
            continue
        (cluster,) = link.servers
        stanza = link.stanza_of(cluster)
        databases = link.config.databases(stanza) if stanza is not None else ()
        if stanza is not None and len(databases) == 1:
            yield from _port(link, cluster, stanza, databases[0])
            yield from _socket(link, cluster, stanza, databases[0])


def _port(link: PgbackrestLink, cluster: PostgresConfig, stanza: str, number: int) -> Iterator[Draft]:
    port = cluster.effective("port")
    option = link.config.effective(f"pg{number}-port", stanza)
    if not port.is_set or not isinstance(port.value, int) or option.value is None:
        return
    if str(option.value) == str(port.value):
        return
    how = f"at port {option.value}" + ("" if option.is_set else ", its default,")
    yield option.finding(
        f"pgBackRest looks for the server {how} and not at {port.value}: it makes no backup, or that of another cluster, "
        "and everything since the last one depends on WAL alone",
        help=f"write pg{number}-port={port.value} into [{stanza}]",
        related=(port.related("the server's port"),),
    )


def _socket(link: PgbackrestLink, cluster: PostgresConfig, stanza: str, number: int) -> Iterator[Draft]:
    setting = cluster.effective("unix_socket_directories")
    option = link.config.effective(f"pg{number}-socket-path", stanza)
    # Only beside the server pgBackRest certainly sees the directories under the names that the server has for them.
    if not setting.is_set or not isinstance(setting.value, str) or not link.names_stanza(cluster):
        return
    directory = directory_of(option)
    directories = [_usual(each.strip().strip('"')) for each in setting.value.split(",")]
    if directory is None or _usual(directory) in directories:
        return
    if not all(each.startswith("/") for each in directories):
        return
    yield option.finding(
        f"the server has no socket in {option.value}: pgBackRest can't connect to it and makes no backup",
        help=f"write pg{number}-socket-path={directories[0]}",
        related=(setting.related("where the server's sockets are"),),
    )


def _usual(path: str) -> str:
    """The path without a slash at its end; /var/run is another name of /run."""
    path = posixpath.normpath(path) if path else path
    return path.removeprefix("/var") if path.startswith("/var/run/") else path
