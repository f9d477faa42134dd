"""PGS508 redundancy-one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.barman_values import RetentionPolicy
from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.estate.barman_certainty import backed_up, certain
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS508",
    severity=Severity.WARNING,
    applies_to=BarmanConfig,
    costs=Loss.RESTORE,
    source="https://docs.pgbarman.org/release/latest/user_guide/retention_policies.html",
)
def redundancy_one(config: BarmanConfig) -> Iterator[Draft]:
    """Each backup deletes the one before, so nothing before the newest can be restored."""
    for server in backed_up(config):
        policy = certain(server, "retention_policy")
        minimum = certain(server, "minimum_redundancy")
        if policy is None or minimum is None or not isinstance(policy.value, RetentionPolicy):
            continue
        if not isinstance(minimum.value, int) or (policy.value.is_window and policy.value.count):
            continue
        # A window without length keeps the newest backup.
        kept = max(1 if policy.value.is_window else policy.value.count, minimum.value)
        if kept <= 1:
            yield policy.finding(
                "only the newest backup is kept: a mistake made before it can't be undone, and if it is bad there is no "
                "other"
                if kept
                else "no backup is kept: barman cron deletes each one, and there is nothing to restore",
                help="set retention_policy = RECOVERY WINDOW OF n WEEKS, as far back as a mistake may go unnoticed, or at "
                "least REDUNDANCY 3",
            )
