"""PGS618 dump-unverified."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.backups import backups
from pgsurvive.estate.dumps import DUMPERS
from pgsurvive.estate.script import ShellScript
from pgsurvive.estate.unchecked import rotates_backups, unchecked
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_LOOKS = re.compile(
    r"pg_restore|gzip -t|gunzip -t|gzip --test|--test\b|zstd -t|xz -t|\s-s\s|\bstat\b|\bwc\b|\bdu\b|-size\b|dump complete"
    r"|verif|check_?sum|sha\d+sum|md5|restor|drill|valid|integrity|restic|borg|kopia",
    re.IGNORECASE,
)
"""What says that the script may look at what was made, or may hand it to a program that does."""


@rule(
    code="PGS618",
    severity=Severity.INFO,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/app-pgrestore.html",
)
def dump_unverified(script: ShellScript) -> Iterator[Draft]:
    """Older dumps are removed although nobody has looked whether the new one can be read."""
    if script.is_throwaway or not script.mentions("pg_dump") or _LOOKS.search(script.text):
        return
    made = [b for b in backups(script) if b.invocation.program.name in DUMPERS and b.destination is not None]
    if not made or not rotates_backups(script) or any(unchecked(script)):
        return
    yield script.finding(
        made[0].step.command,
        "nothing reads this dump, and older ones are removed all the same: a file that is cut, or of the wrong database, is "
        "noticed at the restore, when no other is left",
        help="before you remove older ones, read it to its end (pg_restore --file=/dev/null, gzip --test) and look for what "
        "must be in it",
    )
