"""PGS409 retention-full-unset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig, State
from pgsurvive.estate.pgbackrest_repository import FILE_SYSTEMS, is_whole, repositories
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS409",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://pgbackrest.org/configuration.html#section-repository/option-repo-retention-full",
)
def retention_full_unset(config: PgbackrestConfig) -> Iterator[Draft]:
    """Backups never expire; once the repository's disk is full nothing is archived, and the server stops next."""
    if config.is_throwaway or not is_whole(config):
        return
    for repository in repositories(config):
        if repository.stanza is None or not config.databases(repository.stanza) or repository.is_behind_host:
            continue
        # Who expires by hand may give the number there.
        expires = config.effective("expire-auto", repository.stanza, "backup").value is True
        unset = repository.retention("full").state is State.DEFAULT
        if unset and expires and repository.type in FILE_SYSTEMS:
            yield repository.place.finding(
                f"no backup ever leaves {repository.name}: when its disk is full, WAL is no longer archived, pg_wal grows, "
                "and a full pg_wal stops the server",
                help=f"set {repository.name}-retention-full to the number of full backups to keep; to keep all of them on "
                "purpose, set it to the maximum, 9999999",
            )
