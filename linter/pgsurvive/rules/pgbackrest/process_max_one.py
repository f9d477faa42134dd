"""PGS427 process-max-one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.pgbackrest import PgbackrestConfig, State
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.pgbackrest import Option
    from pgsurvive.findings import Draft

_OTHERS = ("backup", "archive-push", "archive-get")
"""Commands to which one gives processes and then believes to have given them to the restore."""


@rule(
    code="PGS427",
    severity=Severity.INFO,
    applies_to=PgbackrestConfig,
    costs=Loss.RESTORE,
    source="https://pgbackrest.org/configuration.html#section-general/option-process-max",
)
def process_max_one(config: PgbackrestConfig) -> Iterator[Draft]:
    """A restore copies one file after the other, which takes several times as long as it need."""
    if config.is_throwaway:
        return
    seen = set()
    for stanza in config.stanzas or (None,):
        option = _deciding(config, stanza)
        if option is None or option.span in seen or _is_remote(config, stanza):
            continue
        seen.add(option.span)
        yield option.finding(
            "a restore has one process and one connection"
            + ("" if option.value == 1 else f", though process-max is {option.value} here")
            + ": everybody waits several times as long as disks and network would need",
            help="set process-max in [global:restore] to the number of cores: while it runs the server is down anyway",
        )


def _deciding(config: PgbackrestConfig, stanza: str | None) -> Option | None:
    """The line that leaves a restore with one process; None where it has more, or nobody chose a number."""
    restore = config.effective("process-max", stanza, "restore")
    if restore.value != 1:
        return None
    if restore.is_set:
        return restore
    others = (config.effective("process-max", stanza, command) for command in _OTHERS)
    return next((o for o in others if o.is_set and isinstance(o.value, int) and o.value > 1), None)


def _is_remote(config: PgbackrestConfig, stanza: str | None) -> bool:
    """Whether the database is on another host, where the restore reads another file."""
    if stanza is None:
        return False
    hosts = (config.effective(f"pg{index}-host", stanza) for index in config.databases(stanza))
    return any(host.state is State.SET for host in hosts)
