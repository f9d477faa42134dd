"""PGS415 no-off-site-repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.estate.pgbackrest_repository import is_whole, repositories_of
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS415",
    severity=Severity.WARNING,
    applies_to=PgbackrestConfig,
    costs=Loss.CLUSTER,
    source="https://pgbackrest.org/configuration.html#section-repository/option-repo-type",
)
def no_off_site_repository(config: PgbackrestConfig) -> Iterator[Draft]:
    """All backups are on the machine that they are to replace."""
    if config.is_throwaway or not is_whole(config):
        return
    for stanza in config.stanzas:
        found = repositories_of(config, stanza)
        if not found or not all(repository.is_beside_data for repository in found):
            continue
        # A repository in the data directory is a finding of its own.
        if any(repository.surrounding_data_directory for repository in found):
            continue
        names = " and ".join(repository.name for repository in found)
        yield found[0].place.finding(
            f"{names} {'is' if len(found) == 1 else 'are'} on the machine of the cluster: a fire, a theft, an intruder or a "
            "broken controller takes the data and every backup",
            help="add a repository on another machine in another place: an object store, SFTP or a repository host; encrypt "
            "it, and schedule backups for it too",
        )
