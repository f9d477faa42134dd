"""PGS805 compose-no-checksums."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.platform import PlatformFile
from pgsurvive.estate.services import servers
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_VARIABLE = "POSTGRES_INITDB_ARGS"
_ASKS = re.compile(r"(?:^|\s)(?:--da[a-z-]*|-[A-Za-z]*k)(?=\s|$)")
_REFUSES = re.compile(r"(?:^|\s)--no-d[a-z-]*(?=\s|$)")
_ON_BY_DEFAULT = 18
"""The first major whose initdb turns checksums on unless told otherwise."""


@rule(
    code="PGS805",
    severity=Severity.WARNING,
    applies_to=PlatformFile,
    costs=Loss.UNNOTICED_DAMAGE,
    source="https://www.postgresql.org/docs/current/checksums.html",
)
def compose_no_checksums(file: PlatformFile) -> Iterator[Draft]:
    """The container makes its cluster without checksums, so damage on disk is copied into every backup unseen."""
    for service in servers(file):
        written = service.environment(_VARIABLE)
        options = service.variable(_VARIABLE)
        if written is None or options is None or "$" in options or not options.strip():
            continue
        if not any(service.keeps(place) for place in service.data):
            continue  # a cluster that doesn't outlive its container
        refuses = _REFUSES.search(options) is not None
        is_older = service.major is not None and service.major < _ON_BY_DEFAULT
        if not refuses and (_ASKS.search(options) or not is_older):
            continue
        yield file.finding(
            written.start,
            written.end,
            "these options make a cluster without checksums: a page that the disk damages is served and backed up as if it "
            "were sound, until the last good backup has expired",
            help=f"add --data-checksums to {_VARIABLE} before the cluster is made; for an existing one, pg_checksums "
            "--enable while it is shut down",
        )
