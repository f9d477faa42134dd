"""PGS101 archive-mode-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS101",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html",
    answered_in=lambda estate: estate.streamed,
)
def archive_mode_off(config: PostgresConfig) -> Iterator[Draft]:
    """WAL is not archived, so only the moment of a backup can be restored."""
    setting = config.effective("archive_mode")
    # A standby's own archive_mode matters only after its promotion: its primary archives. On a command line it is how
    # one keeps a restored copy from archiving.
    if config.is_standby or config.is_throwaway or config.kind is Kind.SHELL:
        return
    if setting.value == "off":
        yield setting.finding(
            f"archive_mode is {'off' if setting.is_set else 'not set, so it is off'}: everything committed since the last "
            "backup is lost with the disk",
            help="set archive_mode = on and an archive_command that stores each segment durably",
        )
