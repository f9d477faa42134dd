"""PGS006 overridden-setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pgsurvive.catalog.postgresql import definition
from pgsurvive.catalog.values import Invalid, interpret
from pgsurvive.estate.postgres import AUTO_CONF, PostgresConfig
from pgsurvive.findings import Draft, Loss, Related, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.syntax.postgresql_conf import Entry, PostgresqlConf


_Line: TypeAlias = "tuple[PostgresqlConf, Entry]"

_RECOVERABILITY = (
    "archive_", "recovery_", "restore_command", "primary_", "wal_level", "fsync", "full_page_writes", "synchronous_commit",
    "data_directory", "max_wal_senders", "max_slot_wal_keep_size", "ignore_checksum_failure", "zero_damaged_pages",
)  # fmt: skip
"""What an override by ALTER SYSTEM may not hide. Others are tuning, and overriding them there is daily work."""


_WRITTEN_BY_INITDB = frozenset({
    "max_connections", "shared_buffers", "dynamic_shared_memory_type", "max_wal_size", "min_wal_size", "log_timezone",
    "datestyle", "timezone", "lc_messages", "lc_monetary", "lc_numeric", "lc_time", "default_text_search_config",
})  # fmt: skip
"""What every new file sets already. A block of one's own at the end of the file replaces it on purpose."""


def _surprises(config: PostgresConfig, overridden: _Line, winner: _Line) -> bool:
    """Whether someone who reads the line would be wrong about it. An included file is there to override."""
    tree, entry = overridden
    winner_tree, winning = winner
    if _meaning(config, entry) == _meaning(config, winning):
        return False
    if tree is winner_tree:
        return entry.name not in _WRITTEN_BY_INITDB
    is_above = winner_tree is config.tree or winner_tree.source.path.endswith(AUTO_CONF)
    return is_above and entry.name.startswith(_RECOVERABILITY)


def _meaning(config: PostgresConfig, entry: Entry) -> object:
    """The value in the newest major that has the setting, so that on and true, 60 and 1min are one."""
    known = next(
        filter(None, (definition(entry.name, major) for major in sorted(config.majors, reverse=True))), None
    )
    value = interpret(known, entry.value) if known else entry.value
    return entry.value if isinstance(value, Invalid) else value


@rule(
    code="PGS006",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.UNNOTICED_DAMAGE,
    source="https://www.postgresql.org/docs/current/config-setting.html",
)
def overridden_setting(config: PostgresConfig) -> Iterator[Draft]:
    """A line has no effect, because a later one sets the same setting to something else."""
    last: dict[str, _Line] = {entry.name: (tree, entry) for tree, entry in config.lines}
    for tree, entry in config.lines:
        winner_tree, winner = last[entry.name]
        if winner is entry or not _surprises(config, (tree, entry), (winner_tree, winner)):
            continue
        place = (
            f"{winner_tree.source.path}:{winner.line}" if winner_tree is not tree else f"line {winner.line}"
        )
        yield Draft(
            tree.source,
            entry.span,
            f"{entry.name} here has no effect: {place} sets it to '{winner.value}'",
            "remove the line that isn't meant; ALTER SYSTEM RESET removes one from postgresql.auto.conf",
            (Related(winner_tree.source.path, winner.span, "the line that decides", winner_tree.source),),
        )
