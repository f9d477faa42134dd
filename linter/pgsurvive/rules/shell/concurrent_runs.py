"""PGS629 concurrent-runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.dumps import dumps
from pgsurvive.estate.schedule import scheduled
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.dumps import Dump
    from pgsurvive.findings import Draft

_LOCKS = re.compile(r"lock|run-?one|pgrep|pidof|\.pid\b|\$\$|mktemp|systemctl|systemd-run", re.IGNORECASE)
"""What says this may keep a second run away, or give it a name of its own."""

_ONE_NAME = re.compile(r"(?:\$\{?\w+\}?/)?[\w./+-]+")
"""A path that is the same in each run; a variable may stand for the directory."""

_PARTS = ("--schema-only", "--globals-only", "--roles-only", "--help", "--version")


@rule(
    code="PGS629",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://man7.org/linux/man-pages/man1/flock.1.html",
)
def concurrent_runs(script: ShellScript) -> Iterator[Draft]:
    """Two runs of the job write the same file at the same time, and the dump is a mixture of both."""
    if not script.code or script.is_throwaway:
        return
    found = scheduled(script)
    if found is None or not found.runs_several_times_a_day or found.says(_LOCKS):
        return
    written = (_fixed_name(dump) for each in found.scripts for dump in dumps(each))
    name = next((path for path in written if path is not None), None)
    if name is not None:
        yield script.finding_at(
            found.job.start,
            found.job.end,
            f"when a run takes longer than the time to the next, both write {name} at once: it becomes a mixture that can't "
            "be restored, and takes the place of the last good dump",
            help="let only one run: flock --nonblock /run/lock/backup COMMAND",
        )


def _fixed_name(dump: Dump) -> str | None:
    given = dump.invocation
    if not given.complete or given.has(*_PARTS) or dump.step.is_elsewhere:
        return None
    if given.has("--file"):
        path = None if given.value("--format") in ("d", "directory") else given.value("--file")
    else:
        path = dump.target.text if dump.target is not None else None
    if path is None or path.startswith("/dev/") or not _ONE_NAME.fullmatch(path):
        return None
    return path
