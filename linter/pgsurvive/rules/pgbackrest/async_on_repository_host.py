"""PGS421 async-on-repository-host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_COMMAND = "archive-push"


@rule(
    code="PGS421",
    severity=Severity.WARNING,
    applies_to=PgbackrestConfig,
    costs=Loss.SINCE_LAST_SEGMENT,
    source="https://pgbackrest.org/configuration.html#section-archive/option-archive-async",
)
def async_on_repository_host(config: PgbackrestConfig) -> Iterator[Draft]:
    """Archiving is made asynchronous where no WAL is archived, so the server still sends one segment after the other."""
    if config.is_throwaway or not config.is_complete:
        return
    serves = {
        id(option.entry)
        for stanza in config.stanzas
        if not _is_remote(config, stanza)
        for option in (config.effective("archive-async", stanza, _COMMAND),)
    }
    for option in config.decisions("archive-async", _COMMAND):
        if option.value is True and config.stanzas and id(option.entry) not in serves:
            yield option.finding(
                "archive-async does nothing here, since archive-push reads the file of the database's host: segments are "
                "sent one by one, and those that wait are lost with the server's disk",
                help="set archive-async=y, spool-path and process-max in the pgbackrest.conf of the database's host, and "
                "remove them here",
            )


def _is_remote(config: PgbackrestConfig, stanza: str) -> bool:
    """Whether this is the file of a repository host for a stanza: its clusters are elsewhere, its repositories are not."""
    clusters = [
        config.effective(f"pg{index}-host", stanza, _COMMAND).is_set for index in config.databases(stanza)
    ]
    repositories = [
        config.effective(f"repo{index}-host", stanza, _COMMAND).is_set
        for index in config.repositories(stanza)
    ]
    return bool(clusters) and all(clusters) and not any(repositories)
