"""PGS311 timeline-current."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.rules.recovery.recovery_settings_left_behind import targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS311",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RECOVERY-TARGET-TIMELINE",
)
def timeline_current(config: PostgresConfig) -> Iterator[Draft]:
    """Recovery stays on one timeline: what was committed after a promotion is missing."""
    setting = config.effective("recovery_target_timeline")
    # A target that lies beyond the promotion isn't reached, which stops the server; whoever gives both knows the timeline.
    if config.is_throwaway or not isinstance(setting.value, str) or targets(config):
        return
    is_current = setting.value == "current"
    follows = config.effective("primary_conninfo").is_set
    if not is_current and not (follows and setting.value.isdecimal()):
        return
    stays = "on the backup's timeline" if is_current else f"on timeline {setting.value}"
    missed = (
        "this standby stops following at the next failover and serves old rows, without stopping"
        if follows
        else "if a standby was promoted since the backup, everything committed after that is missing, without an error"
    )
    yield setting.finding(
        f"recovery stays {stays}: {missed}",
        help="remove the setting or set it to 'latest'; if someone else's timeline is in the archive, give the right one's "
        "number together with a target",
    )
