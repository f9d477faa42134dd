"""PGS204 synchronous-commit-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_ROUNDS_UNTIL_FLUSHED = 3
"""Of the WAL writer, at most (manual, asynchronous commit)."""


@rule(
    code="PGS204",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.ACKNOWLEDGED_COMMITS,
    source="https://www.postgresql.org/docs/current/wal-async-commit.html",
)
def synchronous_commit_off(config: PostgresConfig) -> Iterator[Draft]:
    """A commit is acknowledged before it is on disk, so a crash loses commits that clients rely on."""
    setting = config.effective("synchronous_commit")
    if setting.value == "off" and not config.is_throwaway:
        delay = config.effective("wal_writer_delay").value
        window = "three times wal_writer_delay (0.6 s by default)"
        if isinstance(delay, int):
            window = f"{delay * _ROUNDS_UNTIL_FLUSHED / 1000:g} s"
        yield setting.finding(
            "synchronous_commit is off: a crash of the server loses commits that clients were told are safe, up to "
            f"{window} of them",
            help="set synchronous_commit = on here, and off only for the sessions or roles whose commits may get lost",
        )
