"""PGS515 slot-mismatch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.conninfo import target_of
from pgsurvive.estate.estate import Estate
from pgsurvive.findings import Loss, Related, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.barman import BarmanOption, Server
    from pgsurvive.estate.links import BarmanLink
    from pgsurvive.estate.postgres import PostgresConfig
    from pgsurvive.estate.script import ShellScript
    from pgsurvive.findings import Draft

_CREATED = re.compile(
    r"pg_create_physical_replication_slot\s*\(\s*\\?'(?P<sql>\w+)\\?'"
    r"|pg_receivewal\b[^\n|&;]*--create-slot[^\n|&;]*--slot[= ]'?\"?(?P<after>\w+)"
    r"|pg_receivewal\b[^\n|&;]*(?:--slot[= ]|-S ?)'?\"?(?P<before>\w+)[^\n|&;]*--create-slot"
)
_NO_WAL = "Barman receives no WAL, and without it no backup can be restored"


@rule(
    code="PGS515",
    severity=Severity.ERROR,
    applies_to=Estate,
    costs=Loss.RESTORE,
    source="https://docs.pgbarman.org/release/latest/user_guide/configuration.html",
)
def slot_mismatch(estate: Estate) -> Iterator[Draft]:
    """Barman streams from a slot that the server doesn't have, can't have or gave to a standby, and receives no WAL."""
    for link in estate.barman_links:
        for server in link.config.servers:
            slot = server.effective("slot_name")
            if server.effective("streaming_archiver").value is not True or not isinstance(slot.value, str):
                continue
            for cluster in link.clusters:
                if link.server_of(cluster) is server:
                    yield from _forbidden(cluster, slot)
                    yield from _taken(cluster, server, slot)
            if not estate.may_create(slot.value):
                yield from _called_otherwise(link, server, slot)


def _forbidden(cluster: PostgresConfig, slot: BarmanOption) -> Iterator[Draft]:
    most = cluster.effective("max_replication_slots")
    if most.is_set and most.value == 0:
        yield most.finding(
            f"the server can have no replication slot: {_NO_WAL}",
            help="set max_replication_slots = 10, its default, and restart the server",
            related=(slot.related("the slot that Barman asks for"),),
        )


def _taken(cluster: PostgresConfig, server: Server, slot: BarmanOption) -> Iterator[Draft]:
    own = cluster.effective("primary_slot_name")
    primary = cluster.effective("primary_conninfo").value
    conninfo = server.effective("conninfo").value
    if own.value != slot.value or not isinstance(primary, str) or not isinstance(conninfo, str):
        return
    here, there = target_of(primary), target_of(conninfo)
    if here and there and here.is_elsewhere and here.host == there.host:
        yield own.finding(
            f"the standby streams from the slot {slot.value}, which is Barman's: a slot serves one of them, and while the "
            f"standby holds it, {_NO_WAL}",
            help="give the standby a slot of its own",
            related=(slot.related("Barman's slot on the same server"),),
        )


def _called_otherwise(link: BarmanLink, server: Server, slot: BarmanOption) -> Iterator[Draft]:
    """Scripts create a slot for Barman, by another name. Slots of other names may be those of standbys."""
    created = [found for script in link.scripts for found in _created(script)]
    names = {name for name, _ in created}
    makes_it_itself = server.effective("create_slot").value == "auto" or any(
        "receive-wal" in script.source.text and "--create-slot" in script.source.text
        for script in link.scripts
        if script.mentions("barman")
    )
    of_others = {str(other.effective("slot_name").value) for other in link.config.servers}
    if slot.value in names or makes_it_itself or len(of_others) > 1:
        return
    for name, place in created:
        if "barman" in name:
            yield slot.finding(
                f"the slot that is made for Barman is called {name}, not {slot.value}: {_NO_WAL}",
                help=f"write slot_name = {name}",
                related=(place,),
            )
            return


def _created(script: ShellScript) -> Iterator[tuple[str, Related]]:
    source, text = script.source, script.text
    for match in _CREATED.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        name = match.lastgroup
        if line.lstrip().startswith(("#", "--")) or name is None:
            continue
        yield (
            match[name],
            Related(source.path, source.span(*match.span(name)), "the slot is made here", source),
        )
