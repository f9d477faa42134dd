"""PGS310 target-action-pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.rules.recovery.recovery_settings_left_behind import is_primary, targets
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS310",
    severity=Severity.INFO,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RECOVERY-TARGET-ACTION",
)
def target_action_pause(config: PostgresConfig) -> Iterator[Draft]:
    """The restored server pauses at its target, read-only, and is mistaken for one that failed."""
    found = targets(config)
    action = config.effective("recovery_target_action")
    if config.is_throwaway or not found or is_primary(config):
        return
    if config.effective("hot_standby").value is False and (
        action.value == "pause" or (not action.is_set and _holds_the_restore(config))
    ):
        place = action if action.is_set else found[0]
        yield place.finding(
            "hot_standby is off, so the server shuts down at its target instead of pausing; what supervises it starts it "
            "again and again, and nobody can look at the data",
            help="hot_standby = on, or recovery_target_action = 'shutdown' if that is what you want",
            related=(config.effective("hot_standby").related("this makes a pause a shutdown"),),
        )
    elif not action.is_set and _holds_the_restore(config):
        yield found[0].finding(
            "no recovery_target_action is given, so the server pauses at the target: it answers queries and refuses every "
            "write, and is easily taken for a restore that failed",
            help="say what you want: recovery_target_action = 'pause' to look first and then promote with "
            "pg_wal_replay_resume(), or 'shutdown'",
        )


def _holds_the_restore(config: PostgresConfig) -> bool:
    """Whether the action would stand in these files too: they say more about the restore than its target."""
    if config.is_complete or config.kind is Kind.RECOVERY_CONF:
        return True
    return config.kind is Kind.POSTGRESQL_CONF and config.effective("restore_command").is_set
