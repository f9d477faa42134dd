"""PGS813 patroni-archive-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.neighbors import is_passing, is_unreal
from pgsurvive.estate.patroni import configs
from pgsurvive.estate.platform import PlatformFile
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.patroni import PatroniConfig
    from pgsurvive.findings import Draft
    from pgsurvive.syntax.yaml import Scalar

_OFF = frozenset({"off", "false", "no", "0"})


@rule(
    code="PGS813",
    severity=Severity.WARNING,
    applies_to=PlatformFile,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://patroni.readthedocs.io/en/latest/dynamic_configuration.html",
)
def patroni_archive_off(file: PlatformFile) -> Iterator[Draft]:
    """Patroni keeps the service up, but nothing keeps the past: its replicas repeat a DROP within the second."""
    if file.is_throwaway or file.kind is not Kind.PATRONI or is_unreal(file.source.path):
        return
    for config in configs(file.source, file.documents):
        place = _off(config)
        if place is not None:
            yield file.finding(
                place.start,
                place.end,
                "WAL is not archived: a DROP or a bad deployment reaches every replica at once, and everything since the "
                "last base backup is lost with it",
                help="set archive_mode: 'on' and an archive_command under bootstrap.dcs.postgresql.parameters; on a cluster "
                "that exists, with patronictl edit-config",
            )


def _off(config: PatroniConfig) -> Scalar | None:
    """The line that turns archiving off, or the head of the parameters that leave it off; None if it is on or unknown."""
    mode = config.effective.get("archive_mode")
    if mode is not None:
        return mode if mode.value.lower() in _OFF else None
    # A slot that Patroni keeps may be for pg_receivewal or Barman, and a standby cluster leaves archiving to its primary.
    if any(config.node.get("bootstrap", "dcs", key) is not None for key in ("slots", "standby_cluster")):
        return None
    scope = config.node.get("scope")
    if not config.stored or scope is None or scope.scalar is None or is_passing(scope.scalar.value):
        return None
    if any(name.startswith("archive_") for name in config.effective) or config.node.get(
        "postgresql", "custom_conf"
    ):
        return None
    section = config.node.get("bootstrap", "dcs", "postgresql")
    return section.key("parameters") if section else None
