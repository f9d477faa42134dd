"""PGS514 home-on-same-disk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.estate.barman_certainty import backed_up, directories, is_on_database_host, may_be_copied_away
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_SYSTEM = re.compile(r"/(?:home|opt|root|tmp|usr|var)(?:/|$)")
"""Where what is stored is on the system's disk, unless someone mounts another there."""


@rule(
    code="PGS514",
    severity=Severity.WARNING,
    applies_to=BarmanConfig,
    costs=Loss.CLUSTER,
    source="https://docs.pgbarman.org/release/latest/user_guide/configuration.html",
)
def home_on_same_disk(config: BarmanConfig) -> Iterator[Draft]:
    """The backups are on the database's own host, and most likely on its disk."""
    for server in backed_up(config):
        places = directories(server)
        if not is_on_database_host(server) or may_be_copied_away(server):
            continue
        if all(place is not None and _SYSTEM.match(place) for place in places):
            where = config.option("barman_home")
            own = [server.effective(n) for n in ("backup_directory", "basebackups_directory")]
            place = next((option for option in own if option.is_set), where)
            yield place.finding(
                "Barman runs on the database's host, and its home is most likely on the same disk: what destroys the "
                "database destroys its backups",
                help="run Barman on another host, or put its home on another disk and copy the backups off the host",
            )
