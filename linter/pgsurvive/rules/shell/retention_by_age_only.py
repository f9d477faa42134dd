"""PGS607 retention-by-age-only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.backups import backups
from pgsurvive.estate.order import certainly_follows
from pgsurvive.estate.removals import removals, settings
from pgsurvive.estate.script import ShellScript
from pgsurvive.estate.unchecked import prunes_backups, unchecked
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.steps import Condition
    from pgsurvive.findings import Draft

_COUNTS = re.compile(
    r"\bwc\b|tail\s+-n?\s*\+|head\s+-n?\s*-|-newer\b|NR\s*>|\$\?|min(?:imum)?_?(?:keep|backups|count)|keep_?min(?!s)|"
    r"pipestatus|pgbackrest|barman|wal-g|wal-e|pg_archivecleanup|\$\{#\w+\[@\]\}",
    re.IGNORECASE,
)
"""What a script says that counts what it keeps, asks for a status, or leaves the retention to a program made for it."""

_ABOUT_POSTGRES = re.compile(r"postgres|psql|pg_?dump|pg_?base|pg_?back|pgsql|\.pgdump|pg[-_]", re.IGNORECASE)
_CALENDAR = re.compile(r"day|week|month|hour|dow|dom|date", re.IGNORECASE)
_HARMLESS = frozenset({"mkdir", "command", "type", "which", "cd", "hash", "touch", "find", "ls"})
_PLAIN = _HARMLESS | frozenset(
    {
        "[", "[[", "test", "echo", "printf", "date", "set", "rm", "xargs", "exit", "logger", "local", "readonly", "export",
        "dirname", "basename", "du", "df", "true", ":", "rmdir", "umask", "declare", "trap", "tee", "cat",
    }
)  # fmt: skip
_TESTS = frozenset({"[", "[[", "test"})


@rule(
    code="PGS607",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.gnu.org/software/findutils/manual/html_node/find_html/Age-Ranges.html",
)
def retention_by_age_only(script: ShellScript) -> Iterator[Draft]:
    """Backups are removed by age whether there are newer ones or not: when they stop being made, the last one goes too."""
    if script.is_throwaway or not script.mentions("-mtime", "-mmin", "-ctime", "-atime", "-cmin", "-amin"):
        return
    if _COUNTS.search(script.text) or not _ABOUT_POSTGRES.search(
        f"{script.source.path}\n{script.source.text}"
    ):
        return
    if script.script.broken:
        return
    values = settings(script)
    pruning = [removal for removal in removals(script) if prunes_backups(removal, values)]
    if not pruning or _follows_in_unit(script):
        return
    made = list(backups(script))
    reported = {each.step.command.start for each in unchecked(script)}
    for removal in pruning:
        step = removal.step
        if step.command.start in reported or any(map(_may_ask_for_backups, step.conditions)):
            continue
        if step.options.errexit is not False and not (
            all(certainly_follows(script, step, backup.step) for backup in made)
            if made
            else _only_prunes(script)
        ):
            continue
        yield script.finding(
            step.command,
            "backups are removed by age, whether newer ones were made or not: when backups stop, the last good one is "
            "removed as well",
            help="remove only behind a backup of this run that has succeeded (set -e and the backup first, or "
            "`backup && find`), or keep a number of them whatever their age",
        )


def _follows_in_unit(script: ShellScript) -> bool:
    """Whether a command stands before it in a systemd unit, which must have succeeded."""
    before = script.source.text[: script.start].rpartition("\n")[0]
    return (
        script.kind is Kind.SYSTEMD
        and re.search(r"^ExecStart(?:Pre)?=(?!-)", before, re.MULTILINE) is not None
    )


def _only_prunes(script: ShellScript) -> bool:
    """Whether no command of the script can be the backup."""
    return all(not step.command.words or step.command.name in _PLAIN for step in script.own_steps)


def _may_ask_for_backups(condition: Condition) -> bool:
    """Whether it may be about a backup that has succeeded, or about how many there are."""
    for command in condition.commands:
        words = [word.text for word in command.arguments]
        if command.name in _TESTS:
            if (
                not _CALENDAR.search(" ".join(words))
                and {"-s", "-gt", "-ge", "-lt", "-le", "-eq", "-ne", ">", "<", "-nt", "-ot"} & set(words)
                and "0" not in words
            ):
                return True
        elif command.name not in _HARMLESS and command.words:
            return True
    return False
