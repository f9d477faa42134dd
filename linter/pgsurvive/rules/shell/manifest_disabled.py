"""PGS615 manifest-disabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS615",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.UNNOTICED_DAMAGE,
    source="https://www.postgresql.org/docs/current/app-pgbasebackup.html",
)
def manifest_disabled(script: ShellScript) -> Iterator[Draft]:
    """The base backup has no manifest: nothing can tell later whether its files are still those that were copied."""
    if script.is_throwaway or not script.mentions("--no-man"):
        return
    for _, call in script.invocations:
        given = call.given("--no-manifest") if call.program.name == "pg_basebackup" else None
        if given is not None:
            yield script.finding_at(
                given.start,
                given.end,
                "without a manifest nothing tells whether the backup's files are all there and unchanged, and from 17 on "
                "no incremental backup can follow",
                help="leave the option out, and run pg_verifybackup on each backup before you rely on it",
            )
