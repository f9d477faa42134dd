"""PGS616 checksum-verification-disabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_OPTIONS = {"pg_basebackup": "--no-verify-checksums", "pgbackrest": "--checksum-page"}


@rule(
    code="PGS616",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.UNNOTICED_DAMAGE,
    source="https://www.postgresql.org/docs/current/app-pgbasebackup.html",
)
def checksum_verification_disabled(script: ShellScript) -> Iterator[Draft]:
    """Corrupt pages go into the backup without a word, until no backup without them is left."""
    if script.is_throwaway or not script.mentions("--no-verify", "--no-checksum"):
        return
    for _, call in script.invocations:
        given = call.given(_OPTIONS.get(call.program.name, ""))
        if given is not None and given.name.startswith("--no-"):
            yield script.finding_at(
                given.start,
                given.end,
                "a page that the disk has damaged is copied without a word: by the time someone reads it, every backup "
                "holds the damage and no good one is left",
                help="leave the option out; where a backup fails on a checksum, that is the news: repair the page first, "
                "and keep the older backups",
            )
