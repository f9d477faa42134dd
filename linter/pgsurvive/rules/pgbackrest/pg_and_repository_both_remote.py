"""PGS423 pg-and-repository-both-remote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.pgbackrest import Option
    from pgsurvive.findings import Draft

_REFUSED = ("archive-push", "backup", "restore", "archive-get", "check", "stanza-create")
"""The commands that read both hosts. `info` and `expire` only want the repository."""


@rule(
    code="PGS423",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.CLUSTER,
    source="https://pgbackrest.org/configuration.html#section-stanza/option-pg-host",
)
def pg_and_repository_both_remote(config: PgbackrestConfig) -> Iterator[Draft]:
    """Nothing is archived, backed up or restored, because the database and the repository are both on other hosts."""
    for stanza in config.stanzas:
        for command in _REFUSED:
            database = _host("pg", config.databases(stanza), config, stanza, command)
            repository = _host("repo", config.repositories(stanza), config, stanza, command)
            if database and repository:
                yield database.finding(
                    f"{database.name} and {repository.name} are both set for {stanza}: pgBackRest refuses to "
                    f"{command}, and nothing leaves the server until its disk is full",
                    help="keep repoN-host in the file of the database's host, pgN-host in the file of the repository's "
                    "host, and make backups on the latter",
                    related=(repository.related(f"{repository.name} is set here"),),
                )
                break


def _host(
    group: str, indexes: tuple[int, ...], config: PgbackrestConfig, stanza: str, command: str
) -> Option | None:
    """The first host of a group that a command works with and that is certainly set."""
    options = (config.effective(f"{group}{index}-host", stanza, command) for index in indexes)
    return next((option for option in options if option.is_set and option.value is not None), None)
