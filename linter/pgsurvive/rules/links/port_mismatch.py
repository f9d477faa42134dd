"""PGS431 port-mismatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.conninfo import DEFAULT_PORT
from pgsurvive.estate.estate import Estate
from pgsurvive.estate.links import directory_of, socket_directories, usual_path
from pgsurvive.estate.pgbackrest import State
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.links import PgbackrestLink
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
        cluster = link.only_server
        if cluster is None or link.is_set_elsewhere:
            continue
        stanza = link.stanza_of(cluster)
        databases = link.config.databases(stanza) if stanza is not None else ()
        if stanza is not None and len(databases) == 1:
            yield from _port(link, cluster, stanza, databases[0])
            yield from _socket(link, cluster, stanza, databases[0])


def _port(link: PgbackrestLink, cluster: PostgresConfig, stanza: str, number: int) -> Iterator[Draft]:
    port = cluster.effective("port")
    option = link.config.effective(f"pg{number}-port", stanza)
    # 5432 is the program's default, though its help doesn't say so.
    looked_for = DEFAULT_PORT if option.state is State.DEFAULT else option.value
    if not port.is_set or not isinstance(port.value, int) or looked_for in (None, port.value):
        return
    how = f"at port {looked_for}" + ("" if option.is_set else ", its default,")
    yield option.finding(
        f"pgBackRest looks for the server {how} and not at {port.value}: WAL is archived, but no backup is "
        "made, and WAL restores nothing without one",
        help=f"write pg{number}-port={port.value} into [{stanza}]",
        related=(port.related("the server's port"),),
    )


def _socket(link: PgbackrestLink, cluster: PostgresConfig, stanza: str, number: int) -> Iterator[Draft]:
    setting = cluster.effective("unix_socket_directories")
    option = link.config.effective(f"pg{number}-socket-path", stanza)
    directory = directory_of(option)
    directories = socket_directories(setting)
    # Only beside the server pgBackRest certainly sees the directories under the names that the server has for them.
    if directory is None or not directories or not link.names_stanza(cluster):
        return
    if usual_path(directory) not in directories:
        yield option.finding(
            f"the server has no socket in {option.value}: pgBackRest can't connect to it and makes no backup",
            help=f"write pg{number}-socket-path={directories[0]}",
            related=(setting.related("where the server's sockets are"),),
        )
