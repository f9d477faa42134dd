"""PGS609 removes-wal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.dumps import is_unfinished_name
from pgsurvive.estate.removals import Removal, described, is_scratch, removals, settings
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgsurvive.estate.removals import Setting
    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Word

_IN_WAL = re.compile(r"(?:^|/|[\"'}])pg_(?:wal|xlog)(?:/(?P<inside>.*))?$", re.DOTALL)
_HARMLESS = re.compile(
    r"archive_status/.*(?:\.done|\.backup)|.*\.(?:backup|history|partial|tmp|old)$|xlogtemp|.*\.log$"
)
_COPY = re.compile(
    r"back_?up|bkp|clone|copy|restor|snapshot|verify|test|stag|base|extract|unpack|drill|new|old|dst|dest|target|standby|"
    r"replica|slave",
    re.IGNORECASE,
)
"""What a data directory is called that isn't the production one: in a copy, WAL from the archive takes the place of it."""

_BRINGS = re.compile(
    r"pg_basebackup|pgbackrest\b.*\brestore|barman\b.*\brecover|backup-fetch|\btar\b.*x|\brsync\b|\bunzip\b|pg_combinebackup|"
    r"\binitdb\b|pg_createcluster|pg_rewind|restore_?command|recovery\.signal|standby\.signal|recovery\.conf",
    re.DOTALL | re.IGNORECASE,
)
"""A script that says one of these makes a data directory of a backup, or makes a new one."""


@rule(
    code="PGS609",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.ACKNOWLEDGED_COMMITS,
    source="https://www.postgresql.org/docs/current/wal-intro.html",
)
def removes_wal(script: ShellScript) -> Iterator[Draft]:
    """The server's own WAL is removed: it no longer starts after a crash, or starts without what was committed."""
    if script.is_throwaway or not script.mentions("pg_wal", "pg_xlog") or script.script.broken:
        return
    if _BRINGS.search(script.text):
        return
    values = settings(script)
    for removal in _removals(script):
        for word in removal.targets:
            if _is_live_wal(removal, word, script, values):
                yield script.finding_at(
                    word.start,
                    word.end,
                    "the server needs this WAL to start after a crash, and the archive may not have it yet: without it the "
                    "cluster is lost, or what was committed last",
                    help="let PostgreSQL remove it: find what holds it (a failing archive_command, an inactive replication "
                    "slot, wal_keep_size) and put that right; for room tonight, enlarge the file system or "
                    "move pg_wal to another",
                )


def _removals(script: ShellScript) -> Iterator[Removal]:
    """Also pg_archivecleanup, which removes from whatever directory it is given."""
    yield from removals(script)
    for step, found in script.invocations:
        if found.program.name == "pg_archivecleanup" and found.operands and not found.has("-n", "--dry-run"):
            yield Removal(step, "pg_archivecleanup", found.operands[:1], is_recursive=False)


def _is_live_wal(
    removal: Removal, word: Word, script: ShellScript, values: Mapping[str, list[Setting]]
) -> bool:
    path = word.text.rstrip("/")
    match = _IN_WAL.search(path)
    directory = path
    inside = ""
    if match is not None:
        directory, inside = path[: match.start()], match["inside"] or ""
    elif "/" not in path and removal.program != "pg_archivecleanup":
        entered = _entered(script, removal)
        if entered is None or not re.search(r"[*?]|^[0-9A-F]{6}", path):
            return False
        directory, inside = entered, path
    else:
        return False
    if _HARMLESS.match(inside) or any(map(_HARMLESS.match, removal.names)):
        return False
    what = described(directory, values)
    if is_scratch(what) or is_unfinished_name(directory) or _COPY.search(what):
        return False
    return not any(
        step.command.name in ("mv", "cp", "ln", "rsync", "tar", "scp", "cat")
        and step.command.start < removal.step.command.start
        and any(re.search(r"pg_(?:wal|xlog)", each.text) for each in step.command.arguments)
        for step in script.own_steps
    )


def _entered(script: ShellScript, removal: Removal) -> str | None:
    """The data directory whose WAL directory is the current one."""
    where: str | None = None
    for step in script.own_steps:
        command = step.command
        if command.start >= removal.step.command.start:
            break
        if command.name in ("cd", "pushd") and command.arguments:
            match = _IN_WAL.search(command.arguments[0].text.rstrip("/"))
            where = command.arguments[0].text[: match.start()] if match and not match["inside"] else None
    return where
