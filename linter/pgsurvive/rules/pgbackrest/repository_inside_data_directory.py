"""PGS413 repository-inside-data-directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.estate.pgbackrest_repository import repositories
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS413",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.CLUSTER,
    source="https://pgbackrest.org/configuration.html#section-repository/option-repo-path",
)
def repository_inside_data_directory(config: PgbackrestConfig) -> Iterator[Draft]:
    """The backups are part of what they are to replace, and go with it."""
    if config.is_throwaway:
        return
    for repository in repositories(config):
        around = repository.surrounding_data_directory
        if around is None:
            continue
        yield repository.place.finding(
            f"{repository.name} lies in the data directory {around}: what destroys the cluster destroys its backups, and "
            "after the first every backup fails",
            help="move the repository to another disk, better to another machine, and make a new full backup there",
        )
