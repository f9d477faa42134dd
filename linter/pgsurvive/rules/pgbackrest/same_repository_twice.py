"""PGS422 same-repository-twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig, State
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.pgbackrest import Option
    from pgsurvive.findings import Draft

_ADDRESS = {
    "posix": ("host", "host-port", "path"),
    "cifs": ("host", "host-port", "path"),
    "sftp": ("host", "sftp-host", "sftp-host-port", "path"),
    "s3": ("host", "s3-endpoint", "s3-bucket", "storage-host", "storage-port", "path"),
    "azure": ("host", "azure-endpoint", "azure-account", "azure-container", "storage-host", "path"),
    "gcs": ("host", "gcs-endpoint", "gcs-bucket", "storage-host", "path"),
}
"""By type, what says where a repository is."""


@rule(
    code="PGS422",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.CLUSTER,
    source="https://pgbackrest.org/configuration.html#section-repository/option-repo-path",
)
def same_repository_twice(config: PgbackrestConfig) -> Iterator[Draft]:
    """Two repositories are one place, lost together; on most kinds of storage archiving stops altogether."""
    seen = set()
    for stanza in config.stanzas or (None,):
        known: dict[tuple[str, ...], int] = {}
        for index in config.repositories(stanza):
            place = _place(config, stanza, index)
            if place is None:
                continue
            first = known.setdefault(place, index)
            option = _most_telling(config, stanza, index)
            if first == index or (option.source.path, option.span) in seen:
                continue
            seen.add((option.source.path, option.span))
            yield option.finding(
                f"repo{index} is where repo{first} is: what takes one takes both"
                + (
                    ", and pgBackRest refuses or jams"
                    if place[0] in ("posix", "cifs")
                    else ", and the shorter retention deletes backups that the other is to keep"
                ),
                help=f"give repo{index} a place of its own, on another disk and better on another site, or remove it",
                related=(_most_telling(config, stanza, first).related(f"repo{first}"),),
            )


def _place(config: PgbackrestConfig, stanza: str | None, index: int) -> tuple[str, ...] | None:
    """What says where a repository is; None where a part of it isn't known."""
    kind = config.effective(f"repo{index}-type", stanza)
    if not isinstance(kind.value, str) or kind.value not in _ADDRESS:
        return None
    # What this file leaves out about a repository on a repository host, that host's own file says.
    if (
        config.effective(f"repo{index}-host", stanza).is_set
        and not config.effective(f"repo{index}-path", stanza).is_set
    ):
        return None
    parts = [kind.value]
    for name in _ADDRESS[kind.value]:
        option = config.effective(f"repo{index}-{name}", stanza)
        if option.state is State.UNKNOWN or (option.is_set and option.value is None):
            return None
        parts.append(str(option.value).rstrip("/") if name == "path" else str(option.value))
    return tuple(parts)


def _most_telling(config: PgbackrestConfig, stanza: str | None, index: int) -> Option:
    """The line that shows best where a repository is: its path, else what comes nearest to it."""
    kind = config.effective(f"repo{index}-type", stanza)
    names = ["path", *_ADDRESS.get(str(kind.value), ()), "type", "retention-full"]
    options = [config.effective(f"repo{index}-{name}", stanza) for name in names]
    return next((option for option in options if option.is_set), options[0])
