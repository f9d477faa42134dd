"""What the server runs to archive a segment: archive_command, and the script of the checked tree that it calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pgsurvive.estate.wal_command import WalCommand
from pgsurvive.findings import Draft

if TYPE_CHECKING:
    from pgsurvive.estate.copying import Copy
    from pgsurvive.estate.postgres import PostgresConfig, Setting
    from pgsurvive.text import Source

_SHEBANG = re.compile(r"#!\s*\S*?(?:/|\benv\s+(?:-\S+\s+)*)(?:ba|da|k|a)?sh\b")


@dataclass(frozen=True, slots=True)
class ArchiveCommand:
    """The value of archive_command, or the script that it calls."""

    setting: Setting
    command: WalCommand
    script: Source | None = None
    """The file of the script; None for the setting's own value."""

    data_directory: str | None = None
    """What the configuration says of it."""

    @property
    def subject(self) -> str:
        """What a message calls it."""
        return "archive_command" if self.script is None else "the script that archive_command calls"

    @property
    def stored_in_vain(self) -> tuple[tuple[Copy, str], ...]:
        """The copies to where nothing lasts, each with the reason."""
        return self.command.stored_in_vain(self.data_directory)

    def finding(self, start: int, end: int, message: str, *, help: str) -> Draft:  # noqa: A002 - the word the reports use
        """A finding at this stretch of the command; in a script with the setting as the other place."""
        if self.script is None:
            return self.setting.finding_in_value(start, end, message, help=help)
        related = (self.setting.related("archive_command calls it here"),)
        return Draft(self.script, self.script.span(start, end), message, help, related)

    def finding_at_end(self, message: str, *, help: str) -> Draft:  # noqa: A002 - as above
        """A finding at the whole value, or at the command that ends the script."""
        if self.script is None:
            return self.finding(0, len(self.command.text), message, help=help)
        last = self.command.script.body.items[-1]
        return self.finding(last.start, last.end, message, help=help)


def archive_commands(config: PostgresConfig) -> tuple[ArchiveCommand, ...]:
    """What runs for each segment, the setting's own value first; nothing where archiving is off or the value unknown."""
    setting = config.effective("archive_command")
    text = setting.value
    if not isinstance(text, str) or not text.strip() or config.effective("archive_mode").value == "off":
        return ()
    command = wal_command(text)
    called = _script(config, command)
    place = config.effective("data_directory")
    directory = place.value if place.is_set and isinstance(place.value, str) and place.value else None
    own = ArchiveCommand(setting, command, None, directory)
    if called is None:
        return (own,)
    source, parameters = called
    return (own, ArchiveCommand(setting, wal_command(source.text, parameters), source, directory))


@lru_cache(maxsize=32)
def wal_command(text: str, parameters: tuple[str, ...] = ()) -> WalCommand:
    """The command, read once however many rules ask."""
    return WalCommand(text, parameters)


def _script(config: PostgresConfig, command: WalCommand) -> tuple[Source, tuple[str, ...]] | None:
    """The shell script that the whole command consists of calling, with the words handed to it."""
    if command.script.broken or command.call is None:
        return None
    name = command.call.path.rpartition("/")[2]
    source = config.files.find(name, config.source.path)
    if source is None:
        return None
    is_shell = _SHEBANG.match(source.text) if source.text.startswith("#!") else name.endswith(".sh")
    return (source, command.call.parameters) if is_shell else None
