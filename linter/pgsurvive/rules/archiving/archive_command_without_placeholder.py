"""PGS105 archive-command-without-placeholder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.estate.wal_command import Copy, WalCommand
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


def _problem(command: WalCommand) -> str | None:
    if not command.placeholders & {"p", "f"}:
        return "archive_command has neither %p nor %f, so it isn't told which segment to store"
    for copy in command.copies:
        if any("%f" in source.text for source in copy.sources) and copy.destination.text.endswith("%p"):
            return "archive_command copies from the archive to the server: %p and %f are swapped"
        if any(source.text == "%f" for source in copy.sources):
            return (
                "archive_command looks for %f, a bare file name, in the data directory, where no segment is"
            )
        if _is_one_file_for_all(command, copy):
            return f"archive_command writes every segment to the same {copy.destination.text}"
    return None


def _is_one_file_for_all(command: WalCommand, copy: Copy) -> bool:
    """Whether a redirection goes to a fixed file; what a program is told to copy to may be a directory."""
    to_file = any(redirect.target is copy.destination for redirect in copy.command.redirects)
    return (
        to_file
        and copy.destination.constant
        and not command.placeholders & {"f"}
        and "%" not in copy.destination.text
    )


@rule(
    code="PGS105",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL",
)
def archive_command_without_placeholder(config: PostgresConfig) -> Iterator[Draft]:
    """The command is not told which segment to store, or not under which name."""
    setting = config.effective("archive_command")
    if not isinstance(setting.value, str) or config.effective("archive_mode").value == "off":
        return
    command = WalCommand(setting.value)
    # One that always succeeds stores nothing at all, and is reported for that.
    if not setting.value.strip() or command.script.broken or command.always_succeeds:
        return
    problem = _problem(command)
    if problem is not None:
        yield setting.finding_in_value(
            0,
            len(setting.value),
            f"{problem}: WAL does not reach the archive in a form that a restore can use",
            help="name the segment to store with %p (its path) and the archived file with %f (its name)",
        )
