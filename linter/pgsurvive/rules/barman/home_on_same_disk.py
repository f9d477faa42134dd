"""PGS514 home-on-same-disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.estate.barman_certainty import backed_up, may_be_copied_away, shares_the_databases_disk
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


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
        if shares_the_databases_disk(server) and not may_be_copied_away(server):
            own = [server.effective(name) for name in ("basebackups_directory", "backup_directory")]
            place = next((option for option in own if option.is_set), config.option("barman_home"))
            yield place.finding(
                "Barman runs on the database's host, and its home is most likely on the same disk: what destroys the "
                "database destroys its backups",
                help="run Barman on another host, or put its home on another disk and copy the backups off the host",
            )
