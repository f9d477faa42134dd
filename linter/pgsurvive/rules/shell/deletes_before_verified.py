"""PGS606 deletes-before-verified."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.backups import backups
from pgsurvive.estate.dumps import is_unfinished_name
from pgsurvive.estate.order import certainly_follows
from pgsurvive.estate.removals import described, is_of_this_run, is_scratch, removals, settings
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgsurvive.estate.backups import Backup
    from pgsurvive.estate.removals import Removal, Setting
    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Word

_KEEPERS = (
    "aws s3", "rclone", "gsutil", "gcloud storage", "azcopy", "az storage", "s3cmd", "s5cmd", "mc cp", "mc mirror", "rsync",
    "scp ", "sftp", "lftp", "restic", "borg", "kopia", "duplicity", "rsnapshot", "tarsnap", "snapshot", "b2 upload",
    "curl -T", "swift upload", "git ",
)  # fmt: skip
"""A script that names one of these has its backups elsewhere; what it removes here may be a way station."""

_DUMP_NAME = re.compile(r"dump|back_?up|bkp|\.sql|\.bak|pg_?back|\.dmp", re.IGNORECASE)
_OTHER_NAME = re.compile(r"\.log|\.tmp|\.err|\.lock|\.pid|/$", re.IGNORECASE)
_STANDBY = re.compile(r"pgdata|data_?dir|/data\b|/main\b|replica|standby|slave", re.IGNORECASE)
_GLOB = re.compile(r"[*?\[]")


@rule(
    code="PGS606",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/app-pgrestore.html",
)
def deletes_before_verified(script: ShellScript) -> Iterator[Draft]:
    """The last good backup is removed before the new one is made, so a backup that fails leaves none."""
    if script.is_throwaway or not script.mentions("rm", "find", "unlink"):
        return
    if script.mentions(*_KEEPERS):
        return
    made = [
        backup for backup in backups(script) if backup.destination and not backup.invocation.has("--table")
    ]
    if not made:
        return
    values = settings(script)
    for removal in removals(script):
        for word in removal.targets:
            following = (
                b
                for b in made
                if _takes_its_predecessor(removal, word, b, values)
                and certainly_follows(script, removal.step, b.step)
            )
            backup = next(following, None)
            if backup is None or _is_moved_away(script, removal, word):
                continue
            yield script.finding_at(
                word.start,
                word.end,
                f"what is there is removed before {backup.called} has made a new backup: when it fails, the last good one "
                "is gone",
                help="make the new one under another name, read it to its end (pg_restore --file=/dev/null, "
                "pg_verifybackup), and only then remove the old one",
            )


def _takes_its_predecessor(
    removal: Removal, word: Word, backup: Backup, values: Mapping[str, list[Setting]]
) -> bool:
    """Whether it removes what an earlier run of the same backup made."""
    destination = backup.destination or ""
    if removal.by_age or removal.is_particular or any(map(_OTHER_NAME.search, removal.names)):
        return False
    if (
        removal.step.is_elsewhere != backup.step.is_elsewhere
        and backup.invocation.program.name == "pg_basebackup"
    ):
        return False
    path = word.text.rstrip("/")
    what = described(path, values)
    if not path or is_scratch(what) or is_of_this_run(what) or is_unfinished_name(path):
        return False
    if backup.invocation.has("--write-recovery-conf") or (
        backup.invocation.program.name == "pg_basebackup" and _STANDBY.search(what)
    ):
        return False
    if removal.program == "find":
        return (
            bool(removal.names)
            and all(_DUMP_NAME.search(n) or n.startswith("*") for n in removal.names)
            and (_lies_in(destination, path, values))
        )
    directory, _, name = path.rpartition("/")
    if _GLOB.search(name):
        if directory and _GLOB.search(directory):
            return False
        if directory:
            return not _OTHER_NAME.search(name) and _lies_in(destination, directory, values)
        return _DUMP_NAME.search(name) is not None and "/" not in destination
    return path == destination.rstrip("/") or (
        removal.is_recursive and directory != "" and destination.startswith(f"{path}/")
    )


def _lies_in(destination: str, directory: str, values: Mapping[str, list[Setting]]) -> bool:
    where = described(destination, values)
    return directory.strip("/") != "" and re.search(rf"{re.escape(directory)}(?![\w-])", where) is not None


def _is_moved_away(script: ShellScript, removal: Removal, word: Word) -> bool:
    """Whether a command before it has put what is there somewhere else."""
    path = re.sub(r"/?\*.*$", "", word.text).rstrip("/")
    return any(
        step.command.name in ("mv", "cp", "tar", "ln", "zip", "install", "dd")
        and step.command.start < removal.step.command.start
        and any(path and path in each.text for each in step.command.arguments)
        for step in script.own_steps
    )
