"""PGS106 archive-command-and-library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS106",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-ARCHIVE-LIBRARY",
)
def archive_command_and_library(config: PostgresConfig) -> Iterator[Draft]:
    """Both archive_command and archive_library are set, so the archiver dies or ignores the command."""
    command = config.effective("archive_command")
    library = config.effective("archive_library")
    if not (command.value and library.value) or config.effective("archive_mode").value == "off":
        return
    if min(config.majors) >= 16:  # noqa: PLR2004 - the major that refuses both
        what = "the archiver dies at every start and nothing is archived, while the server goes on"
    elif config.majors == {15}:
        what = "archive_library wins without a word and the command never runs"
    elif config.majors == {14}:
        what = "PostgreSQL 14 knows no archive_library and refuses to start"
    else:
        what = (
            "from PostgreSQL 16 on the archiver dies at every start and nothing is archived, while the server goes on "
            "(15 ignores the command)"
        )
    yield library.finding(
        f"archive_command and archive_library are both set: {what}",
        help="keep one of the two and set the other to ''",
        related=(command.related("the command is set here"),),
    )
