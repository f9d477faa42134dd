"""PGS410 retention-full-one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.estate.pgbackrest_repository import others, repositories
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.pgbackrest_repository import Repository
    from pgsurvive.findings import Draft


@rule(
    code="PGS410",
    severity=Severity.WARNING,
    applies_to=PgbackrestConfig,
    costs=Loss.UNNOTICED_DAMAGE,
    source="https://pgbackrest.org/configuration.html#section-repository/option-repo-retention-full",
)
def retention_full_one(config: PgbackrestConfig) -> Iterator[Draft]:
    """Each full backup removes the one before; what was damaged or deleted earlier is then out of reach."""
    if config.is_throwaway:
        return
    for repository in repositories(config):
        if _keeps_one(repository) and all(_keeps_one(other) for other in others(repository)):
            yield repository.retention("full").finding(
                f"{repository.name} keeps one full backup: the next one removes it and the WAL behind it, so nothing from "
                "before can be restored, and if the new one is bad there is no other",
                help=f"set {repository.name}-retention-full to 2 or more, or {repository.name}-retention-full-type=time and "
                "the days that you want to go back",
            )


def _keeps_one(repository: Repository) -> bool:
    """Whether it certainly holds no second full backup once the next has succeeded."""
    if repository.is_behind_host:
        return False
    return repository.retention("full").value == 1 and repository.retention("full-type").value == "count"
