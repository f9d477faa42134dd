"""PGS405 unmet-dependency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.catalog.pgbackrest_keys import look_up
from pgsurvive.estate.pgbackrest import PgbackrestConfig, State
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.catalog.pgbackrest import Definition
    from pgsurvive.estate.pgbackrest import Option


@rule(
    code="PGS405",
    severity=Severity.ERROR,
    applies_to=PgbackrestConfig,
    costs=Loss.RESTORE,
    source="https://pgbackrest.org/configuration.html",
)
def unmet_dependency(config: PgbackrestConfig) -> Iterator[Draft]:
    """What the line needs is not set, so pgBackRest drops it without a word."""
    if config.is_throwaway or not config.is_complete:
        return
    told: set[tuple[str, str]] = set()
    for tree, entry in config.lines:
        found = look_up(entry.key)
        if found is None or isinstance(found, str) or found.definition.depends is None:
            continue
        options = [
            config.effective(found.name, stanza, command)
            for stanza, command in config.readers(entry, found.definition)
        ]
        own = [option for option in options if option.entry is entry]
        if not own or any(option.state is not State.IGNORED for option in own):
            continue
        wants = _wants(found.definition, own[0])
        lost = _lost(config, found.definition, own[0])
        if lost is None or (entry.section, wants) in told:
            continue
        told.add((entry.section, wants))
        yield Draft(
            tree.source,
            entry.span,
            f"pgBackRest drops {entry.key} without a word, because {wants} is not set: {lost}",
            f"set {wants}, or remove the line",
        )


def _wants(known: Definition, option: Option) -> str:
    depends = known.depends
    if depends is None:
        return ""
    group = known.group or ""
    index = option.name.removeprefix(group).partition("-")[0]
    if depends.option == "repo-host-type":
        return f"{group}{index}-host"
    name = depends.option
    if name.startswith(f"{group}-"):
        name = f"{group}{index}{name.removeprefix(group)}"
    return f"{name}={depends.values[0]}" if depends.values else name


def _lost(config: PgbackrestConfig, known: Definition, option: Option) -> str | None:
    """What is not as its author thinks; None where the line is only left over."""
    depends = known.depends
    if depends is None or known.group is None:
        return None
    index = option.name.removeprefix(known.group).partition("-")[0]
    match depends.option:
        case "repo-cipher-type":
            return "backups and WAL are stored in the clear"
        case "repo-host" | "repo-host-type" if known.name != "repo-host-user" and _is_unset(
            config, f"repo{index}-host"
        ):
            return f"repository {index} is taken to be on this machine, and is lost with it"
        case "repo-type" if known.name in _WHERE and _is_unset(config, f"repo{index}-type"):
            return f"repository {index} is a directory of this machine, and is lost with it"
        case _:
            return None


_WHERE = frozenset(
    {
        "repo-s3-bucket",
        "repo-s3-endpoint",
        "repo-azure-container",
        "repo-azure-account",
        "repo-gcs-bucket",
        "repo-sftp-host",
    }
)
"""What says where a repository is: whoever sets it wants it there."""


def _is_unset(config: PgbackrestConfig, name: str) -> bool:
    return all(config.effective(name, stanza).state is State.DEFAULT for stanza in (None, *config.stanzas))
