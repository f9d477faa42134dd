"""PGS302 recovery-conf-on-12."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.findings import Draft, Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.syntax import postgresql_conf
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.syntax.postgresql_conf import Entry

_REMOVED = frozenset({"standby_mode", "trigger_file"})
"""Settings that only recovery.conf ever had: where they stand, the file is meant to be that one."""

_BECOMES_RECOVERY_CONF = re.compile(
    r"recovery\.conf(?:[._-](?:sample|example|template|tmpl|tpl|j2|erb|in|dist))*$"
)
_IN_DROP_IN_DIRECTORY = re.compile(r"(?:^|/)[^/]*\.d/[^/]*$")


@rule(
    code="PGS302",
    severity=Severity.ERROR,
    applies_to=PostgresConfig,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/recovery-config.html",
)
def recovery_conf_on_12(config: PostgresConfig) -> Iterator[Draft]:
    """The server refuses to start while a recovery.conf lies in its data directory."""
    if config.kind is not Kind.RECOVERY_CONF or config.is_for_older_major or config.is_throwaway:
        return
    entries = config.tree.entries
    removed = next((entry for entry in entries if entry.name in _REMOVED), None)
    marked = removed or next(iter(entries), None)
    if marked is None or (removed is None and not _will_lie_in_data_directory(config)):
        return
    if _is_of_a_standby(entries):
        signal, then = "standby.signal", "it opens as a second primary"
    else:
        signal, then = "recovery.signal", "it opens with the rows of the base backup alone"
    yield Draft(
        config.source,
        marked.span,
        "since PostgreSQL 12 the server refuses to start while recovery.conf is there, so nothing is restored; and once "
        f"someone deletes the file to get past that, {then}",
        "move the settings, without standby_mode and trigger_file, to postgresql.auto.conf or postgresql.conf, and create "
        f"an empty {signal} in the data directory",
    )


def _will_lie_in_data_directory(config: PostgresConfig) -> bool:
    """Whether the file goes by the name that the server looks for, and nothing says that it is an included one."""
    path = config.source.path
    if not _BECOMES_RECOVERY_CONF.match(posixpath.basename(path).lower()):
        return False
    return not _IN_DROP_IN_DIRECTORY.search(path) and not _is_included_by_neighbor(config)


def _is_included_by_neighbor(config: PostgresConfig) -> bool:
    directory, name = posixpath.split(config.source.path)
    neighbor = config.files.read(posixpath.join(directory, "postgresql.conf"))
    if neighbor is None:
        return False
    included = (entry.value for entry in postgresql_conf.parse(neighbor).entries if entry.is_directive)
    return name in map(posixpath.basename, included)


def _is_of_a_standby(entries: tuple[Entry, ...]) -> bool:
    values = [entry.value.lower() for entry in entries if entry.name == "standby_mode"]
    return bool(values) and values[-1] in ("on", "true", "yes", "1")
