"""PGS309 target-action-promote-unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.rules.recovery.recovery_settings_left_behind import MOMENTS, is_primary, targets
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS309",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RECOVERY-TARGET-ACTION",
)
def target_action_promote_unseen(config: PostgresConfig) -> Iterator[Draft]:
    """The server promotes at the target before anyone has looked, and can't go on to a later one."""
    action = config.effective("recovery_target_action")
    moments = targets(config, MOMENTS)
    if config.is_throwaway or action.value != "promote" or not moments or is_primary(config):
        return
    # A script that starts a copy with archiving off rehearses a restore: nobody is there to look.
    if config.kind is Kind.SHELL and config.effective("archive_mode").value == "off":
        return
    yield action.finding(
        f"the server promotes at {moments[0].name} before anyone has looked: if the target is a little too early, what was "
        "committed between it and the right one is out of reach of this copy, and the whole restore starts again",
        help="recovery_target_action = 'pause': look at the data, then pg_wal_replay_resume() to promote, or set a later "
        "target and restart to go on",
        related=(moments[0].related("the target"),),
    )
