"""What of Barman's servers is certain enough to judge: who is backed up, from where, and what leaves the host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from pgsurvive.estate.barman_option import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.barman import BarmanConfig
    from pgsurvive.estate.barman_option import BarmanOption
    from pgsurvive.estate.barman_server import Server

_HOOKS = (
    "post_archive_retry_script",
    "post_archive_script",
    "post_backup_retry_script",
    "post_backup_script",
)
_DIRECTORIES = ("backup_directory", "basebackups_directory", "wals_directory")
_OFF_HOST_METHODS = frozenset({"local-to-cloud", "snapshot"})
_ELSEWHERE = re.compile(
    r"://|^/(?:mnt|media|net|nfs|efs|gcs|s3|nas|san|cloud)\b|(?:nfs|efs|s3fs|gcsfuse|cifs|smb|ceph|gluster|rclone|bucket)"
    r"|(?:^|[/_-])(?:remote|off-?site|nas)(?:$|[/_-])",
    re.IGNORECASE,
)
"""Directories that are, or look like, those of another machine."""

_SYSTEM = re.compile(r"/(?:home|opt|root|tmp|usr|var)(?:/|$)")
"""Where what is stored is on the system's disk, unless someone mounts another there."""

_KEYWORD = re.compile(r"(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S*))")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORT = "5432"


def backed_up(config: BarmanConfig) -> Iterator[Server]:
    """The servers that this Barman itself backs up: active, no passive node, in no test and no template."""
    if config.is_throwaway or config.is_template or config.refusals:
        return
    for server in config.servers:
        active = server.effective("active")
        primary = server.effective("primary_ssh_command")
        if active.is_known and active.value is True and primary.is_known and primary.value is None:
            yield server


def certain(server: Server, name: str) -> BarmanOption | None:
    """The option, if nothing leaves its value in doubt; None also where Barman drops a line, which is a finding of its own.

    A model of the server's cluster that sets it leaves it in doubt: nobody knows which model is active.
    """
    option = server.effective(name)
    if option.state not in (State.SET, State.DEFAULT):
        return None
    cluster = server.effective("cluster").value
    for model in server.config.models:
        if model.effective("cluster").value in (cluster, None) and model.effective(name).entry is not None:
            return None
    return option


def is_inherited(option: BarmanOption, server: Server) -> bool:
    """Whether the line that decides an option stands in another section than the server's own."""
    return option.section is not None and option.section != server.name


def may_be_copied_away(server: Server) -> bool:
    """Whether backups or WAL leave the host, as far as the configuration could tell: by a hook, or to a place elsewhere.

    What passive nodes and other hosts fetch doesn't show here, but `forward_config_path` is made for them.
    """
    method = certain(server, "backup_method")
    forwards = certain(server, "forward_config_path")
    if method is None or method.value in _OFF_HOST_METHODS or forwards is None or forwards.value is not False:
        return True
    hooks = [certain(server, name) for name in _HOOKS]
    if any(hook is None or hook.value is not None for hook in hooks):
        return True
    return any(place is None or _ELSEWHERE.search(place) for place in _directories(server))


def shares_the_databases_disk(server: Server) -> bool:
    """Whether the database is on Barman's host and the backups are most likely on the disk that it is on."""
    places = _directories(server)
    return is_on_database_host(server) and all(place is not None and _SYSTEM.match(place) for place in places)


def _directories(server: Server) -> list[str | None]:
    """Where backups and WAL are kept; None for what isn't known."""
    options = [server.config.option("barman_home"), *(certain(server, name) for name in _DIRECTORIES)]
    return [option.value if option and isinstance(option.value, str) else None for option in options]


def is_on_database_host(server: Server) -> bool:
    """Whether the server's PostgreSQL certainly runs where its Barman does.

    An SSH command says where it runs. A connection to this host on an unusual port may lead through a tunnel.
    """
    method = certain(server, "backup_method")
    if method is None:
        return False
    if method.value == "local-rsync":
        return True
    ssh = certain(server, "ssh_command")
    conninfo = certain(server, "conninfo")
    if method.value != "postgres" or ssh is None or ssh.value is not None or conninfo is None:
        return False
    return isinstance(conninfo.value, str) and _is_local(conninfo.value)


def _is_local(conninfo: str) -> bool:
    words = _parameters(conninfo)
    if words is None or "service" in words or "hostaddr" in words or "cloudsql" in conninfo:
        return False
    host = words.get("host", "")
    if not host or host.startswith(("/", "@")):
        return "," not in host
    return host in _LOOPBACK and words.get("port", _PORT) == _PORT


def _parameters(conninfo: str) -> dict[str, str] | None:
    """Host, port and the like of libpq's connection string, None where it can't be read."""
    if not conninfo.startswith(("postgresql://", "postgres://")):
        words = {match[1]: match[2] or match[3] or "" for match in _KEYWORD.finditer(conninfo)}
        return words or None
    try:
        url = urlsplit(conninfo)
        words = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.hostname:
            words["host"] = unquote(url.hostname)
        if url.port:
            words["port"] = str(url.port)
    except ValueError:
        return None
    return words
