"""PGS305 restore-command-missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.rules.recovery.recovery_settings_left_behind import targets
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS305",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-PITR-RECOVERY",
)
def restore_command_missing(config: PostgresConfig) -> Iterator[Draft]:
    """A recovery target is set and nothing fetches WAL, so the server refuses to start."""
    # A standby may follow its primary to the target. A recovery.conf is refused as a whole.
    if config.is_standby or config.is_template or config.kind is not Kind.POSTGRESQL_CONF:
        return
    command = config.effective("restore_command")
    target = next(iter(targets(config)), None)
    if target is None or not command.is_empty:
        return
    yield target.finding(
        f"{target.name} is set and restore_command is {'empty' if command.is_set else 'not set'}: with recovery.signal "
        "the server refuses to start, so nothing is restored",
        help="set restore_command to what fetches a segment from the archive, such as cp /path/to/archive/%f %p",
        related=(command.related("nothing is fetched"),) if command.is_set else (),
    )
