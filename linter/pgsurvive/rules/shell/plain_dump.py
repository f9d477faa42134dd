"""PGS619 plain-dump."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.backups import backups
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.backups import Backup
    from pgsurvive.findings import Draft

_COMPRESSORS = frozenset({"gzip", "pigz", "bzip2", "xz", "zstd", "lz4", "tee", "gpg", "age", "openssl", "pv"})
_READS_TEXT = ("sed ", "awk ", "grep ", "pgloader", "git commit", "git add")
"""A script with one of these wants the text."""


@rule(
    code="PGS619",
    severity=Severity.INFO,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/app-pgdump.html",
)
def plain_dump(script: ShellScript) -> Iterator[Draft]:
    """The backup is one long script of SQL: no single table can be restored from it, and nothing in parallel."""
    if script.is_throwaway or not script.mentions("pg_dump") or script.mentions(*_READS_TEXT):
        return
    made = [backup for backup in backups(script) if backup.invocation.program.name == "pg_dump"]
    if not all(backup.invocation.is_plain for backup in made):
        return  # it knows the other formats; this one is meant
    for backup in made:
        if _is_whole_database(backup) and _is_kept(backup):
            yield script.finding(
                backup.step.command,
                "a dump in plain format can only be run from its first line to its last: pg_restore takes no single table "
                "out of it and doesn't restore it in parallel",
                help="add --format=custom, which is compressed too, and restore with pg_restore",
            )


def _is_whole_database(backup: Backup) -> bool:
    return not backup.invocation.has(
        "--table", "--schema", "--extension", "--data-only", "--filter", "--table-and-children"
    )


def _is_kept(backup: Backup) -> bool:
    """Whether it ends in a file, at most compressed or encrypted on the way."""
    if backup.destination is None or backup.destination.startswith(("/dev/", "&")):
        return False
    return all(command.name in _COMPRESSORS for command in backup.step.feeds)
