"""PGS109 archive-command-masks-failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.archiving import archive_commands
from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.status import Lost
    from pgsurvive.findings import Draft

_HELP = {
    "pipeline": "run it as bash -c 'set -o pipefail; …', or compress to a file first and send that behind &&",
    "sequence": "join the commands with && so that the first that fails decides",
    "background": "leave out the &: the server must wait for the copy",
    "handler": "let what reports the failure also fail: { logger …; exit 1; }",
    "condition": "add exit 1 to the branch that is taken when it fails",
}


def _why(lost: Lost) -> str:
    program = lost.command.name or "the copy"
    match lost.by:
        case "pipeline":
            return f"the pipeline's status is that of its last part, so nobody learns that {program} failed"
        case "sequence":
            return f"what stands behind it decides the status, so nobody learns that {program} failed"
        case "background":
            return f"{program} runs in the background, and the status is zero before it has stored anything"
        case "handler":
            return f"what stands behind || succeeds, so the server never learns that {program} failed"
        case _:
            return f"the condition takes note that {program} failed, and the status is still zero"


@rule(
    code="PGS109",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL",
)
def archive_command_masks_failure(config: PostgresConfig) -> Iterator[Draft]:
    """The copy can fail and the command still succeed, so the server recycles WAL that was not stored."""
    for each in archive_commands(config):
        for lost in each.command.lost_failures[:1]:
            yield each.finding(
                lost.start,
                lost.end,
                f"{_why(lost)}: the server recycles a segment of which the archive has nothing, or only a part",
                help=_HELP[lost.by],
            )
