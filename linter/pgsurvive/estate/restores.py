"""What a script restores, and into what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate.copying import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.estate.script import ShellScript
    from pgsurvive.estate.steps import Step

_DROPS = re.compile(r"\bDROP\s+DATABASE\s+(?:IF\s+EXISTS\s+)?\\?\"?([\w$\{\}.-]+)", re.IGNORECASE)
_RESTORES = {"pgbackrest": ("restore",), "barman": ("recover", "restore")}
_BACKUP = re.compile(r"back_?up|bkp|snapshot|/base", re.IGNORECASE)
_LOOKS_ONLY = ("--list", "--file", "--help", "--version")


@dataclass(frozen=True, slots=True)
class Drop:
    """A database that a script drops."""

    step: Step
    database: str
    """As written."""


def drops(script: ShellScript) -> Iterator[Drop]:
    """The databases that are dropped by dropdb, or by what psql is given on its command line."""
    for step, found in script.invocations:
        if (
            found.program.name == "dropdb"
            and len(found.operands) == 1
            and not found.has("--help", "--version")
        ):
            yield Drop(step, found.operands[0].text)
        elif found.program.name == "psql":
            for word in step.command.words:
                match = _DROPS.search(word.text)
                if match is not None:
                    yield Drop(step, match[1])


def loads(script: ShellScript) -> Iterator[tuple[Step, Invocation, str]]:
    """Calls of pg_restore, and of psql with a file or a stream, that fill a database; with its name as written."""
    for step, found in script.invocations:
        if found.program.name == "pg_restore" and not found.has(*_LOOKS_ONLY):
            yield step, found, _database(step, found)
        elif found.program.name == "psql" and not found.has("--command"):
            reads = any(redirect.operator.startswith("<") for redirect in step.redirects)
            if found.has("--file") or reads or step.position > 0:
                yield step, found, _database(step, found)


def physical_restores(script: ShellScript) -> Iterator[Step]:
    """Calls that fill a data directory from a backup."""
    for step, found in script.invocations:
        if found.subcommand in _RESTORES.get(found.program.name, ()) and found.value("--type") != "standby":
            yield step
    for step in script.own_steps:
        copy = copy_of(step.command)
        if (
            copy is not None
            and copy.program in ("cp", "rsync")
            and any(_BACKUP.search(w.text) for w in copy.sources)
        ):
            yield step
        words = [word.text for word in step.command.words]
        if (step.command.name in ("wal-g", "wal-e") and "backup-fetch" in words) or (
            step.command.name == "tar" and len(words) > 1 and re.match(r"-?[A-Za-z]*x|--extract", words[1])
        ):
            yield step


def _database(step: Step, found: Invocation) -> str:
    """The name as written; empty where none is given."""
    given = found.given("--dbname")
    if given is not None:
        if given.value is not None:
            return given.value
        word = next((w for w in step.command.words if given.start <= w.start and w.end == given.end), None)
        return "" if word is None else word.text.removeprefix(given.name).removeprefix("=")
    if found.program.name == "psql" and found.operands:
        return found.operands[0].text
    return ""
