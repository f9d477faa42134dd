"""PGS115 max-wal-senders-zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.estate.wal_command import WalCommand
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS115",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-WAL-SENDERS",
)
def max_wal_senders_zero(config: PostgresConfig) -> Iterator[Draft]:
    """No replication connection is accepted, so pg_basebackup and pg_receivewal fail."""
    setting = config.effective("max_wal_senders")
    if setting.value != 0 or config.is_standby or config.is_throwaway or config.kind is Kind.SHELL:
        return
    # With wal_level minimal the server demands zero; what that costs is another rule's subject.
    if config.effective("wal_level").value == "minimal" or _copies_files_itself(config):
        return
    yield setting.finding(
        "max_wal_senders is 0: the server refuses pg_basebackup and pg_receivewal, so there is no base backup to which "
        "archived WAL could be applied",
        help="remove the line (the default is 10), or allow 2 for each base backup and 1 for each receiver and standby",
    )


def _copies_files_itself(config: PostgresConfig) -> bool:
    """Whether WAL goes to a program such as pgBackRest, whose base backups need no replication connection."""
    command = config.effective("archive_command").value
    return isinstance(command, str) and WalCommand(command).uses_archiver
