"""PGS118 archive-cleanup-deletes-pitr."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pgsurvive.estate.archiving import archive_commands, wal_command
from pgsurvive.estate.copying import operands_of
from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgsurvive.findings import Draft, Related
    from pgsurvive.syntax.shell import Command

_TAKES_VALUE = frozenset({"-x", "--strip-extension"})
_DRY_RUN = re.compile(r"-[bd]*n[bdn]*|--dry-run")

_ARCHIVE = re.compile(r"archive|backup|pitr", re.IGNORECASE)
_FEED = re.compile(r"ship|spool|standby|replica|slave|secondary|incoming|stream|sync", re.IGNORECASE)
"""What a directory is called that only feeds a standby; the archive is elsewhere then."""


@rule(
    code="PGS118",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-ARCHIVE-CLEANUP-COMMAND",
)
def archive_cleanup_deletes_pitr(config: PostgresConfig) -> Iterator[Draft]:
    """A standby removes the WAL that it no longer needs from the archive that base backups still need."""
    setting = config.effective("archive_cleanup_command")
    if not isinstance(setting.value, str) or config.is_throwaway:
        return
    cleanup = wal_command(setting.value)
    for command in () if cleanup.script.broken else cleanup.commands:
        directory = _cleaned(command)
        other = None if directory is None else _use_as_archive(directory, config)
        if other is None:
            continue
        draft = setting.finding_in_value(
            command.start,
            command.end,
            f"the standby empties {directory} up to its own last restart point: no older base backup can be rolled forward, "
            "and a mistake made before that point can't be undone",
            help="remove archive_cleanup_command and expire WAL together with the backups: pgbackrest expire, or "
            "pg_archivecleanup with the .backup file of the oldest backup that you keep",
        )
        yield replace(draft, related=(other,))
        return


def _cleaned(command: Command) -> str | None:
    """The directory from which the command removes segments, or None."""
    words = [word.text for word in command.arguments]
    if command.name == "pg_archivecleanup":
        operands = operands_of(command.arguments, _TAKES_VALUE)
        if any(map(_DRY_RUN.fullmatch, words)) or not operands or not operands[0].constant:
            return None
        return _normal(operands[0].text)
    if command.name == "find" and words and ("-delete" in words or "rm" in words):
        return _normal(words[0]) if command.arguments[0].constant else None
    if command.name == "rm":
        inside = next((word for word in command.arguments if "/" in word.text and word.constant), None)
        return _normal(inside.text.rpartition("/")[0]) if inside else None
    return None


def _use_as_archive(directory: str, config: PostgresConfig) -> Related | None:
    """The setting that shows the directory to be the archive, or None where it may be there for the standby alone."""
    archiving = archive_commands(config)
    for each in archiving:
        if directory in _directories(each.command.commands):
            return each.setting.related("WAL is archived there")
    setting = config.effective("restore_command")
    if archiving or not isinstance(setting.value, str) or _FEED.search(directory):
        return None
    restore = wal_command(setting.value)
    if _ARCHIVE.search(directory) and directory in _directories(restore.commands):
        return setting.related("WAL is restored from there")
    return None


def _directories(commands: Iterable[Command]) -> Iterator[str]:
    """Where a command keeps the file %f."""
    for command in commands:
        for word in (*command.words, *(r.target for r in command.redirects if r.target)):
            directory, found, _ = word.text.removeprefix("of=").partition("/%f")
            if found and directory:
                yield _normal(directory)


def _normal(directory: str) -> str:
    return directory.rstrip("/") or "/"
