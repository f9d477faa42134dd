"""PGS411 retention-archive-cuts-backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import Option, PgbackrestConfig, State
from pgsurvive.estate.pgbackrest_repository import others, repositories
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.pgbackrest_repository import Repository
    from pgsurvive.findings import Draft


@rule(
    code="PGS411",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://pgbackrest.org/configuration.html#section-repository/option-repo-retention-archive",
)
def retention_archive_cuts_backups(config: PgbackrestConfig) -> Iterator[Draft]:
    """WAL is removed that kept backups need to reach any moment after their own end."""
    if config.is_throwaway:
        return
    for repository in repositories(config):
        cut = _cut(repository)
        # Unless a restore names one repository, it fetches WAL from any that has it.
        if cut is None or any(_cut(other) is None for other in others(repository)):
            continue
        archive, kept = cut
        full = repository.retention("full")
        related = (full.related(f"so many {kept} are kept"),) if full.is_set else ()
        yield archive.finding(
            f"{repository.name} keeps WAL for fewer backups than it keeps: an older one can be restored to the moment it "
            "ended, and to none after it",
            help=f"remove {archive.name}: by default WAL lives as long as the full backup before it",
            related=related,
        )


def _cut(repository: Repository) -> tuple[Option, str] | None:
    """The option that certainly leaves a full backup without its WAL, and what the full backups are counted in."""
    if repository.is_behind_host:
        return None
    full, archive = repository.retention("full"), repository.retention("archive")
    by, archived_by = repository.retention("full-type").value, repository.retention("archive-type").value
    if archive.state is State.DEFAULT and archived_by == "diff":
        archive = repository.retention("diff")
    limit = archive.value
    if not isinstance(limit, int) or not archive.is_set:
        return None
    if by == "time":
        # With one backup's worth, each new full backup cuts off all days before it.
        return (archive, "days") if limit == 1 and full.is_set else None
    if by != "count":
        return None
    if full.state is State.DEFAULT:
        return archive, "full backups"
    # Where other kinds count too, the same number already ends before the oldest full backup.
    least = limit + 1 if archived_by == "full" else limit
    return (archive, "full backups") if isinstance(full.value, int) and full.value >= least else None
