"""PGS120 archive-library-basic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_DIRECTORY = "basic_archive.archive_directory"


@rule(
    code="PGS120",
    severity=Severity.INFO,
    applies_to=PostgresConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://www.postgresql.org/docs/current/basic-archive.html",
)
def archive_library_basic(config: PostgresConfig) -> Iterator[Draft]:
    """The example module removes no segment, and without a directory it archives none and counts no failure."""
    library = config.effective("archive_library")
    if not isinstance(library.value, str) or library.value.rpartition("/")[2] != "basic_archive":
        return
    if config.is_throwaway or config.effective("archive_mode").value == "off":
        return
    if _lacks_directory(config):
        yield library.finding(
            f"{_DIRECTORY} is not set: nothing is archived, no failure is counted, and everything committed since the last "
            "backup is lost with the disk",
            help=f"set {_DIRECTORY} to a directory that exists, on another machine's disk",
        )
        return
    yield library.finding(
        "basic_archive is an example module: it removes no segment and compresses none, so that its directory fills until "
        "archiving stops, and then pg_wal fills too",
        help="use a backup program such as pgBackRest or Barman; else run pg_archivecleanup for the oldest backup you keep",
    )


def _lacks_directory(config: PostgresConfig) -> bool:
    """Whether the directory is certainly not set; the server takes any name with a dot in it, also a misspelt one."""
    directory = config.effective(_DIRECTORY)
    if directory.is_set:
        return directory.is_empty
    misspelt = any(entry.name.startswith("basic_archive.") for _, entry in config.lines)
    return (misspelt and not config.unread) or config.is_complete
