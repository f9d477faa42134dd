"""PGS621 restore-continues-after-error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.estate.steps import Step
    from pgsurvive.findings import Draft

_DUMP = re.compile(r"back_?up|dump|restor|\.sql\.(?:gz|bz2|xz|zst|gpg|enc)\b|globals", re.IGNORECASE)
_READERS = frozenset(
    {
        "zcat",
        "gunzip",
        "gzip",
        "pigz",
        "unpigz",
        "bzcat",
        "xzcat",
        "zstdcat",
        "zstd",
        "lz4",
        "cat",
        "gpg",
        "age",
    }
)
_STOPS = re.compile(r"ON_ERROR_STOP|PSQLRC|\.psqlrc")


@rule(
    code="PGS621",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/backup-dump.html#BACKUP-DUMP-RESTORE",
)
def restore_continues_after_error(script: ShellScript) -> Iterator[Draft]:
    """A restore with psql goes on after an error and ends with success: one that lacks tables looks like one that worked."""
    if script.is_throwaway or not script.mentions("psql") or _STOPS.search(script.source.text):
        return
    for step, call in script.invocations:
        if call.program.name != "psql" or not call.complete:
            continue
        place = _restored(step, call)
        if place is not None:
            yield script.finding_at(
                *place,
                "psql goes on after an error and ends with status 0: a restore that lacks tables, rows or roles looks like "
                "one that worked",
                help="psql -X -v ON_ERROR_STOP=1 --single-transaction: all of the dump, or an error and nothing",
            )


def _restored(step: Step, call: Invocation) -> tuple[int, int] | None:
    """Where psql is given a dump: by an option, a redirection or a pipe."""
    file = call.given("--file")
    command = step.command
    if file is not None and file.value is not None and _DUMP.search(file.value):
        return file.start, file.end
    for redirect in command.redirects:
        if redirect.operator == "<" and redirect.target is not None and _DUMP.search(redirect.target.text):
            return redirect.target.start, redirect.target.end
    if step.pipeline is None or step.position == 0:
        return None
    before = step.pipeline.parts[step.position - 1]
    words = getattr(before, "words", ())
    reads = getattr(before, "name", "")
    if reads in ("pg_dump", "pg_dumpall") or (
        reads in _READERS and any(_DUMP.search(word.text) for word in words[1:])
    ):
        return command.start, command.end
    return None
