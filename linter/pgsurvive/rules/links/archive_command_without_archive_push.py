"""PGS432 archive-command-without-archive-push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.archiving import archive_commands
from pgsurvive.estate.estate import Estate
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    """The server's WAL goes elsewhere than into pgBackRest's repository, so no backup there can be made or restored."""
    if any("archive-push" in script.source.text for script in estate.scripts):
        return  # it may set archive_command
    for link in estate.pgbackrest_links:
        cluster = link.only_server
        if cluster is None or len(link.config.stanzas) != 1:
            continue
        (stanza,) = link.config.stanzas
        if link.is_off("online", stanza, "backup") or cluster.is_standby or not _stores_elsewhere(cluster):
            continue
        is_unchecked = link.is_off("archive-check", stanza, "backup")
        if is_unchecked and not _is_understood(cluster):
            continue
        loss = (
            f"each backup of {stanza} ends well and can't be restored"
            if is_unchecked
            else f"pgBackRest refuses each backup of {stanza}, and there is nothing to restore"
        )
        yield cluster.effective("archive_command").finding(
            f"archive_command doesn't push WAL into pgBackRest's repository: {loss}",
            help=f"set archive_command = 'pgbackrest --stanza={stanza} archive-push %p', or "
            "remove pgbackrest.conf where pgBackRest is no longer used",
            related=(link.header_of(stanza, "the stanza that gets no WAL"),),
        )


def _stores_elsewhere(cluster: PostgresConfig) -> bool:
    """Whether WAL is archived by a command that doesn't speak of pgBackRest, which looks for its own name in it."""
    if cluster.effective("archive_mode").value not in ("on", "always"):
        return False
    text = cluster.effective("archive_command").value
    if cluster.effective("archive_library").is_set or not isinstance(text, str) or "pgbackrest" in text:
        return False
    commands = archive_commands(cluster)
    return bool(commands) and not any(
        each.command.script.broken or each.command.uses_archiver or each.command.always_succeeds
        for each in commands
    )


def _is_understood(cluster: PostgresConfig) -> bool:
    return all(each.command.is_understood and each.command.stored for each in archive_commands(cluster))
