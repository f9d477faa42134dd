"""PGS509 no-maximum-age."""

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
    code="PGS509",
    severity=Severity.WARNING,
    applies_to=BarmanConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://docs.pgbarman.org/release/latest/user_guide/configuration.html",
)
def no_maximum_age(config: BarmanConfig) -> Iterator[Draft]:
    """Barman finds a backup of any age in order, so nobody learns that the backups have stopped."""
    for server in backed_up(config):
        age = certain(server, "last_backup_maximum_age")
        if age is not None and age.value is None:
            yield age.finding(
                "no last_backup_maximum_age: when backups stop, barman check goes on saying OK, and you find out in the "
                "restore",
                help="set last_backup_maximum_age to a little more than the time between two backups, such as 2 DAYS, and "
                "let monitoring run barman check",
            )
