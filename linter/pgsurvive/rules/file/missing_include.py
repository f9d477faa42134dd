"""PGS007 missing-include."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig, looks_templated
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.syntax.postgresql_conf import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(
    code="PGS007",
    severity=Severity.WARNING,
    applies_to=PostgresConfig,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/config-setting.html#CONFIG-INCLUDES",
)
def missing_include(config: PostgresConfig) -> Iterator[Draft]:
    """A file that this one includes isn't there: the server doesn't start without it."""
    if config.is_template:
        return
    for tree, entry in config.errors:
        # Git keeps no empty directory, and Debian's postgresql.conf includes one that is usually empty.
        if not isinstance(entry, Entry) or entry.name != "include" or looks_templated(entry.value):
            continue
        if config.is_there(tree, entry):
            yield Draft(
                tree.source,
                entry.value_span,
                f"'{entry.value}' includes the file that includes it: the server does not start with a circle of includes",
                "remove one of the include lines",
            )
            continue
        yield Draft(
            tree.source,
            entry.value_span,
            f"'{entry.value}' isn't there: the server does not start without it, and a reload changes nothing at all",
            "correct the path, which is relative to this file; use include_if_exists where it may be missing",
        )
