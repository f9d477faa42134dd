"""PGS208 wal-log-hints-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_CHECKSUMS_BY_DEFAULT = 18
"""The first major whose initdb turns checksums on unless told otherwise; either is enough for pg_rewind."""

_REPLICATED = ("primary_conninfo", "primary_slot_name", "synchronous_standby_names")
"""Who fills one of these in has a standby, or is one. WAL senders, slots and kept WAL may also serve a backup program."""


@rule(
    code="PGS208",
    severity=Severity.INFO,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/app-pgrewind.html",
)
def wal_log_hints_off(config: PostgresConfig) -> Iterator[Draft]:
    """After a failover pg_rewind can't turn the old primary into a standby, unless the cluster has checksums."""
    setting = config.effective("wal_log_hints")
    if setting.value is not False or config.is_throwaway or not _is_replicated(config):
        return
    older = [major for major in config.majors if major < _CHECKSUMS_BY_DEFAULT]
    if older:
        yield setting.finding(
            "wal_log_hints is off: unless this cluster has checksums, which initdb up to 17 makes only on request, a failed "
            "primary can't be rewound, and you run on one copy until a new one is made from scratch",
            help="set wal_log_hints = on (it needs a restart), or run pg_checksums --enable while the cluster is shut down",
        )


def _is_replicated(config: PostgresConfig) -> bool:
    filled_in = (config.effective(name) for name in _REPLICATED)
    return any(setting.is_set and not setting.is_empty for setting in filled_in)
