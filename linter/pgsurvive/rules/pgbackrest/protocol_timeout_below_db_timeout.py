"""PGS424 protocol-timeout-below-db-timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_COMPARED_BY = ("backup", "check", "stanza-create")
"""The commands that read both options. The others work, so that the archive looks healthy."""


@rule(
    code="PGS424",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.CLUSTER,
    source="https://pgbackrest.org/configuration.html#section-general/option-protocol-timeout",
)
def protocol_timeout_below_db_timeout(config: PgbackrestConfig) -> Iterator[Draft]:
    """Every backup is refused, because the protocol would give up before the query."""
    seen = set()
    for stanza in config.stanzas or (None,):
        for command in _COMPARED_BY:
            protocol = config.effective("protocol-timeout", stanza, command)
            query = config.effective("db-timeout", stanza, command)
            # Where only one is set, pgBackRest moves the other.
            if not protocol.is_set or not query.is_set or protocol.entry in seen:
                continue
            if (
                isinstance(protocol.value, int | float)
                and isinstance(query.value, int | float)
                and protocol.value <= query.value
            ):
                seen.add(protocol.entry)
                yield protocol.finding(
                    f"protocol-timeout ({protocol.text}) is not greater than db-timeout ({query.text}): pgBackRest "
                    f"refuses {command}, while WAL goes on being archived"
                    + (" and there is no new backup to replay it on" if command == "backup" else ""),
                    help="set protocol-timeout at least half a minute above db-timeout, or leave both at their defaults",
                    related=(query.related("db-timeout is set here"),),
                )
