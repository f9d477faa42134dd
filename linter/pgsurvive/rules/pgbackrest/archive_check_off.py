"""PGS419 archive-check-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS419",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.RESTORE,
    source="https://pgbackrest.org/configuration.html#section-archive/option-archive-check",
)
def archive_check_off(config: PgbackrestConfig) -> Iterator[Draft]:
    """Backups end with success although the WAL that they need was never archived."""
    if config.is_throwaway or _restores_from_elsewhere(config):
        return
    for option in config.decisions("archive-check", "backup"):
        if option.value is False:
            yield option.finding(
                "archive-check is off: a backup succeeds without its WAL, and then nothing can restore it",
                help="remove the line; where WAL doesn't arrive in time, find out why, or raise archive-timeout",
            )


def _restores_from_elsewhere(config: PgbackrestConfig) -> bool:
    """Whether a restore is told to fetch WAL from an archive that is not pgBackRest's."""
    return any(
        entry.key == "recovery-option" and entry.value.startswith(("restore_command", "restore-command"))
        for _, entry in config.lines
    )
