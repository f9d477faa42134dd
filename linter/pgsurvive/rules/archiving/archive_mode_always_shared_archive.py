"""PGS117 archive-mode-always-shared-archive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.archiving import archive_commands, wal_command
from pgsurvive.estate.guards import guards
from pgsurvive.estate.places import is_remote
from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.wal_command import WalCommand
    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Command

_NETWORK = re.compile(r"(?:^|[/_.-])(?:nfs\d?|nas|efs|cifs|smb|shared?|ceph\w*|gluster\w*)(?=[/_.\d-]|$)")
"""What a directory is called in which other hosts see the same files."""

_REPLACES_AT_ONCE = frozenset({"rsync", "mv", "ln"})
"""Programs that put the whole file in the place of the old one: a second copy with the same contents harms nobody."""


@rule(
    code="PGS117",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://www.postgresql.org/docs/current/warm-standby.html#CONTINUOUS-ARCHIVING-IN-STANDBY",
)
def archive_mode_always_shared_archive(config: PostgresConfig) -> Iterator[Draft]:
    """Primary and standby archive each segment to one place: the second is refused for ever, or rewrites what is there."""
    mode = config.effective("archive_mode")
    if mode.value != "always" or config.is_throwaway:
        return
    for each in archive_commands(config):
        if any(map(_is_pgbackrest, each.command.commands)):
            yield mode.finding(
                "archive_mode is always: pgBackRest doesn't support that, and its backup command refuses to run",
                help="set archive_mode = on; a standby begins to archive when it is promoted",
                related=(each.setting.related("WAL goes to pgBackRest"),),
            )
            return
        harm = _harm(each.command)
        if harm is not None and _is_shared(each.command, config):
            yield mode.finding(
                f"archive_mode is always, but primary and standby archive to one place and {each.subject} compares nothing: "
                f"{harm}",
                help="set archive_mode = on, or give the standby an archive of its own, or succeed where cmp finds the same "
                "contents",
                related=(each.setting.related("the archive"),),
            )
            return


def _is_pgbackrest(command: Command) -> bool:
    return command.name == "pgbackrest" and any(word.text == "archive-push" for word in command.arguments)


def _harm(command: WalCommand) -> str | None:
    """What happens when a second server archives the same segment, or None where nothing does or it isn't known."""
    if command.script.broken:
        return None
    if any(not guard.accepts for guard in guards(command)):
        return "the second to come is refused for ever: its pg_wal grows, and once it is the primary it archives nothing"
    copies = command.unguarded_copies
    if copies and not any(copy.is_upload or copy.program in _REPLACES_AT_ONCE for copy in copies):
        return "the second to come truncates segments that are archived, and leaves a torn one where it is interrupted"
    return None


def _is_shared(command: WalCommand, config: PostgresConfig) -> bool:
    """Whether the place is evidently the same for the server that archives and the one that restores or stands by."""
    restore = config.effective("restore_command").value
    if isinstance(restore, str):
        places = {copy.path.partition("/%f")[0] for copy in command.stored if "/%f" in copy.path}
        words = [word for each in wal_command(restore).commands for word in _words(each)]
        if any(f"{place}/%f" in word for word in words for place in places):
            return True
    # What only a standby has may well be its own archive.
    return not config.is_standby and any(
        is_remote(copy.path) or _NETWORK.search(copy.path.lower()) for copy in command.stored
    )


def _words(command: Command) -> Iterator[str]:
    yield from (word.text for word in command.words)
    yield from (redirect.target.text for redirect in command.redirects if redirect.target)
