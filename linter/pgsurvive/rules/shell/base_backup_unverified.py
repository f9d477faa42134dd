"""PGS614 base-backup-unverified."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.backups import backups
from pgsurvive.estate.script import ShellScript
from pgsurvive.estate.unchecked import rotates_backups
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.backups import Backup
    from pgsurvive.findings import Draft

_LOOKS = re.compile(
    r"verif|check_?sum|sha\d+sum|md5|manifest|pg_ctl|pg_checksums|restor|drill|valid|integrity|docker run|pg_combinebackup"
    r"|snapshot|restic|borg",
    re.IGNORECASE,
)
"""What says this may look at what was made, or may hand it to a program that does."""

_LARGEST = 1_000_000


@rule(
    code="PGS614",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/app-pgverifybackup.html",
)
def base_backup_unverified(script: ShellScript) -> Iterator[Draft]:
    """Older base backups are removed although nobody has looked whether the new one is whole."""
    if script.is_throwaway or not script.mentions("pg_basebackup") or _LOOKS.search(script.text):
        return
    made = [backup for backup in backups(script) if _is_verifiable(backup)]
    if not made:
        return
    if not rotates_backups(script) or _is_looked_at_elsewhere(script):
        return
    for backup in made:
        yield script.finding(
            backup.step.command,
            "nothing looks at this base backup, and the older ones are removed all the same: a file that the disk has cut "
            "or changed is noticed at the restore, when no other backup is left",
            help="run pg_verifybackup on it, and remove older ones only when that has succeeded",
        )


def _is_verifiable(backup: Backup) -> bool:
    """Whether it is a directory with a manifest. pg_verifybackup reads tar archives from 18 on only."""
    given = backup.invocation
    return (
        given.program.name == "pg_basebackup"
        and given.is_plain
        and not given.has("--no-manifest", "--target", "--write-recovery-conf", "--no-clean")
        and backup.destination is not None
    )


def _is_looked_at_elsewhere(script: ShellScript) -> bool:
    """Whether another script of the directory verifies, or restores."""
    directory = script.source.path.rpartition("/")[0] or "."
    for name in script.files.names_in(directory) or ():
        if _LOOKS.search(name):
            return True
        other = script.files.read(f"{directory}/{name}") if name.endswith((".sh", ".bash")) else None
        if other is not None and len(other.text) < _LARGEST and "pg_verifybackup" in other.text:
            return True
    return False
