"""PGS429 stanza-mismatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.estate import Estate
from pgsurvive.estate.links import directory_of
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.links import PgbackrestLink
    from pgsurvive.findings import Draft

_LOSSES = {
    "archive-push": "every segment is refused, and with the disk all WAL since the last backup is lost",
    "archive-get": "a restore finds no WAL and ends at the backup, or not at all",
    "backup": "no backup is made",
    "restore": "nothing is restored",
    "check": "nothing is checked",
    "stanza-create": "nothing is created",
    "stanza-upgrade": "nothing is upgraded",
}
"""The commands that refuse to work on a stanza that has no pg1-path, and what that costs."""


@rule(
    code="PGS429",
    severity=Severity.ERROR,
    applies_to=Estate,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://pgbackrest.org/configuration.html#section-stanza",
)
def stanza_mismatch(estate: Estate) -> Iterator[Draft]:
    """A command names a stanza that pgbackrest.conf doesn't have, or that of another cluster; it fails each time."""
    for link in estate.pgbackrest_links:
        yield from _unknown(estate, link)
        yield from _of_another_cluster(link)


def _unknown(estate: Estate, link: PgbackrestLink) -> Iterator[Draft]:
    stanzas = link.config.stanzas
    if link.writes_configuration:
        return
    for call in link.invocations:
        stanza = call.option("stanza")
        loss = next((_LOSSES[word] for word in call.operands if word in _LOSSES), None)
        if stanza is None or stanza in stanzas or loss is None or call.has_pg_options:
            continue
        if estate.may_define(stanza):
            continue
        names = ", ".join(stanzas)
        yield call.finding(
            f"pgBackRest knows no stanza {stanza}: {loss}",
            help=f"write --stanza={stanzas[0]}" if len(stanzas) == 1 else f"name one of the stanzas: {names}",
            related=(
                link.header_of(
                    stanzas[0], "the only stanza" if len(stanzas) == 1 else f"the stanzas are {names}"
                ),
            ),
        )


def _of_another_cluster(link: PgbackrestLink) -> Iterator[Draft]:
    for cluster in link.servers:
        place = cluster.effective("data_directory")
        directory = directory_of(place)
        for call in link.in_cluster(cluster):
            stanza = call.option("stanza")
            own = None if directory is None else link.stanza_with(directory)
            if "archive-push" not in call.operands or stanza not in link.config.stanzas or own is None:
                continue
            others = [directory_of(path) for path in (link.paths_of(stanza) or {}).values()]
            if own != stanza and others and directory not in others and None not in others:
                yield call.finding(
                    f"{stanza} is the stanza of another cluster: {_LOSSES['archive-push']}",
                    help=f"write --stanza={own}",
                    related=(
                        link.header_of(own, "the stanza of this cluster"),
                        place.related("its data directory"),
                    ),
                )
