"""PGS626 world-readable-backup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.permissions import masks, masks_nothing, opened, stored
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.permissions import Stored
    from pgsurvive.findings import Draft

_HOLDS = "it holds every row of the database, and with the globals the hashes of the passwords"
_IN_TMP = re.compile(r"/(?:var/)?tmp/[\w.-]+")
_NO_DATA = ("--schema-only", "--no-data")


@rule(
    code="PGS626",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.SECRECY,
    source="https://www.postgresql.org/docs/current/app-pgdump.html",
)
def world_readable_backup(script: ShellScript) -> Iterator[Draft]:
    """Every account of the host may read the backup, whatever the database grants them."""
    if script.is_throwaway or not script.mentions("chmod", "umask", "/tmp/"):  # noqa: S108 - what scripts write
        return
    seen: set[int] = set()
    for dump in stored(script):
        if dump.found.has(*_NO_DATA):
            continue
        chmod = opened(script, dump)
        mask = next((m for m in reversed(masks(script)) if m.command.start < dump.step.command.start), None)
        if chmod is not None:
            if chmod.command.start not in seen:
                seen.add(chmod.command.start)
                yield script.finding(
                    chmod.command,
                    f"every account of the host may read the backup: {_HOLDS}",
                    help="chmod 600 the file, 700 the directory; where a group has to read it, 640 and that group",
                )
        elif mask is not None and masks_nothing(mask) and dump.is_by_umask and not dump.is_elsewhere:
            if mask.command.start not in seen:
                seen.add(mask.command.start)
                yield script.finding(
                    mask.command,
                    f"with this umask every account of the host may read and change the backup: {_HOLDS}",
                    help="write umask 077 before the dump",
                )
        elif mask is None and _is_open_in_tmp(script, dump):
            yield script.finding_at(
                dump.start,
                dump.end,
                f"every account of the host may read the dump in {dump.path.rpartition('/')[0]} while it is there: {_HOLDS}",
                help="write umask 077 before the dump, or make the directory for it with mktemp -d",
            )


def _is_open_in_tmp(script: ShellScript, dump: Stored) -> bool:
    """Whether the dump has a name in /tmp that anyone can know, on a host that may have other accounts."""
    if script.kind not in (Kind.SHELL, Kind.CRONTAB):
        return False  # a container and a unit may have a /tmp of their own
    if not dump.is_by_umask or dump.is_elsewhere or not _IN_TMP.fullmatch(dump.path):
        return False
    return not any(
        step.command.name in ("chmod", "mkfifo", "install")
        and any(dump.path in w.text for w in step.command.arguments)
        for step in script.own_steps
    )
