"""PGS612 copies-running-data-directory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.data_directory import directory_copies
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_PROGRAMS = ("tar", "rsync", "cp")
_STILL = re.compile(
    r"stop|shut_?down|\bdown\b|kill|halt|quit|pause|scale|snap|freeze|lvcreate|vss|pg_(?:start_backup|backup_start)"
    r"|postmaster\.pid|pg_controldata|pg_ctl\b|pg_ctlcluster|pg_isready|is-active|\bstatus\b|pgrep|pidof|fuser"
    r"|pg_basebackup|pg_combinebackup|pgbackrest|barman|wal-g|pg_probackup|initdb|pg_upgrade|pg_rewind|pg_resetwal",
    re.IGNORECASE,
)
"""In a command of the script, it says that the server may be down, the files may stand still, or be a backup already."""

_NO_BACKUP = re.compile(
    r"entry_?-?point|restor|recover|upgrad|migrat|init|dockerfile|containerfile", re.IGNORECASE
)
"""In the name of a file: the server isn't up there, or is dead."""

_NOT_A_JOB = re.compile(r"^\s*kind:\s*[\"']?(?!(?:Cron)?Job\b)\w+", re.MULTILINE)


@rule(
    code="PGS612",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/backup-file.html",
)
def copies_running_data_directory(script: ShellScript) -> Iterator[Draft]:
    """The files are copied while the server changes them: the copy doesn't start, or lacks rows without any error."""
    if script.is_throwaway or not script.mentions(*_PROGRAMS) or _may_be_down(script):
        return
    copies = list(directory_copies(script))
    if not copies or _may_stand_still(script):
        return
    for copy in copies:
        yield script.finding(
            copy.step.command,
            f"{copy.program} copies {copy.path} while the server changes it: the copy doesn't start, or starts and lacks "
            "committed rows without any error",
            help="use pg_basebackup; or copy between pg_backup_start() and pg_backup_stop() in one session, from an atomic "
            "snapshot, or with the server stopped",
        )


def _may_be_down(script: ShellScript) -> bool:
    """Whether the file is one that runs where there is no server yet, or no more."""
    name = script.source.path.rpartition("/")[2]
    if _NO_BACKUP.search(name):
        return True
    # A container of a pod may run before that of the server.
    return bool(script.code) and _NOT_A_JOB.search(script.source.text) is not None


def _may_stand_still(script: ShellScript) -> bool:
    for step in script.steps:
        fed = [redirect.target for redirect in step.redirects if redirect.target is not None]
        words = (*step.written.words, *step.command.words, *step.written.assignments, *fed)
        if any(_STILL.search(word.text) for word in words):
            return True
    return False
