"""PGS425 expire-never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.estate import Estate
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.estate import PgbackrestLink
    from pgsurvive.findings import Draft


@rule(
    code="PGS425",
    severity=Severity.WARNING,
    applies_to=Estate,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://pgbackrest.org/configuration.html#section-backup/option-expire-auto",
)
def expire_never(estate: Estate) -> Iterator[Draft]:
    """Backups and WAL are never removed, until the repository is full and the server can't archive any more."""
    # What schedules commands is often no script: only where all of it was read, nothing runs expire.
    if estate.has_unread_schedule or any(script.mentions("expire") for script in estate.scripts):
        return
    for link in estate.pgbackrest_links:
        if link.writes_configuration or _configures_expire(link):
            continue
        for option in link.config.decisions("expire-auto", "backup"):
            backups = [call for call in link.invocations if "backup" in call.operands]
            if option.value is False and backups:
                yield option.finding(
                    "expire-auto is off and nothing here runs expire: no backup and no WAL is ever removed, and when the "
                    "repository is full, nothing more is archived",
                    help="remove the line, or run pgbackrest expire after the backup",
                    related=(backups[0].related("the backup that used to expire"),),
                )


def _configures_expire(link: PgbackrestLink) -> bool:
    """Whether a section is for the expire command alone: it is run by itself then."""
    return any(section.command == "expire" for _, section in link.config.sections)
