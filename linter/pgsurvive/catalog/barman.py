"""Barman's options: the sections in which each is read, what it takes, and its default.

The data file is written by `tools/catalog_barman.py` from the installed package.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

GLOBAL = "barman"
"""The name of the section whose options hold for every server."""

_LATER = {
    "bandwidth_limit": "bandwidth",
    "minimum_redundancy": "redundancy",
    "retention_policy": "retention policy",
    "retention_policy_mode": "retention mode",
    "tablespace_bandwidth_limit": "tablespace bandwidths",
    "wal_retention_policy": "WAL retention policy",
}
"""Options that reading the file leaves as text: what they mean is found out when a command begins to work on a server."""

REPLACED = {
    "custom_compression_filter": "compression",
    "custom_compression_magic": "compression",
    "custom_decompression_filter": "compression",
    "local_staging_path": "staging_path and staging_location",
    "recovery_staging_path": "staging_path and staging_location",
    "snapshot_gcp_project": "gcp_project",
    "snapshot_zone": "gcp_zone",
}
"""Options that still work, with a warning, and what has come in their place."""


NOT_WITH_METHOD = {
    "postgres": ("reuse_backup", "network_compression", "tablespace_bandwidth_limit"),
    "rsync": ("backup_compression",),
    "local-rsync": ("backup_compression", "ssh_command"),
    "snapshot": (
        "backup_compression",
        "bandwidth_limit",
        "network_compression",
        "tablespace_bandwidth_limit",
        "reuse_backup",
    ),
}
"""By backup_method, the options with which Barman disables a server."""

NEEDED_BY_METHOD = {
    "rsync": ("ssh_command",),
    "snapshot": ("ssh_command", "snapshot_disks", "snapshot_instance", "snapshot_provider"),
}
"""By backup_method, the options without which Barman disables a server."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One option."""

    name: str
    sections: frozenset[str]
    """Where Barman reads it: `barman`, `server`, `model`."""

    type: str
    """`boolean`, `integer`, `interval`, `size`, `choice`, `set`, `text` and some that only one option has."""

    default: str | None
    """As it would stand in the file, with references to other options."""

    values: dict[str, str | None]
    """For a choice or a set: every word it takes and what it means."""

    ignores_case: bool
    takes_empty: bool
    """Whether a choice takes no word at all."""

    conflicts: tuple[frozenset[str], ...]
    """For a set: words that don't go together."""

    complained_about: bool
    """Whether Barman calls it invalid in [barman] though it reads it there."""

    @property
    def is_read_at_once(self) -> bool:
        """Whether a wrong value is noticed when the file is read, so that [barman] or the default takes its place."""
        return self.name not in _LATER

    @property
    def scope(self) -> str:
        """`global`, `server` or `both`: where it can be set; `model` for what only a model has."""
        if "server" not in self.sections:
            return "global" if GLOBAL in self.sections else "model"
        return "both" if GLOBAL in self.sections else "server"


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Path(__file__).with_name("barman_options.json").read_bytes())
    return data


@cache
def _options() -> dict[str, Definition]:
    return {
        name: Definition(
            name=name,
            sections=frozenset(row["sections"]),
            type=_LATER.get(name, row["type"]),
            default=row.get("default"),
            values=row["values"]
            if isinstance(row.get("values"), dict)
            else dict.fromkeys(row.get("values", ())),
            ignores_case=row.get("ignores_case", False),
            takes_empty=row.get("takes_empty", False),
            conflicts=tuple(frozenset(pair) for pair in row.get("conflicts", ())),
            complained_about=row.get("complained_about", False),
        )
        for name, row in _data()["options"].items()
    }


def version() -> str:
    """The version that the options are those of, such as `3.19.1`."""
    return str(_data()["version"])


def definition(name: str) -> Definition | None:
    """The option of this name, in lower case; None where there is none."""
    return _options().get(name)


def definitions(section: str | None = None) -> tuple[Definition, ...]:
    """Every option, or those read in `barman`, `server` or `model`, in the order in which Barman reads them."""
    return tuple(d for d in _options().values() if section is None or section in d.sections)


def names(section: str | None = None) -> tuple[str, ...]:
    """Their names."""
    return tuple(d.name for d in definitions(section))


def is_complained_about(name: str, section: str) -> bool:
    """Whether Barman calls an option of this name invalid in a section of this kind.

    It doesn't where it knows the option from elsewhere, even if it ignores it here.
    """
    known = definition(name)
    if section == GLOBAL:
        return known is None or known.complained_about or name == "model"
    if section == "server":
        # `disabled` may stand there, and does nothing.
        return known is None or (name != "disabled" and "server" not in known.sections)
    return known is None or "model" not in known.sections
