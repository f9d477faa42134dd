"""PGS620 dump-without-globals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.dumps import dumps, is_unfinished_name
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.dumps import Dump
    from pgsurvive.findings import Draft

_PARTS = (
    "--schema-only",
    "--data-only",
    "--table",
    "--section",
    "--statistics-only",
    "--schema",
    "--no-data",
    "--no-schema",
)
_ROLES = re.compile(
    r"dumpall|globals?\b|_globals|\broles?\b|_roles|pg_authid|pg_shadow|create_?user|createuser",
    re.IGNORECASE,
)
"""A script that speaks of one of these may save or make the roles in its own way."""

_BACKUP = re.compile(r"back_?up|bkp|\bbak\b", re.IGNORECASE)
_COPIES = frozenset({"psql", "pg_restore"})


@rule(
    code="PGS620",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/app-pg-dumpall.html",
)
def dump_without_globals(script: ShellScript) -> Iterator[Draft]:
    """The backup holds no roles and tablespaces: on a new server owners, grants and logins are missing."""
    # In a Compose file the image makes the one role there is, as in the container of `docker exec`.
    if script.is_throwaway or (script.code and "services:" in script.source.text):
        return
    if _ROLES.search(script.source.text) or not _BACKUP.search(f"{script.source.path}\n{script.text}"):
        return
    found = next((dump for dump in dumps(script) if _is_backup(dump)), None)
    if found is not None:
        yield script.finding(
            found.step.command,
            "pg_dump saves no roles: on a new server every owner, grant and login of this backup is missing, and a restore "
            "that stops at errors stops",
            help="dump them beside it: pg_dumpall --globals-only --file=GLOBALS.sql",
        )


def _is_backup(dump: Dump) -> bool:
    """Whether a whole database is stored, owners included. In a container the image makes the role that owns everything."""
    given = dump.invocation
    if dump.program != "pg_dump" or not given.complete or given.has(*_PARTS):
        return False
    if dump.step.is_elsewhere or (given.has("--no-owner") and given.has("--no-privileges", "--no-acl")):
        return False
    if any(command.name in _COPIES for command in dump.consumers):
        return False
    target = dump.target
    if target is not None and is_unfinished_name(target.text) and not _BACKUP.search(target.text):
        return False
    return target is not None or given.has("--file") or dump.is_piped
