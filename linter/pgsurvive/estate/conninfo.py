"""Connection strings of libpq, as far as it matters where they lead.

Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

DEFAULT_PORT = 5432

_PAIR = re.compile(r"\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)", re.DOTALL)
_URI = re.compile(
    r"postgres(?:ql)?://(?:[^@/?#]*@)?(?P<host>\[[^\]]*\]|[^:/?#,]*)(?::(?P<port>\d+))?(?:[/?#]|$)"
)
_PROXY = re.compile(r"proxy|bouncer|pool|(?<![a-z])(?:vip|lb)(?![a-z])")
_LOCAL = re.compile(r"localhost$|127\.|\[?::1\]?$")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a connection string leads."""

    host: str
    """A name, an address or the directory of a socket; empty where the string names none."""

    port: int
    names_port: bool
    """Whether the string says the port."""

    @property
    def is_socket(self) -> bool:
        """Whether it leads to a socket in a directory."""
        return self.host.startswith("/")

    @property
    def is_proxy(self) -> bool:
        """Whether the host's name says that something stands between, which has a port of its own."""
        return _PROXY.search(self.host.lower()) is not None

    @property
    def is_elsewhere(self) -> bool:
        """Whether the connection comes over a network, from another machine or container."""
        return bool(self.host) and not self.is_socket and not _LOCAL.match(self.host)


def target_of(text: str) -> Target | None:
    """Where a connection string leads; None where it can't be read, or names several servers or a service."""
    match = _URI.match(text)
    if match:
        if "host=" in text or "port=" in text:
            return None
        return _target(unquote(match["host"]).strip("[]"), match["port"])
    values: dict[str, str] = {}
    position = 0
    text = text.rstrip()
    while position < len(text):
        pair = _PAIR.match(text, position)
        if pair is None:
            return None
        values[pair[1]] = re.sub(r"\\(.)", r"\1", pair[2] if pair[2] is not None else pair[3])
        position = pair.end()
    if "service" in values or "hostaddr" in values:
        return None
    return _target(values.get("host", ""), values.get("port"))


def _target(host: str, port: str | None) -> Target | None:
    if "," in host or (port and not port.isdecimal()):
        return None
    return Target(host, int(port) if port else DEFAULT_PORT, names_port=bool(port))
