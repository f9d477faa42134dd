"""PGS814 patroni-parameters-misplaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.postgresql import MAJORS, definition
from pgsurvive.catalog.values import Invalid, interpret
from pgsurvive.estate.patroni import CONTROLLED, configs
from pgsurvive.estate.platform import PlatformFile
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.patroni import PatroniConfig
    from pgsurvive.findings import Draft
    from pgsurvive.syntax.yaml import Scalar

_KEEPS_WAL = (
    "wal_level",
    "max_wal_senders",
    "max_replication_slots",
    "wal_keep_size",
    "wal_log_hints",
    "track_commit_timestamp",
)
"""Of the parameters that Patroni takes only from its store, those that backups and standbys depend on."""

_BACKUP = (
    "archive_mode",
    "archive_command",
    "archive_library",
    "archive_timeout",
    "full_page_writes",
    "fsync",
    "synchronous_commit",
)
_SECTIONS = (
    ("postgresql",),
    ("bootstrap", "dcs", "postgresql"),
    ("bootstrap", "dcs"),
    ("bootstrap", "postgresql"),
)


@rule(
    code="PGS814",
    severity=Severity.WARNING,
    applies_to=PlatformFile,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://patroni.readthedocs.io/en/latest/patroni_configuration.html",
)
def patroni_parameters_misplaced(file: PlatformFile) -> Iterator[Draft]:
    """A parameter stands where Patroni doesn't look for it, so the server runs without it."""
    if file.is_throwaway or file.kind is not Kind.PATRONI:
        return
    for config in configs(file.source, file.documents):
        for name, place in _dropped(config):
            yield file.finding(
                place.start,
                place.end,
                f"Patroni takes {name} from its store alone and drops it here: the server runs with "
                f"{_instead(config, name)}",
                help="set it under bootstrap.dcs.postgresql.parameters; on a cluster that exists, with patronictl "
                "edit-config",
            )
        for name, place in _outside(config):
            yield file.finding(
                place.start,
                place.end,
                f"{name} stands outside parameters, where Patroni ignores it: the server runs without it",
                help="move it into the parameters below postgresql",
            )


def _dropped(config: PatroniConfig) -> Iterator[tuple[str, Scalar]]:
    """Parameters of the local section that have no effect, and would have had one."""
    for name in _KEEPS_WAL:
        local = config.local.get(name)
        # What the store of an existing cluster has, this file can't say; that it decides, is certain.
        if local is None or "${" in local.value or not config.initializes:
            continue
        if _differs(name, local.value, _instead(config, name)):
            yield name, local


def _outside(config: PatroniConfig) -> Iterator[tuple[str, Scalar]]:
    for section in _SECTIONS:
        node = config.node.get(*section)
        for name in _BACKUP:
            key = node.key(name) if node else None
            if key is not None and name not in config.effective:
                yield name, key


def _instead(config: PatroniConfig, name: str) -> str:
    stored = config.stored.get(name)
    return stored.value if stored else CONTROLLED[name]


def _differs(name: str, one: str, other: str) -> bool:
    known = definition(name, max(MAJORS))
    if known is None:
        return one != other
    values = interpret(known, one), interpret(known, other)
    return values[0] != values[1] and not any(isinstance(value, Invalid) for value in values)
