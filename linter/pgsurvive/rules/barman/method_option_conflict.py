"""PGS512 method-option-conflict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.barman import BarmanOption, Server
    from pgsurvive.findings import Draft

_FORBIDDEN = {
    "postgres": ("reuse_backup", "network_compression", "tablespace_bandwidth_limit"),
    "rsync": ("backup_compression",),
    "local-rsync": ("backup_compression", "ssh_command"),
    "snapshot": (
        "backup_compression",
        "bandwidth_limit",
        "network_compression",
        "reuse_backup",
        "tablespace_bandwidth_limit",
    ),
}
_REQUIRED = {
    "rsync": ("ssh_command",),
    "snapshot": ("snapshot_provider", "snapshot_instance", "snapshot_disks"),
}

_DISABLED = "Barman disables the server, takes no backup of it and fetches no WAL"


@rule(
    code="PGS512",
    severity=Severity.WARNING,
    applies_to=BarmanConfig,
    costs=Loss.RESTORE,
    source="https://docs.pgbarman.org/release/latest/user_guide/configuration.html",
)
def method_option_conflict(config: BarmanConfig) -> Iterator[Draft]:
    """An option does not go with the backup method, or one that the method needs is missing: Barman disables the server."""
    if config.is_template or config.is_throwaway:
        return
    for server in config.servers:
        method = server.effective("backup_method")
        if not _backs_up(server) or not isinstance(method.value, str):
            continue
        for name in _FORBIDDEN.get(method.value, ()):
            option = server.effective(name)
            if _is_in_force(option):
                yield option.finding(
                    f"{name} does not go with backup_method {method.value} of [{server.name}]: {_DISABLED}",
                    help=f"remove {name}, or set it to nothing in [{server.name}]"
                    if option.section == "barman"
                    else f"remove {name}, or choose another backup_method",
                    related=(method.related(f"backup_method of [{server.name}]"),) if method.is_set else (),
                )
        for name in _REQUIRED.get(method.value, ()):
            option = server.effective(name)
            if option.is_known and option.value is None:
                yield method.finding(
                    f"backup_method {method.value} of [{server.name}] needs {name}: {_DISABLED}",
                    help=f"set {name}, or backup_method = postgres, which needs neither ssh nor a disk's interface",
                )


def _backs_up(server: Server) -> bool:
    """Whether Barman itself takes backups of it, and no model of its cluster may say how."""
    cluster = server.effective("cluster").value
    return (
        server.effective("active").value is True
        and server.effective("primary_ssh_command").value is None
        and all(model.effective("cluster").value != cluster for model in server.config.models)
    )


def _is_in_force(option: BarmanOption) -> bool:
    return option.is_known and option.value not in (None, False, "off", 0)
