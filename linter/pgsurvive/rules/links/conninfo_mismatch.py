"""PGS516 conninfo-mismatch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.conninfo import target_of
from pgsurvive.estate.estate import Estate
from pgsurvive.estate.links import socket_directories, usual_path
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.barman import BarmanOption
    from pgsurvive.estate.conninfo import Target
    from pgsurvive.estate.postgres import PostgresConfig
    from pgsurvive.findings import Draft

_PROXIES = frozenset({5000, 5001, 6432, 6433, 7432, 9999})
"""Where HAProxy, PgBouncer, Odyssey and Pgpool listen in their own manuals."""

_LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d+){3}|::1|\s|,)*$")
_NOTHING = "neither WAL nor a backup reaches Barman"


@rule(
    code="PGS516",
    severity=Severity.WARNING,
    applies_to=Estate,
    costs=Loss.CLUSTER,
    source="https://docs.pgbarman.org/release/latest/user_guide/configuration.html",
)
def conninfo_mismatch(estate: Estate) -> Iterator[Draft]:
    """Barman connects where the server doesn't listen: at another port, or over a network that it doesn't serve."""
    for link in estate.barman_links:
        for cluster in link.clusters:
            server = link.server_of(cluster)
            if server is None:
                continue
            for name in ("conninfo", "streaming_conninfo"):
                option = server.effective(name)
                target = target_of(option.value) if isinstance(option.value, str) else None
                if option.is_set and target is not None and not target.is_proxy:
                    yield from _unheard(cluster, option, target)
                    # In containers the port outside may be another, and so may the paths.
                    if not link.in_containers:
                        yield from _port(cluster, option, target)
                        yield from _socket(cluster, option, target)


def _unheard(cluster: PostgresConfig, option: BarmanOption, target: Target) -> Iterator[Draft]:
    addresses = cluster.effective("listen_addresses")
    if (
        addresses.is_set
        and isinstance(addresses.value, str)
        and target.is_elsewhere
        and _LOOPBACK.match(addresses.value)
    ):
        yield option.finding(
            f"{option.name} leads to {target.host} over the network, where the server does not listen: {_NOTHING}",
            help="add the address of the network to listen_addresses, and restart the server",
            related=(addresses.related("the server listens here only"),),
        )


def _port(cluster: PostgresConfig, option: BarmanOption, target: Target) -> Iterator[Draft]:
    port = cluster.effective("port")
    if not port.is_set or not isinstance(port.value, int) or port.value == target.port:
        return
    if target.port in _PROXIES:
        return
    how = f"at port {target.port}" + ("" if target.names_port else ", the default")
    yield option.finding(
        f"{option.name} looks for the server {how}, and it is at {port.value}: {_NOTHING}",
        help=f"write port={port.value} into {option.name}",
        related=(port.related("the server's port"),),
    )


def _socket(cluster: PostgresConfig, option: BarmanOption, target: Target) -> Iterator[Draft]:
    setting = cluster.effective("unix_socket_directories")
    directories = socket_directories(setting)
    if target.is_socket and directories and usual_path(target.host) not in directories:
        yield option.finding(
            f"{option.name} looks for the server's socket in {target.host}, and there is none: {_NOTHING}",
            help=f"write host={directories[0]} into {option.name}",
            related=(setting.related("where the server's sockets are"),),
        )
