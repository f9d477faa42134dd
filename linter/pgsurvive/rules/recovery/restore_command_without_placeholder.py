"""PGS301 restore-command-without-placeholder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.estate.wal_command import WalCommand
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


def _problem(command: WalCommand) -> str | None:
    missing = sorted({"f", "p"} - command.placeholders)
    if missing:
        return f"restore_command lacks {' and '.join(f'%{letter}' for letter in missing)}"
    for copy in command.copies:
        if any(source.text == "%p" for source in copy.sources) and copy.destination.text.endswith("%f"):
            return "restore_command copies from the server to the archive: %p and %f are swapped"
    return None


@rule(
    code="PGS301",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RESTORE-COMMAND",
)
def restore_command_without_placeholder(config: PostgresConfig) -> Iterator[Draft]:
    """The command is not told which segment to fetch or where to put it, so the restore ends early."""
    setting = config.effective("restore_command")
    if not isinstance(setting.value, str) or not setting.value.strip():
        return
    command = WalCommand(setting.value)
    problem = None if command.script.broken else _problem(command)
    if problem is not None:
        yield setting.finding_in_value(
            0,
            len(setting.value),
            f"{problem}: a restore ends with the base backup, without an error, or stops",
            help="fetch the file named %f and store it as %p, such as cp /path/to/archive/%f %p",
        )
