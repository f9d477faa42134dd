"""The command lines in a server's settings: what archive_command, restore_command and their like call, as shell code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.postgres import PostgresConfig, Setting
    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Command

_COMMANDS = ("archive_command", "restore_command", "archive_cleanup_command", "recovery_end_command")


@dataclass(frozen=True)
class ServerCommand(ShellScript):
    """The value of such a setting that calls a program whose options are known.

    `code` is the value, without the file's quoting; a finding stands where its stretch of the value stands in the file.
    """

    setting: Setting = field(kw_only=True)
    config: PostgresConfig = field(kw_only=True, repr=False, compare=False)

    @property
    def is_throwaway(self) -> bool:
        """Whether nobody will miss the server's data."""
        return self.config.is_throwaway

    @property
    def is_for_older_major(self) -> bool:
        """Whether the server is older than any that pgsurvive knows."""
        return self.config.is_for_older_major

    def finding_at(self, start: int, end: int, message: str, *, help: str) -> Draft:  # noqa: A002 - the word the reports use
        """A finding at a stretch of the value."""
        return self.setting.finding_in_value(start, end, message, help=help)

    def finding(self, command: Command, message: str, *, help: str) -> Draft:  # noqa: A002 - as above
        """A finding at a command of the value."""
        return self.finding_at(command.start, command.end, message, help=help)


def read(config: PostgresConfig) -> Iterator[ServerCommand]:
    """The commands that the server runs and that call a program whose options are known; none that a template writes."""
    for name in _COMMANDS:
        setting = config.effective(name)
        text = setting.value
        if not setting.is_set or not isinstance(text, str) or not text.strip():
            continue
        if name == "archive_command" and config.effective("archive_mode").value == "off":
            continue
        command = ServerCommand(
            setting.source, config.majors, config.files, text, setting=setting, config=config
        )
        if command.invocations:
            yield command
