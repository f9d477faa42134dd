"""PGS430 pg-path-mismatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.estate import Estate
from pgsurvive.estate.links import directory_of
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS430",
    severity=Severity.ERROR,
    applies_to=Estate,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://pgbackrest.org/configuration.html#section-stanza/option-pg-path",
)
def pg_path_mismatch(estate: Estate) -> Iterator[Draft]:
    """The configuration names another data directory than the server's; pgBackRest refuses its WAL and makes no backup."""
    for link in estate.pgbackrest_links:
        for cluster in link.servers:
            place = cluster.effective("data_directory")
            directory = directory_of(place)
            stanza = link.stanza_of(cluster)
            if directory is None or stanza is None or link.is_set_elsewhere or link.stanza_with(directory):
                continue
            databases = link.paths_of(stanza) or {}
            if any(directory_of(path) == directory for path in databases.values()):
                continue
            local = {n: path for n, path in databases.items() if not link.is_remote(n, stanza)}
            if cluster is not link.only_server and not link.names_stanza(cluster):
                continue  # the directory may be that of another server
            here = local or databases
            if len(here) != 1:
                continue
            ((number, path),) = here.items()
            yield path.finding(
                f"pg{number}-path is not the server's data directory: pgBackRest refuses its WAL and makes no backup of it, "
                "so everything since the last one is lost with the disk",
                help=f"write pg{number}-path={directory}, exactly as data_directory has it: pgBackRest compares the two",
                related=(place.related("the server's data directory"),),
            )
