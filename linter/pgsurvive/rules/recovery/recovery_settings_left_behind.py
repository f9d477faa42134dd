"""PGS313 recovery-settings-left-behind."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.postgres import Setting
    from pgsurvive.findings import Draft

MOMENTS = ("recovery_target_time", "recovery_target_xid", "recovery_target_lsn", "recovery_target_name")
"""The settings that choose a point which may turn out to be the wrong one."""

_SIGNALS = frozenset({"recovery.signal", "standby.signal"})


def targets(config: PostgresConfig, names: tuple[str, ...] = (*MOMENTS, "recovery_target")) -> list[Setting]:
    """The settings, of these, that set a recovery target; an empty one and one that a template has yet to fill set none."""
    settings = (config.effective(name) for name in names)
    return [setting for setting in settings if isinstance(setting.value, str) and setting.value.strip()]


def is_primary(config: PostgresConfig) -> bool:
    """Whether this is the whole configuration of a server that archives and isn't in recovery, as far as the files say."""
    if not config.is_complete or config.is_standby:
        return False
    beside = config.files.names_in(posixpath.dirname(config.source.path)) or []
    return config.effective("archive_mode").value in ("on", "always") and _SIGNALS.isdisjoint(beside)


@rule(
    code="PGS313",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET",
)
def recovery_settings_left_behind(config: PostgresConfig) -> Iterator[Draft]:
    """A running server still has the target of a past restore, and the next standby or restore stops there."""
    if config.is_throwaway or not is_primary(config):
        return
    then = "promotes itself" if config.effective("recovery_target_action").value == "promote" else "stops"
    for setting in targets(config):
        yield setting.finding(
            f"{setting.name} is set in the configuration of a server that archives: its next standby or restore takes this "
            f"for its own target and {then} there, or refuses to start; what was committed later is missing",
            help="remove the recovery_target settings once a restore is over; ALTER SYSTEM RESET removes them from "
            "postgresql.auto.conf",
        )
