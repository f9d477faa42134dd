"""PGS303 several-recovery-targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig, Setting
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.rules.recovery.recovery_settings_left_behind import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_TARGETS = frozenset({*MOMENTS, "recovery_target"})


@rule(
    code="PGS303",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET",
)
def several_recovery_targets(config: PostgresConfig) -> Iterator[Draft]:
    """More than one recovery target is set, so the server refuses to start."""
    if config.is_template:
        return  # of the targets in it, the engine may write just one
    target: Setting | None = None
    for setting in _in_the_order_of_the_server(config):
        if target is None:
            target = setting if setting.value else None
        elif setting.value is not None:
            emptied = "" if setting.value else ", even though it is empty"
            yield setting.finding(
                f"{setting.name} comes after {target.name}{emptied}: the server refuses to start with more than one "
                "recovery target, so nothing is restored",
                help="keep the one target that you mean, and delete the lines of all others",
                related=(target.related("the target before it"),),
            )
            return


def _in_the_order_of_the_server(config: PostgresConfig) -> list[Setting]:
    """The targets that any line sets, each where its last line stands.

    The server assigns them in that order and looks back at each: an empty one behind another target is refused too,
    while before it, it is harmless.
    """
    names = [entry.name for _, entry in config.lines if entry.name in _TARGETS]
    last_first = dict.fromkeys(reversed(names))
    return [config.effective(name) for name in reversed(last_first)]
