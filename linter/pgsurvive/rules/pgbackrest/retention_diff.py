"""PGS412 retention-diff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig, State
from pgsurvive.estate.pgbackrest_repository import FILE_SYSTEMS, others, repositories
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.pgbackrest_repository import Repository
    from pgsurvive.findings import Draft


@rule(
    code="PGS412",
    severity=Severity.WARNING,
    applies_to=PgbackrestConfig,
    costs=Loss.RESTORE,
    source="https://pgbackrest.org/configuration.html#section-repository/option-repo-retention-diff",
)
def retention_diff(config: PgbackrestConfig) -> Iterator[Draft]:
    """Backups that a restore could begin with go too early, or the WAL that depends on their number never goes."""
    if config.is_throwaway:
        return
    for repository in repositories(config):
        diff = repository.retention("diff")
        if _keeps_one(repository) and all(_keeps_one(other) for other in others(repository)):
            yield diff.finding(
                f"{repository.name} keeps one differential backup: the next removes it with all that build on it, and a "
                "restore to a moment in between needs every WAL segment since the full backup",
                help=f"remove {repository.name}-retention-diff, and they go with their full backup; or set it to as many as "
                "you take in the days that you want to go back",
            )
        elif _wal_never_goes(repository):
            yield repository.retention("archive-type").finding(
                f"WAL is kept for as many differential backups as {repository.name}-retention-diff says, which is not set: "
                f"none ever leaves, until the disk of {repository.name} is full",
                help=f"remove {repository.name}-retention-archive-type: by default WAL lives as long as the full backup "
                "before it",
            )


def _keeps_one(repository: Repository) -> bool:
    """Whether it certainly holds no second differential backup once the next has succeeded."""
    return repository.retention("diff").value == 1 and not repository.is_behind_host


def _wal_never_goes(repository: Repository) -> bool:
    if repository.is_behind_host or repository.type not in FILE_SYSTEMS:
        return False
    if repository.retention("archive-type").value != "diff":
        return False
    return all(repository.retention(name).state is State.DEFAULT for name in ("archive", "diff"))
