"""PGS519 barman-secret-in-file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.barman import BarmanConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import secrets_in

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACEHOLDER = re.compile(r"^(?:\$|\{\{|\{%|<|%|@|\*+$|x+$|\.+$|__\w+__$|[A-Z][A-Z0-9]*_[A-Z0-9_]+$)")
_SAYS_WHERE = re.compile(r"(?:file|path|command|dir)[\"']?\s*[=:]\s*[\"']?$", re.IGNORECASE)


@rule(
    code="PGS519",
    severity=Severity.WARNING,
    applies_to=BarmanConfig,
    costs=Loss.CLUSTER,
    source="https://docs.pgbarman.org/release/latest/user_guide/pre_requisites.html",
)
def barman_secret_in_file(config: BarmanConfig) -> Iterator[Draft]:
    """A password or key stands in the configuration, and so in its repository and everywhere it is copied to."""
    if config.is_throwaway:
        return
    for _, given in config.own_lines():
        entry = given.entry
        for start, end in secrets_in(entry.value):
            if _PLACEHOLDER.match(entry.value[start:end]) or _SAYS_WHERE.search(entry.value[:start]):
                continue
            yield Draft(
                given.source,
                entry.span_in_value(given.source, start, end),
                f"{entry.name} holds a secret: whoever can read this file or its repository can use it on the database",
                "put it into ~/.pgpass of Barman's user (mode 0600), which every connection reads, and change this one",
            )
            break
