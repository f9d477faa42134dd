"""PGS426 compress-type-gz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.pgbackrest import Option
    from pgsurvive.findings import Draft

_SLOW = ("gz", "bz2")

_COMMANDS = ("archive-push", "backup")
"""The commands that compress."""

_DEFAULT_LEVEL = 6


@rule(
    code="PGS426",
    severity=Severity.INFO,
    applies_to=PgbackrestConfig,
    costs=Loss.SINCE_LAST_SEGMENT,
    source="https://pgbackrest.org/configuration.html#section-general/option-compress-type",
)
def compress_type_gz(config: PgbackrestConfig) -> Iterator[Draft]:
    """WAL is archived and restored with a slow compressor, so that more of it waits where the disk can take it."""
    if config.is_throwaway:
        return
    seen = set()
    for stanza in config.stanzas or (None,):
        for command in _COMMANDS:
            option = _chosen(config, stanza, command)
            if option is not None and id(option.entry) not in seen:
                seen.add(id(option.entry))
                yield option.finding(
                    f"{option.name} is {option.value}"
                    + (" for gz" if option.name == "compress-level" else "")
                    + ": a segment waits in pg_wal several times as long as with lz4 or zst before it is safe, and a "
                    "restore works about twice as long on it",
                    help="set compress-type=zst for gz's size, or lz4 for the least work; what is in the repository stays "
                    "readable",
                )


def _chosen(config: PgbackrestConfig, stanza: str | None, command: str) -> Option | None:
    """The line that chooses slow compression; the default alone is left alone, nearly every file would be told."""
    kind = config.effective("compress-type", stanza, command)
    if kind.is_set:
        return kind if kind.value in _SLOW else None
    level = config.effective("compress-level", stanza, command)
    is_high = level.is_set and isinstance(level.value, int) and level.value > _DEFAULT_LEVEL
    return level if kind.value == "gz" and is_high else None
