"""PGS617 no-sync."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.dumps import DUMPERS, Dump
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.estate.steps import Step
    from pgsurvive.findings import Draft

_WRITES = DUMPERS | {"pg_basebackup", "pg_combinebackup", "pg_receivewal"}

_LEAVES_OR_SYNCS = re.compile(
    r"(?<!no-)(?<!no_)sync\b|\b(?:rclone|pg_ctl)\b"
    r"|\b(?:scp|aws|gsutil|gcloud|azcopy|s3cmd|s5cmd|restic|borg|kopia|duplicity|mc|az)\s"
)
"""What brings the result to the disk after all, copies it elsewhere (rsync too), or uses it at once."""


@rule(
    code="PGS617",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/app-pgbasebackup.html",
)
def no_sync(script: ShellScript) -> Iterator[Draft]:
    """The backup is done while it is in the machine's memory only: a crash leaves files that are empty or cut."""
    if script.is_throwaway or not script.mentions("--no-sy", "-N") or _LEAVES_OR_SYNCS.search(script.text):
        return
    for step, call in script.invocations:
        given = call.given("--no-sync") if call.program.name in _WRITES else None
        if given is not None and _is_stored(step, call):
            yield script.finding_at(
                given.start,
                given.end,
                f"{call.program.name} returns before the disk has what it wrote: a crash of the machine "
                "soon after leaves files that are empty or cut, under the name of a good backup",
                help="leave the option out: it is for tests",
            )


def _is_stored(step: Step, call: Invocation) -> bool:
    """Whether files are made that are a backup: no stream, no standby, nothing handed to the server."""
    if call.program.name in DUMPERS:
        return not Dump(step, call).is_streamed and call.has("--file")
    return not call.has("--write-recovery-conf", "--target", "--dry-run") and call.value("--pgdata") != "-"
