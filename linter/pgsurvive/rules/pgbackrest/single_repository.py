"""PGS414 single-repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.estate.pgbackrest_repository import is_whole, repositories
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS414",
    severity=Severity.WARNING,
    applies_to=PgbackrestConfig,
    costs=Loss.CLUSTER,
    source="https://pgbackrest.org/configuration.html#section-repository",
)
def single_repository(config: PgbackrestConfig) -> Iterator[Draft]:
    """What damages or deletes the one repository takes every backup with it."""
    if config.is_throwaway or not is_whole(config):
        return
    for repository in repositories(config):
        alone = config.repositories(repository.stanza) == (repository.index,)
        if repository.stanza is None or not config.databases(repository.stanza) or not alone:
            continue
        # That it lies beside the data, or in it, is the graver matter, and the way out is the same.
        if repository.is_beside_data or repository.surrounding_data_directory is not None:
            continue
        yield repository.place.finding(
            f"{repository.name} is the only repository: a wrong delete, a broken disk or a lost key there takes every "
            "backup",
            help="add a second repository in other hands and another place, schedule backups for it too, and set its own "
            "retention",
        )
