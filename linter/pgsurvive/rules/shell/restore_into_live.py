"""PGS622 restore-into-live."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.backups import backups
from pgsurvive.estate.order import certainly_follows
from pgsurvive.estate.removals import removals
from pgsurvive.estate.restores import drops, loads, physical_restores
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.estate.steps import Step
    from pgsurvive.findings import Draft

_NOT_LIVE = re.compile(
    r"test|stag|dev|demo|scratch|te?mp|restor|verif|check|drill|sandbox|copy|clone|local|\bqa|_qa|train|new|old|sample|example|"
    r"refresh|reset|seed|ci\b",
    re.IGNORECASE,
)
"""What a database, a host or a script is called whose rows nobody will miss."""

_LIVE_VARIABLE = re.compile(r"\$\{?(?:POSTGRES_DB|PGDATABASE)\}?")
_DATA_DIRECTORY = re.compile(
    r"(?:\$\{?PGDATA(?::\?[^}]*)?\}?|/var/lib/(?:postgresql|pgsql|postgres)(?:/[\w.${}-]+)*/(?:main|data))(?:/\*?)?"
)
_RESTORES = ("restore", "recover", "backup-fetch", "psql", "tar ", "cp ", "rsync")
_INSTALLS = re.compile(
    r"\b(?:apt|apt-get|yum|dnf|apk|zypper)\s+(?:-\S+\s+)*(?:install|add)\b|\binitdb\b|pg_createcluster"
)
_KEEPS = re.compile(
    r"RENAME\s+TO|\bcreatedb\b.*(?:-T|--template)|CREATE\s+DATABASE\s+\S+\s+(?:WITH\s+)?TEMPLATE",
    re.IGNORECASE,
)


@rule(
    code="PGS622",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/app-pgrestore.html",
)
def restore_into_live(script: ShellScript) -> Iterator[Draft]:
    """What is there is removed before the backup has been restored: if that fails, there is neither."""
    if script.is_throwaway or not script.mentions(*_RESTORES) or _NOT_LIVE.search(_own_name(script)):
        return
    if not _KEEPS.search(script.text):
        yield from _databases(script)
    yield from _data_directories(script)


def _own_name(script: ShellScript) -> str:
    """The file's name without what every restore script is called."""
    return re.sub(r"restore", "", script.source.path.rpartition("/")[2], flags=re.IGNORECASE)


def _databases(script: ShellScript) -> Iterator[Draft]:
    loaded = list(loads(script))
    if not loaded:
        return
    for drop in drops(script):
        if not _is_live(drop.database, script) or _is_saved(script, drop.step):
            continue
        if any(
            database == drop.database and certainly_follows(script, drop.step, step)
            for step, _, database in loaded
        ):
            yield script.finding(
                drop.step.command,
                f"{drop.database} is dropped before its backup has been restored: if that is cut or doesn't load, there is "
                "neither the one nor the other",
                help=f"createdb {drop.database}_new, restore into that, look at it, and only then ALTER DATABASE … RENAME "
                "TO both",
            )
    for step, found, database in loaded:
        if (
            found.program.name == "pg_restore"
            and found.has("--clean")
            and not found.has("--single-transaction")
            and _is_live(database, script)
            and _options_are_known(found)
            and not _is_forwarded(found)
            and not _is_saved(script, step)
            and not _is_made(script, database)
        ):
            emptied = "the database of the archive" if found.has("--create") else f"everything in {database}"
            yield script.finding(
                step.command,
                f"--clean drops {emptied} first: if the archive is cut or doesn't load, there is neither "
                "what was there nor what should come",
                help=f"restore into a new database and rename both; or --single-transaction, after which {database} is as "
                "it was if anything fails",
            )


def _data_directories(script: ShellScript) -> Iterator[Draft]:
    if "entrypoint" in script.source.path or _INSTALLS.search(script.text):
        return
    if not script.mentions("PGDATA", "/var/lib/p") or script.script.broken:
        return
    restored = list(physical_restores(script))
    for removal in removals(script) if restored else ():
        word = next((w for w in removal.targets if _DATA_DIRECTORY.fullmatch(w.text)), None)
        if word is None or not removal.is_recursive or _is_moved(script, removal.step):
            continue
        if any(certainly_follows(script, removal.step, step) for step in restored):
            yield script.finding(
                removal.step.command,
                "the data directory is removed before the backup has been restored: with it goes the WAL that no archive "
                "has yet, and if the backup turns out to be broken, everything",
                help="move it aside (mv, on the same file system) until the restored server has what you need; copy its "
                "pg_wal/0* into the restored pg_wal",
            )


def _is_made(script: ShellScript, database: str) -> bool:
    """Whether the script creates the database, so that it is likely to be empty."""
    return any(
        found.program.name == "createdb" and any(word.text == database for word in found.operands)
        for _, found in script.invocations
    )


def _is_live(database: str, script: ShellScript) -> bool:
    """Whether it is written out and called like one for production, or is the one that the script also backs up."""
    if _LIVE_VARIABLE.fullmatch(database):
        return any(backups(script))
    return re.fullmatch(r"[A-Za-z_][\w.-]*", database) is not None and not _NOT_LIVE.search(database)


def _options_are_known(found: Invocation) -> bool:
    """Whether no variable may hold `--single-transaction`; one that is called after a file is a file."""
    return found.complete or all(
        word.constant
        or word.quoted
        or re.search(r"file|dump|backup|archive|latest|path|\$\{?\d|user|host|port", word.text, re.IGNORECASE)
        for word in found.command.arguments
    )


def _is_forwarded(found: Invocation) -> bool:
    """Whether it goes to a port of this machine that is none of a server for production, or to a host for tests."""
    host, port = found.value("--host") or "", found.value("--port")
    return (host in ("localhost", "127.0.0.1") and port not in (None, "5432")) or bool(
        _NOT_LIVE.search(host.replace("localhost", ""))
    )


def _is_saved(script: ShellScript, step: Step) -> bool:
    """Whether a backup is made before, in the same run."""
    return any(
        (backup.step.function == step.function and backup.step.command.start < step.command.start)
        or certainly_follows(script, backup.step, step)
        for backup in backups(script)
    )


def _is_moved(script: ShellScript, step: Step) -> bool:
    """Whether something is moved or copied out of the data directory before."""
    return any(
        other.command.name in ("mv", "cp", "rsync", "tar", "zfs", "btrfs", "lvcreate", "scp")
        and other.command.start < step.command.start
        and any(_DATA_DIRECTORY.match(word.text) for word in other.command.arguments)
        for other in script.own_steps
    ) or any(other.command.name in ("zfs", "lvcreate", "btrfs") for other in script.own_steps)
