"""PGS008 secret-in-file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import secrets_in

if TYPE_CHECKING:
    from collections.abc import Iterator


_PLACEHOLDER = re.compile(r"^(?:\$|\{\{|\{%|<|%|@|\*+$|x+$|\.+$|__\w+__$|[A-Z][A-Z0-9]*_[A-Z0-9_]+$)")


_SAYS_WHERE = re.compile(r"(?:file|path|command|dir)[\"']?\s*[=:]\s*[\"']?$", re.IGNORECASE)


def _is_secret(text: str, start: int, end: int) -> bool:
    """Whether it is the secret itself, not the file that keeps it (passfile=) or what something else fills in."""
    return not _PLACEHOLDER.match(text[start:end]) and not _SAYS_WHERE.search(text[:start])


@rule(
    code="PGS008",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/libpq-pgpass.html",
)
def secret_in_file(config: PostgresConfig) -> Iterator[Draft]:
    """A password or key stands in the configuration, and so in its repository and in every base backup."""
    for tree, entry in config.lines:
        if not entry.name.endswith(("_conninfo", "_command")):
            continue
        for start, end in secrets_in(entry.value):
            if not _is_secret(entry.value, start, end):
                continue
            yield Draft(
                tree.source,
                entry.span_in_value(tree.source, start, end),
                f"{entry.name} holds a secret: whoever can read this file, its repository or a base backup can use it",
                "put passwords for connections into a password file (passfile=, ~/.pgpass, mode 0600), keys into the "
                "configuration of the program that needs them, and change this one",
            )
            break
