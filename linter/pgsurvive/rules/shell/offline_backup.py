"""PGS428 offline-backup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Command

_PROGRAM = "pgbackrest"


@rule(
    code="PGS428",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://pgbackrest.org/command.html#command-backup/category-command/option-force",
)
def offline_backup(script: ShellScript) -> Iterator[Draft]:
    """Files are copied while the server changes them and nobody tells it; what is restored from them may not start."""
    # Where something is stopped, the server may be down, and --force is for a postmaster.pid that stayed behind.
    if script.is_throwaway or not script.mentions("no-online") or script.mentions("stop"):
        return
    for command in script.commands:
        if {"backup", "--no-online", "--force"} <= _arguments(command):
            yield script.finding(
                command,
                "an offline backup is forced: made while the server runs, it is files of different moments, and what is "
                "restored from it doesn't start or lacks rows",
                help="leave out --no-online and --force: pgBackRest backs up a running server; for a server that is down "
                "leave out --force",
            )


def _arguments(command: Command) -> set[str]:
    """The words behind the program's name, which may itself be an argument of `docker exec` or `ssh`."""
    words = [word.text for word in command.words]
    names = [index for index, word in enumerate(words) if word.rpartition("/")[2] == _PROGRAM]
    return set(words[names[-1] + 1 :]) if names else set()
