"""PGS630 mirror-deletes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.mirrors import mirrors
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.mirrors import Mirror
    from pgsurvive.findings import Draft

_POSTGRESQL = re.compile(r"postgres|pg_|\bpg|psql|barman", re.IGNORECASE)
_BACKUPS = re.compile(r"back_?up|bkp|\bbaks?\b|dump|pgbackrest|barman|wal-?archive", re.IGNORECASE)
_ELSEWHERE = re.compile(r"[^/]+:|/(?:mnt|media|nfs|nas)/")
"""Another host, an object store, or what is mounted."""

_FETCHED = re.compile(r"[^/]*@[^/]*:|[\w.-]+:(?!//)|rsync://")
"""A source on another host."""

_BACK = re.compile(
    r"restor|roll-?_?back|recover|deploy|pgdata|/var/lib/(?:postgresql|pgsql)|www|clone|seed", re.IGNORECASE
)
"""What says that a backup is brought back, not off."""

_MIRRORS = re.compile(r"(?<!f)sync|mirror|rclone")
"""Without one of these nothing is mirrored, and nothing need be parsed."""

_DATED = re.compile(r"\$\(|`|date|day|stamp|week", re.IGNORECASE)
_KEEPS = re.compile(
    r"versioning|object-?lock|snapshot|immutab|worm|mountpoint|findmnt|ls -A|-empty|restic|borg|zfs|btrfs",
    re.IGNORECASE,
)
"""What says this keeps older states there, or looks first whether the source is whole."""


@rule(
    code="PGS630",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://download.samba.org/pub/rsync/rsync.1",
)
def mirror_deletes(script: ShellScript) -> Iterator[Draft]:
    """Backups that are deleted here, by whatever or whomever, are deleted off-site too."""
    text = script.source.text
    if not _MIRRORS.search(script.text):
        return
    if _BACK.search(script.source.path.rpartition("/")[2]):
        return
    if script.is_throwaway or not _POSTGRESQL.search(f"{script.source.path}\n{text}") or _KEEPS.search(text):
        return
    for mirror in mirrors(script):
        if _is_off_site_copy(script, mirror):
            yield script.finding(
                mirror.step.command,
                f"{mirror.called} deletes off-site what is gone here: when the backups are lost to a mistake, an intruder "
                "or a volume that isn't mounted, the next run empties the second copy too",
                help="copy without deleting, and let the other side expire backups by itself; or keep what is deleted: "
                "versioning, --backup-dir",
            )


def _is_off_site_copy(script: ShellScript, mirror: Mirror) -> bool:
    source, destination = mirror.source.text, mirror.destination.text
    written = script.text[mirror.source.start : mirror.source.end]
    return (
        _BACKUPS.search(f"{source} {written}") is not None
        and not _FETCHED.match(source)
        and _ELSEWHERE.match(destination) is not None
        and not _BACK.search(f"{destination} {mirror.step.function or ''}")
        and not _DATED.search(destination)
    )
