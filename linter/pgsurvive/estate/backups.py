"""The backups that a script makes, by whichever program, and where each is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate.dumps import DUMPERS, Dump

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.estate.script import ShellScript
    from pgsurvive.estate.steps import Step

_SUBCOMMANDS = {"pgbackrest": "backup", "barman": "backup"}
_PROGRAMS = DUMPERS | {"pg_basebackup", "barman-cloud-backup"}
_PARTS = (
    "--schema-only", "--globals-only", "--roles-only", "--tablespaces-only", "--section", "--statistics-only", "--no-data",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Backup:
    """A call of a program that makes a dump or a base backup."""

    step: Step
    invocation: Invocation
    destination: str | None
    """The file or directory that it makes, as written; None where the program decides, or where it isn't known."""

    @property
    def called(self) -> str:
        """The program, with its command where it has several."""
        found = self.invocation
        return f"{found.program.name} {found.subcommand}" if found.subcommand else found.program.name


def backups(script: ShellScript) -> Iterator[Backup]:
    """Every backup with rows in it that a script makes, in the order in which they are written."""
    for step, found in script.invocations:
        name = found.program.name
        if name in _SUBCOMMANDS:
            if found.subcommand == _SUBCOMMANDS[name] and not found.has("--help", "--dry-run"):
                yield Backup(step, found, None)
        elif name in _PROGRAMS and not found.has(*_PARTS, "--help", "--version"):
            yield Backup(step, found, _destination(script, step, found))


def _destination(script: ShellScript, step: Step, found: Invocation) -> str | None:
    given = found.given("--pgdata" if found.program.name == "pg_basebackup" else "--file")
    if given is not None and given.value != "-":
        if given.value is not None:
            return given.value
        # The word is one that isn't constant; what stands before it is the option's name.
        word = next((w for w in step.command.words if given.start <= w.start and w.end == given.end), None)
        text = word.text if word is not None else script.text[given.start : given.end]
        return text.removeprefix(given.name).removeprefix("=").strip("\"' ")
    target = Dump(step, found).target
    return target.text if target is not None else None
