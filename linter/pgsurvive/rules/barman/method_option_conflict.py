"""PGS512 method-option-conflict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.barman import NEEDED_BY_METHOD, NOT_WITH_METHOD
from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.barman import Server
    from pgsurvive.findings import Draft

_DISABLED = "Barman disables the server, takes no backup of it and fetches no WAL"


@rule(
    code="PGS512",
    severity=Severity.ERROR,
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
        if not server.is_backed_up or _may_be_changed(server) or not isinstance(method.value, str):
            continue
        for name in NOT_WITH_METHOD.get(method.value, ()):
            option = server.effective(name)
            if option.is_known and server.conflicts(option):
                yield option.finding(
                    f"{name} does not go with backup_method {method.value} of [{server.name}]: {_DISABLED}",
                    help=f"remove {name}, or set it to nothing in [{server.name}]"
                    if option.section == "barman"
                    else f"remove {name}, or choose another backup_method",
                    related=(method.related(f"backup_method of [{server.name}]"),) if method.is_set else (),
                )
        for name in ("conninfo", *NEEDED_BY_METHOD.get(method.value, ())):
            option = server.effective(name)
            if option.is_known and option.value is None:
                yield method.finding(
                    f"backup_method {method.value} of [{server.name}] needs {name}: {_DISABLED}",
                    help=f"set {name} for the server, or backup_method = postgres, which needs only a connection",
                )


def _may_be_changed(server: Server) -> bool:
    """Whether a model of its cluster may say how it is backed up."""
    cluster = server.effective("cluster").value
    return any(model.effective("cluster").value == cluster for model in server.config.models)
