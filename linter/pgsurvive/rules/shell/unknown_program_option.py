"""PGS601 unknown-program-option."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from pgsurvive.catalog.postgresql import listed
from pgsurvive.estate.invocation import invocation
from pgsurvive.estate.script import ShellScript
from pgsurvive.estate.server_command import ServerCommand
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.invocation import Invocation, Unknown
    from pgsurvive.findings import Draft

_REFUSED = "it refuses the whole command line and does nothing"


@rule(
    code="PGS601",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    also=(ServerCommand,),
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/reference-client.html",
)
def unknown_program_option(script: ShellScript) -> Iterator[Draft]:
    """The program doesn't have this option: it refuses the command line, and the backup or the restore doesn't happen."""
    if script.is_throwaway:
        return
    for _, found in script.invocations:
        if found.unknown_subcommand is not None:
            yield _unknown_command(script, found)
        elif not found.program.majors:
            for unknown in found.unknown:
                yield _unknown_option(script, found, unknown, frozenset())
        elif not script.is_for_older_major:
            majors = script.majors_of(found)
            for unknown in _unknown_to_all(found, majors):
                yield _unknown_option(script, found, unknown, majors)


def _unknown_to_all(found: Invocation, majors: frozenset[int]) -> list[Unknown]:
    """What no version takes; where several majors are possible, an option says for which the script is meant."""
    read = [invocation(found.command, major) for major in sorted(majors)]
    common: list[Unknown] = []
    for number, each in enumerate(read):
        unknown = {u.name: u for u in each.unknown} if each else {}
        common = (
            list(unknown.values()) if number == 0 else [unknown[u.name] for u in common if u.name in unknown]
        )
    return common


def _unknown_option(
    script: ShellScript, found: Invocation, unknown: Unknown, majors: frozenset[int]
) -> Draft:
    program, name = found.program, unknown.name
    called = program.name if found.subcommand is None else f"{program.name} {found.subcommand}"
    major = next(iter(majors)) if len(majors) == 1 else None
    where = f" in PostgreSQL {listed(majors)}" if len(majors) == 1 else ""
    elsewhere = program.majors_with(name)
    if unknown.misplaced is not None and unknown.misplaced.is_secret:
        message = (
            f"{program.name} refuses {name} on the command line, where others can read it, and does nothing"
        )
        help_ = "put it into the configuration file, or into the environment"
    elif unknown.misplaced is not None:
        commands = sorted(unknown.misplaced.commands or ())
        message = f"{called} doesn't take {name}: {_REFUSED}"
        help_ = f"remove it; it belongs to {', '.join(commands)}"
    elif unknown.candidates:
        message = f"{name} is ambiguous to {called}: {_REFUSED}"
        help_ = f"write the option out: {' or '.join(unknown.candidates)}"
    else:
        message = f"{called} has no option {name}{where}: {_REFUSED}"
        near = get_close_matches(
            "--" + name.lstrip("-"), program.names(major, found.subcommand), n=1, cutoff=0.7
        )
        if elsewhere:
            help_ = f"it exists in PostgreSQL {listed(elsewhere)}: run that {program.name}, or remove it"
        elif near:
            help_ = f"did you mean {near[0]}?"
        else:
            help_ = f"remove it; `{program.name} --help` lists what there is"
    return script.finding_at(unknown.start, unknown.end, message, help=help_)


def _unknown_command(script: ShellScript, found: Invocation) -> Draft:
    word = found.unknown_subcommand
    assert word is not None  # noqa: S101 - asked by the caller
    near = get_close_matches(word.text, found.program.commands, n=1)
    return script.finding_at(
        word.start,
        word.end,
        f"{found.program.name} has no command {word.text}: {_REFUSED}",
        help=f"did you mean {near[0]}?" if near else f"`{found.program.name} help` lists the commands",
    )
