"""PGS510 no-off-site-copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.estate.barman_certainty import backed_up, may_be_copied_away, shares_the_databases_disk
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS510",
    severity=Severity.WARNING,
    applies_to=BarmanConfig,
    costs=Loss.CLUSTER,
    source="https://docs.pgbarman.org/release/latest/user_guide/geographical_redundancy.html",
)
def no_off_site_copy(config: BarmanConfig) -> Iterator[Draft]:
    """Nothing takes the backups off Barman's host, so that they are lost with it."""
    for server in backed_up(config):
        if not may_be_copied_away(server) and not shares_the_databases_disk(server):
            yield server.finding(
                "nothing here copies the backups off Barman's host: a fire or an intruder that gets it and the database "
                "leaves nothing",
                help="let a second Barman in another place fetch them (primary_ssh_command there), or copy them away in "
                "post_backup_retry_script and post_archive_retry_script",
            )
