"""The options of pgBackRest: `help COMMAND` lists them, its refusals tell where else each is taken and which are negated.

Nothing is carried out: every question ends with a value that the program refuses before it does anything, or asks for a
restore from a repository that isn't there.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tools.programs.asking import said

if TYPE_CHECKING:
    from pathlib import Path

_STOP = "--log-level-console=pgsurvive-asks"
_COMMAND = re.compile(r"^    ([a-z-]+) {2,}\S", re.MULTILINE)
_OPTION = re.compile(r"^  --([a-z0-9-]+)(?: |$)", re.MULTILINE)
_DEPRECATED = re.compile(r"deprecated names?: ([a-z0-9, -]+)")


def options(program: Path, scratch: Path) -> tuple[list[str], list[dict[str, Any]]]:
    """The commands, and each option with the commands that take it."""

    def ask(*arguments: str) -> str:
        return said(program, *arguments, scratch=scratch)

    commands = [name for name in _COMMAND.findall(ask("help")) if name not in ("help", "version")]
    listed = {command: _OPTION.findall(ask("help", command)) for command in commands}
    names = sorted({name for found in listed.values() for name in found})

    def option(name: str) -> dict[str, Any]:
        # The options of a PostgreSQL cluster are taken with a number only.
        written = re.sub(r"^pg-", "pg1-", name)
        where = next(command for command in commands if name in listed[command])
        old = _DEPRECATED.search(ask("help", where, name))
        # `--no-config` exists, though `--config` takes a path.
        is_negatable = "cannot be negated" not in ask(where, f"--no-{written}", "--pgsurvive-asks")
        is_boolean = is_negatable and "requires an argument" not in ask(where, f"--{written}")
        value = "=y" if is_boolean else "=1"
        taken = [c for c in commands if "not valid for command" not in ask(c, f"--{written}{value}", _STOP)]
        found: dict[str, Any] = {"names": [f"--{name}"]}
        if old:
            found["deprecated"] = [f"--{each.strip()}" for each in old[1].split(",")]
        if is_boolean:
            found["boolean"] = True
        else:
            found["value"] = ""
        if re.match(r"(?:repo|pg)-", name):
            found["indexed"] = True
        if "not allowed on the command-line" in ask(where, f"--{written}{value}", _STOP):
            found["file-only"] = True
        if taken != commands:
            found["commands"] = taken
        return found

    with ThreadPoolExecutor(4) as pool:
        return commands, list(pool.map(option, names))


_NEEDS_TYPE = re.compile(r"(option '([a-z-]+)' not valid without option 'type' in \(([^)]*)\))")
_REQUIRES = re.compile(r"(restore command requires option: ([a-z-]+))")


def restore_refusals(program: Path, scratch: Path) -> list[dict[str, Any]]:
    """What `restore` refuses of options that a file can't hold: a target without its type, a type without its target."""
    nowhere = ("--no-config", "--stanza=x", f"--pg1-path={scratch}/none", f"--repo1-path={scratch}/none")
    places = (f"--log-path={scratch}", f"--lock-path={scratch}/lock")

    def ask(*arguments: str) -> str:
        return said(program, "restore", *arguments, *nowhere, *places, scratch=scratch)

    found: list[dict[str, Any]] = []
    types: set[str] = set()
    for name in _OPTION.findall(said(program, "help", "restore", scratch=scratch)):
        match = _NEEDS_TYPE.search(ask(f"--{name}=x")) or _NEEDS_TYPE.search(ask(f"--{name}"))
        if match is not None and match[2] == name:
            accepted = re.findall(r"'([a-z]+)'", match[3])
            types.update(accepted)
            found.append(
                {
                    "refused": [[f"--{name}"]],
                    "says": match[1],
                    "unless": [["--type", each] for each in accepted],
                    "commands": ["restore"],
                }
            )
    for each in sorted(types):
        required = _REQUIRES.search(ask(f"--type={each}"))
        if required is not None:
            found.append(
                {
                    "refused": [["--type", each]],
                    "says": required[1],
                    "unless": [[f"--{required[2]}"]],
                    "commands": ["restore"],
                }
            )
    return found
