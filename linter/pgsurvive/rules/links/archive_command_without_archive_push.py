"""PGS432 archive-command-without-archive-push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.archiving import archive_commands
from pgsurvive.estate.estate import Estate
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.estate import PgbackrestLink
    from pgsurvive.estate.postgres import PostgresConfig
    from pgsurvive.findings import Draft


@rule(
    code="PGS432",
    severity=Severity.ERROR,
    applies_to=Estate,
    costs=Loss.CLUSTER,
    source="https://pgbackrest.org/user-guide.html#quickstart/configure-archiving",
)
def archive_command_without_archive_push(estate: Estate) -> Iterator[Draft]:
    """The server's WAL goes elsewhere than into pgBackRest's repository, so no backup there can be finished or restored."""
    for link in estate.pgbackrest_links:
        if len(link.servers) != 1 or len(link.config.stanzas) != 1:
            continue
        (cluster,) = link.servers
        (stanza,) = link.config.stanzas
        offline = link.config.effective("online", stanza, "backup").value is False
        if offline or cluster.is_standby or not _certainly_pushes_nothing(link, cluster):
            continue
        yield cluster.effective("archive_command").finding(
            f"archive_command stores WAL, but not in pgBackRest's repository: every backup of {stanza} waits for its WAL, "
            "then fails, and the repository holds nothing to restore",
            help=f"set archive_command = 'pgbackrest --stanza={stanza} archive-push %p', or "
            "remove pgbackrest.conf where pgBackRest is no longer used",
            related=(link.header_of(stanza, "the stanza that gets no WAL"),),
        )


def _certainly_pushes_nothing(link: PgbackrestLink, cluster: PostgresConfig) -> bool:
    """Whether WAL is archived by commands that are all understood, none of them a program made for the purpose."""
    if cluster.effective("archive_mode").value not in ("on", "always"):
        return False
    if cluster.effective("archive_library").is_set or any(
        "archive-push" in c.operands for c in link.invocations
    ):
        return False
    commands = archive_commands(cluster)
    return bool(commands) and all(
        not each.command.script.broken
        and not each.command.uses_archiver
        and (bool(each.command.stored) and each.command.is_understood)
        for each in commands
    )
