"""PGS610 removes-backup-label."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.copying import operands_in
from pgsurvive.estate.removals import described, is_scratch, removals, settings
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.steps import Step
    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Word

_LABEL = re.compile(r"(?:^|.*[/}\"'])backup_label$", re.DOTALL)
_WRITES_IT = frozenset({"psql", "cat", "echo", "printf", "tee", "sed", "awk", "mktemp"})


@rule(
    code="PGS610",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP",
)
def removes_backup_label(script: ShellScript) -> Iterator[Draft]:
    """Without backup_label the server starts a base backup from the wrong place, and the restored cluster is damaged."""
    if script.is_throwaway or not script.mentions("backup_label") or script.script.broken:
        return
    values = settings(script)
    for step, word in sorted(_removed(script), key=lambda each: each[1].start):
        if not _LABEL.fullmatch(word.text) or is_scratch(described(word.text, values)):
            continue
        if _is_own_file(script, step, word):
            continue
        yield script.finding_at(
            word.start,
            word.end,
            "backup_label says from where WAL must be replayed: without it the server begins at a later checkpoint, and "
            "what the copy holds half of stays half",
            help="leave it where it is: the server renames it itself when recovery has begun; if it asks for WAL that is "
            "missing, give it the archive through restore_command",
        )


def _removed(script: ShellScript) -> Iterator[tuple[Step, Word]]:
    for removal in removals(script):
        if removal.program != "find":
            yield from ((removal.step, word) for word in removal.targets)
    for step in script.own_steps:
        if step.command.name == "mv":
            yield from ((step, word) for word in operands_in(step.command)[:-1])


def _is_own_file(script: ShellScript, step: Step, word: Word) -> bool:
    """Whether the script has written the file itself, to store it with the backup."""
    for other in script.own_steps:
        if other.command.start >= step.command.start:
            continue
        if any(
            r.target is not None and r.target.text == word.text for r in other.redirects if ">" in r.operator
        ):
            return True
        if other.command.name in _WRITES_IT and any(
            each.text == word.text for each in other.command.arguments
        ):
            return True
    return False
