"""PGS604 failure-ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.backups import backups
from pgsurvive.estate.script import ShellScript
from pgsurvive.estate.unchecked import Consequence, silenced, unchecked
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.backups import Backup
    from pgsurvive.estate.unchecked import Unchecked
    from pgsurvive.findings import Draft

_ORDER = list(Consequence)


@rule(
    code="PGS604",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html",
)
def failure_ignored(script: ShellScript) -> Iterator[Draft]:
    """A failed backup counts as made, because nothing looks at its status."""
    if script.is_throwaway:
        return
    made = list(backups(script))
    if not made:
        return
    behind: dict[int, list[Unchecked]] = {}
    for each in unchecked(script):
        behind.setdefault(each.backup.step.command.start, []).append(each)
    said = {command.start: words for command, words in silenced(script, script.script.body)}
    for backup in made:
        command = backup.step.command
        words = said.get(command.start)
        if words is not None and not backup.step.in_substitution:
            yield script.finding(
                command,
                f"behind {backup.called} stands {words}: when it fails the script succeeds, and nobody learns that there is "
                "no backup",
                help="remove it, so that the failure ends the script with another status than 0",
            )
        elif not _is_masked(backup):
            found = sorted(behind.get(command.start, []), key=lambda each: _ORDER.index(each.consequence))
            if found:
                line = script.source.span(found[0].step.command.start, found[0].step.command.end).line
                yield script.finding(
                    command,
                    f"nothing looks whether {backup.called} has succeeded before {found[0].consequence.value} in line "
                    f"{line}: the restore finds out that it hasn't",
                    help="set -euo pipefail at the top of the script, or `|| exit 1` behind the command",
                )


def _is_masked(backup: Backup) -> bool:
    """Whether a pipeline hides its status already, which PGS603 reports."""
    step = backup.step
    return (
        step.pipeline is not None
        and step.position < len(step.pipeline.parts) - 1
        and step.options.pipefail is False
    )
