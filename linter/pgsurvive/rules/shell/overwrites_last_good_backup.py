"""PGS605 overwrites-last-good-backup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.dumps import dumps, is_unfinished_name
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.dumps import Dump
    from pgsurvive.findings import Draft

_KEEPERS = (
    "git ",
    "restic",
    "borg",
    "kopia",
    "duplicity",
    "rsnapshot",
    "rdiff-backup",
    "tarsnap",
    "snapshot",
    "logrotate",
    "savelog",
    "bacula",
)
"""A script that names one of these keeps older states elsewhere."""

_BYSTANDERS = frozenset(
    {
        "chmod",
        "chown",
        "chgrp",
        "ls",
        "echo",
        "printf",
        "du",
        "stat",
        "test",
        "[",
        "[[",
        "logger",
        "mkdir",
        "touch",
        "file",
        "wc",
    }
)
_PARTS = (
    "--schema-only",
    "--globals-only",
    "--roles-only",
    "--tablespaces-only",
    "--table",
    "--section",
    "--statistics-only",
)


@rule(
    code="PGS605",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/backup-dump.html",
)
def overwrites_last_good_backup(script: ShellScript) -> Iterator[Draft]:
    """The only backup is emptied before the new one is made, so a dump that fails leaves none."""
    if script.is_throwaway or script.mentions(*_KEEPERS):
        return
    for dump in dumps(script):
        place = _place(dump)
        if place is None or _is_kept(script, dump, place[0]):
            continue
        path, start, end = place
        yield script.finding_at(
            start,
            end,
            f"{path} is emptied before {dump.program} has made a new dump: when it fails, the last good backup is gone",
            help=f"write to {path}.new, and mv it to {path} only when the dump has succeeded; better keep several, "
            "under dated names",
        )


def _place(dump: Dump) -> tuple[str, int, int] | None:
    """The fixed name of a whole dump, and where it stands; None for any other."""
    found = dump.invocation
    if (
        not found.complete
        or found.has(*_PARTS, "--help", "--version")
        or dump.step.options.noclobber is not False
    ):
        return None
    given = found.given("--file")
    if given is not None:
        if given.value is None or (
            found.has("--format") and found.value("--format") in (None, "d", "directory")
        ):
            return None
        path, start, end = given.value, given.start, given.end
    else:
        target = dump.target
        if target is None or not target.constant or dump.appends:
            return None
        path, start, end = target.text, target.start, target.end
    if not path or path == "-" or is_unfinished_name(path):
        return None
    return path, start, end


def _is_kept(script: ShellScript, dump: Dump, path: str) -> bool:
    """Whether another command may keep an older state, move the new one to its final name, or decide what the path means."""
    directory = path.rpartition("/")[0]
    for step in script.steps:
        command = step.command
        if (
            not path.startswith("/")
            and command.name in ("cd", "pushd")
            and not all(w.constant for w in command.words)
        ):
            return True
        if (
            command.name in _BYSTANDERS
            or command is dump.step.command
            or step.pipeline is dump.step.pipeline is not None
        ):
            continue
        targets = (r.target for r in command.redirects if r.target is not None)
        for word in (*command.arguments, *targets):
            if path in word.text or (
                directory not in ("", ".", "/") and directory in word.text and command.name != "cd"
            ):
                return True
    return False
