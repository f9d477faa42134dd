"""PGS304 restore-command-always-succeeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.estate.wal_command import WalCommand
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS304",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RESTORE-COMMAND",
)
def restore_command_always_succeeds(config: PostgresConfig) -> Iterator[Draft]:
    """The command reports success whatever happened, so a restore that can't fetch WAL ends early instead of stopping."""
    setting = config.effective("restore_command")
    if not isinstance(setting.value, str):
        return
    command = WalCommand(setting.value)
    # A command that is not even told what to fetch is PGS301's.
    if not {"f", "p"} <= command.placeholders or not command.always_succeeds:
        return
    if _creates_the_file(command):
        message = (
            "restore_command succeeds and leaves an empty file where nothing could be fetched: the server takes each for "
            "the history of one more timeline and never comes to the restore"
        )
    else:
        message = (
            "restore_command succeeds whatever happens: a missing program or an unreachable archive counts as the end of "
            "the WAL, and the server opens without all that comes after"
        )
    yield setting.finding_in_value(
        0,
        len(setting.value),
        message,
        help="let the status of the program that fetches the file be the last word: drop || true, ; exit 0 and the like",
    )


def _creates_the_file(command: WalCommand) -> bool:
    """Whether the shell makes the file before the program runs, by a redirection to %p."""
    return any(
        redirect.operator in (">", ">|")
        and redirect.descriptor in (None, 1)
        and redirect.target is not None
        and redirect.target.text == "%p"
        and not any(
            other.operator == "<" for other in each.redirects
        )  # refused first, if its file isn't there
        for each in command.commands
        for redirect in each.redirects
    )
