"""PGS611 pg-resetwal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.removals import described, is_scratch, settings
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.steps import Step
    from pgsurvive.findings import Draft

_COPIES = frozenset({"cp", "rsync", "tar"})
_SOUND = ("--dry-run", "--help", "--version")


@rule(
    code="PGS611",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.ACKNOWLEDGED_COMMITS,
    source="https://www.postgresql.org/docs/current/app-pgresetwal.html",
)
def pg_resetwal(script: ShellScript) -> Iterator[Draft]:
    """The WAL is thrown away: commits are lost, and what was half written stays half written."""
    if script.is_throwaway or not script.mentions("pg_resetwal", "pg_resetxlog") or script.script.broken:
        return
    values = settings(script)
    for step, found in script.invocations:
        if found.program.name != "pg_resetwal" or found.has(*_SOUND):
            continue
        if found.has("--wal-segsize") and not found.has("--force"):
            continue  # of a cluster that was shut down cleanly; else it refuses
        words = " ".join(word.text for word in step.command.arguments)
        if is_scratch(described(words, values)) or _is_copy(script, step):
            continue
        yield script.finding(
            step.command,
            "pg_resetwal throws away the WAL: commits that only it held are lost, indexes and tables may contradict each "
            "other from then on, and no backup can be rolled forward past this moment",
            help="restore from a backup instead; if there is none, copy the whole data directory first, run it by hand, "
            "dump what is left and load the dump into a new cluster",
        )


def _is_copy(script: ShellScript, step: Step) -> bool:
    """Whether the directory is one into which the script itself has copied."""
    directories = {word.text.rstrip("/") for word in step.command.arguments if not word.text.startswith("-")}
    return any(
        other.command.name in _COPIES
        and other.command.start < step.command.start
        and other.command.arguments[-1:]
        and other.command.arguments[-1].text.rstrip("/.") in directories
        for other in script.own_steps
    )
