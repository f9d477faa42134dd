"""PGS506 no-retention-policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.estate.barman_certainty import backed_up, certain
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS506",
    severity=Severity.WARNING,
    applies_to=BarmanConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://docs.pgbarman.org/release/latest/user_guide/retention_policies.html",
)
def no_retention_policy(config: BarmanConfig) -> Iterator[Draft]:
    """Barman keeps every backup and all WAL until its disk is full, and then takes neither."""
    for server in backed_up(config):
        policy = certain(server, "retention_policy")
        if policy is not None and policy.value is None:
            yield policy.finding(
                "no retention_policy: backups and WAL pile up until the disk is full; then Barman takes neither, and the "
                "database keeps WAL until its own disk is full",
                help="set retention_policy = RECOVERY WINDOW OF n WEEKS, as far back as a mistake may go unnoticed",
            )
