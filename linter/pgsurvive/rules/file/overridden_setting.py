"""PGS006 overridden-setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import AUTO_CONF, PostgresConfig
from pgsurvive.findings import Draft, Loss, Related, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.syntax.postgresql_conf import Entry, PostgresqlConf


_RECOVERABILITY = (
    "archive_", "recovery_", "restore_command", "primary_", "wal_level", "fsync", "full_page_writes", "synchronous_commit",
    "data_directory", "max_wal_senders", "max_slot_wal_keep_size", "ignore_checksum_failure", "zero_damaged_pages",
)  # fmt: skip
"""What an override by ALTER SYSTEM may not hide. Others are tuning, and overriding them there is daily work."""


def _surprises(entry: Entry, tree: PostgresqlConf, winner: Entry, winner_tree: PostgresqlConf) -> bool:
    """Whether someone who reads the line would be wrong about it. An included file is there to override."""
    if entry.value == winner.value:
        return False
    if tree is winner_tree:
        return True
    return winner_tree.source.path.endswith(AUTO_CONF) and entry.name.startswith(_RECOVERABILITY)


@rule(
    code="PGS006",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.UNNOTICED_DAMAGE,
    source="https://www.postgresql.org/docs/current/config-setting.html",
)
def overridden_setting(config: PostgresConfig) -> Iterator[Draft]:
    """A line has no effect, because a later one sets the same setting to something else."""
    last: dict[str, tuple[PostgresqlConf, Entry]] = {
        entry.name: (tree, entry) for tree, entry in config.lines
    }
    for tree, entry in config.lines:
        winner_tree, winner = last[entry.name]
        if winner is entry or not _surprises(entry, tree, winner, winner_tree):
            continue
        place = (
            f"{winner_tree.source.path}:{winner.line}" if winner_tree is not tree else f"line {winner.line}"
        )
        yield Draft(
            tree.source,
            entry.span,
            f"{entry.name} here has no effect: {place} sets it to '{winner.value}'",
            "remove the line that isn't meant; ALTER SYSTEM RESET removes one from postgresql.auto.conf",
            (Related(winner_tree.source.path, winner.span, "the line that decides"),),
        )
