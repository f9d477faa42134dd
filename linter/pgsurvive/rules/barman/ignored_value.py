"""PGS502 ignored-value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.estate.barman_ignored import comment_in, ignored
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOSS = {
    "last_backup_maximum_age": "barman check is content however old the last backup is",
    "last_backup_minimum_size": "barman check is content however small the last backup is",
    "last_wal_maximum_age": "barman check is content however long ago the last WAL came",
    "minimum_redundancy": "nothing keeps the last backup from being deleted",
    "retention_policy": "it refuses every backup until the value is right, and deletes nothing",
    "slot_name": "a server that only streams is disabled, without WAL and without a backup",
    "streaming_archiver": "no WAL is received",
}


@rule(
    code="PGS502",
    severity=Severity.ERROR,
    applies_to=BarmanConfig,
    costs=Loss.RESTORE,
    source="https://docs.pgbarman.org/release/latest/user_guide/configuration.html",
)
def ignored_value(config: BarmanConfig) -> Iterator[Draft]:
    """Barman does not understand the value, says so in one line of its log, and uses another."""
    if config.is_template or config.is_throwaway:
        return
    for each in ignored(config):
        entry = each.given.entry
        if comment_in(entry) is not None:
            continue
        value = f"{entry.name} {each.text!r}" if each.text else f"an empty {entry.name}"
        if each.breaks:
            message = (
                f"Barman can't work with {value}: every command ends in an error when it comes to the server"
            )
        else:
            loss = _LOSS.get(entry.name)
            message = f"Barman ignores {value} and uses {each.used}" + (f": {loss}" if loss else "")
        yield Draft(each.given.source, entry.span, message, each.reason)
