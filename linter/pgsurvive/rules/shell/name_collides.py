"""PGS628 name-collides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.copying import operands_in
from pgsurvive.estate.dated_names import Unit, unit_of
from pgsurvive.estate.dumps import dumps
from pgsurvive.estate.schedule import scheduled
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.dumps import Dump
    from pgsurvive.findings import Draft

_KEEPS = re.compile(
    r"\b(?:restic|borg|kopia|duplicity|rsnapshot|git|logrotate|savelog|zfs|btrfs|snapshot|versioning)\b"
)
_PARTS = ("--schema-only", "--globals-only", "--roles-only", "--help", "--version")


@rule(
    code="PGS628",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/backup-dump.html",
)
def name_collides(script: ShellScript) -> Iterator[Draft]:
    """The date in the name is coarser than the schedule, so a later run replaces the dump of an earlier one."""
    if not script.code or script.is_throwaway:
        return
    found = scheduled(script)
    if found is None or not found.runs_several_times_a_day or found.says(_KEEPS):
        return
    least = Unit.MINUTE if found.runs_several_times_an_hour else Unit.HOUR
    for each in found.scripts:
        for dump in dumps(each):
            unit = _unit(each, dump)
            if unit is not None and unit < least:
                one, other = ("day", "%H%M") if unit is Unit.DAY else ("hour", "%M")
                yield script.finding_at(
                    found.job.start,
                    found.job.end,
                    f"the dump's name is the same for a whole {one}, and each run replaces the one before: of a {one} only "
                    "the last state is left, which may be the damaged one",
                    help=f"put the time into the name too: {other}",
                )
                return


def _unit(script: ShellScript, dump: Dump) -> Unit | None:
    path = _path(script, dump)
    if path is None:
        return None
    for step in script.own_steps:
        operands = operands_in(step.command)
        if step.command.name in ("mv", "cp", "ln") and any(path in word.text for word in operands[:-1]):
            return unit_of(script, operands[-1].text) if step.command.name == "mv" else None
    return unit_of(script, path)


def _path(script: ShellScript, dump: Dump) -> str | None:
    """Where a whole dump goes, as it is written; None where nothing there would be replaced."""
    given = dump.invocation
    if not given.complete or given.has(*_PARTS) or dump.step.is_elsewhere or dump.appends:
        return None
    file = given.given("--file")
    if file is None:
        return dump.target.text if dump.target is not None else None
    if given.has("--format") and given.value("--format") in (None, "d", "directory"):
        return None
    return file.value or script.text[file.start : file.end]
