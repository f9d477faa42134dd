"""PGS433 repository-without-schedule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.estate import Estate
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.backup_call import BackupCall
    from pgsurvive.estate.links import PgbackrestLink
    from pgsurvive.findings import Draft

_NAMED = re.compile(r"--repo[= ](\d+)\b")
"""A repository named in what a script writes, such as a line of a crontab."""


@rule(
    code="PGS433",
    severity=Severity.WARNING,
    applies_to=Estate,
    costs=Loss.CLUSTER,
    source="https://pgbackrest.org/user-guide.html#multi-repo",
)
def repository_without_schedule(estate: Estate) -> Iterator[Draft]:
    """A repository gets WAL but never a backup, since each backup goes into one repository only; nothing in it restores."""
    for link in estate.pgbackrest_links:
        found = [draft for stanza in link.config.stanzas for draft in _without_backup(link, stanza)]
        if found and not link.writes_configuration and not estate.may_run("backup"):
            yield from found


def _without_backup(link: PgbackrestLink, stanza: str) -> Iterator[Draft]:
    numbers = link.config.repositories(stanza)
    calls = [call for call in link.invocations if "backup" in call.operands]
    if len(numbers) < 2 or not calls or any(_is_open(call) for call in calls):  # noqa: PLR2004 - the first is the default
        return
    own = [call for call in calls if call.option("stanza") == stanza]
    served = {call.option("repo") or str(numbers[0]) for call in own}
    served |= {match for script in link.scripts for match in _NAMED.findall(script.source.text)}
    for number in numbers:
        place = link.place_of(f"repo{number}-", stanza)
        if not own or str(number) in served or place is None:
            continue
        yield place.finding(
            f"repository {number} gets WAL but no backup, since {_named(own)}: nothing can be restored from it when "
            "the other is lost",
            help=f"run pgbackrest --stanza={stanza} --repo={number} backup on a schedule of its own",
            related=(own[0].related("the backup that is made"),),
        )


def _is_open(call: BackupCall) -> bool:
    """Whether the call may be made for any repository or stanza."""
    return not call.is_constant or not call.has_option("stanza")


def _named(calls: list[BackupCall]) -> str:
    repositories = sorted({call.option("repo") or "" for call in calls} - {""})
    if not repositories:
        return "no command names it with --repo"
    return f"the commands name only --repo={', '.join(repositories)}"
