"""PGS507 minimum-redundancy-unset."""

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
    code="PGS507",
    severity=Severity.WARNING,
    applies_to=BarmanConfig,
    costs=Loss.RESTORE,
    source="https://docs.pgbarman.org/release/latest/user_guide/configuration.html",
)
def minimum_redundancy_unset(config: BarmanConfig) -> Iterator[Draft]:
    """Barman deletes the last backup when told to, and finds it in order that there is none."""
    for server in backed_up(config):
        minimum = certain(server, "minimum_redundancy")
        if minimum is not None and minimum.value == 0:
            yield minimum.finding(
                "minimum_redundancy is 0: barman delete takes the last backup, and barman check is content with none",
                help="set minimum_redundancy = 2 or more: Barman deletes none of the last ones, and check fails below it",
            )
