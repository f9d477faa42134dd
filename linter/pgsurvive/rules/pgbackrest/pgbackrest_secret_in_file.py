"""PGS435 pgbackrest-secret-in-file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.catalog.pgbackrest_keys import look_up
from pgsurvive.estate.pgbackrest import PgbackrestConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_PUBLIC = frozenset({"repo-s3-key", "repo-azure-account", "repo-azure-endpoint"})
"""Names, which are worth nothing without the secret; pgBackRest keeps them off the command line all the same."""

_PLACEHOLDER = re.compile(
    r"^(?:[$<%@{].*|\*+|x+|\.+|_+\w*_+|.*(?:change[-_ ]?me|your[-_ ]|[-_]here|redacted|placeholder|todo).*)$",
    re.IGNORECASE,
)


@rule(
    code="PGS435",
    severity=Severity.WARNING,
    applies_to=PgbackrestConfig,
    costs=Loss.CLUSTER,
    source="https://pgbackrest.org/configuration.html#section-repository/option-repo-cipher-pass",
)
def pgbackrest_secret_in_file(config: PgbackrestConfig) -> Iterator[Draft]:
    """A passphrase or key of the repository stands in a file that others read: its Git repository, a backup, an image."""
    if config.is_throwaway:
        return
    for tree, entry in config.lines:
        found = look_up(entry.key)
        if found is None or isinstance(found, str) or not found.definition.secure:
            continue
        if found.definition.name in _PUBLIC or not entry.value or config.is_unfinished(entry):
            continue
        # A Google key is a file of its own.
        if _PLACEHOLDER.match(entry.value) or entry.value.startswith("/"):
            continue
        variable = "PGBACKREST_" + found.name.upper().replace("-", "_")
        yield Draft(
            tree.source,
            entry.value_span,
            f"{entry.key} is a secret: whoever reads this file or its history can read, or delete, every backup",
            "change it, and give it to the host alone: in a file of conf.d with mode 0640 that is not checked in, or in "
            f"{variable}",
        )
