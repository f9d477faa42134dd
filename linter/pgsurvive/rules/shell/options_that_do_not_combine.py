"""PGS602 options-that-do-not-combine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.invocation import invocation
from pgsurvive.estate.script import ShellScript
from pgsurvive.estate.server_command import ServerCommand
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.catalog.programs import Refusal, Term
    from pgsurvive.estate.invocation import Given, Invocation
    from pgsurvive.estate.steps import Step
    from pgsurvive.findings import Draft

_REFUSED = "it refuses the whole command line and does nothing"


@rule(
    code="PGS602",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    also=(ServerCommand,),
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/app-pgdump.html",
)
def options_that_do_not_combine(script: ShellScript) -> Iterator[Draft]:
    """The program has these options but refuses them together, so the backup or the restore doesn't happen."""
    if script.is_throwaway or script.is_for_older_major:
        return
    plain = _plain_dumps(script)
    for step, found in script.invocations:
        majors = script.majors_of(found)
        if found.program.majors and not majors:
            continue
        if found.options and found.options[-1].lacks_value and found.complete:
            yield _lacks_value(script, found)
            continue
        refusal = _refusal(found, majors)
        if refusal is not None:
            yield _refused(script, found, refusal)
        elif found.program.name == "pg_restore" and not step.is_elsewhere:
            yield from _plain(script, found, plain)


def _refusal(found: Invocation, majors: frozenset[int]) -> Refusal | None:
    """What every possible major refuses; the words of the newest. Other products are known in one version."""
    if not found.program.majors:
        return next(found.refusals(), None)
    newest: Refusal | None = None
    for major in sorted(majors):
        read = invocation(found.command, major)
        newest = next(read.refusals(major), None) if read else None
        if newest is None:
            return None
    return newest


def _refused(script: ShellScript, found: Invocation, refusal: Refusal) -> Draft:
    program = found.program.name
    terms = [(term, each) for term in refusal.refused if (each := found.given(term.name)) is not None]
    given = [each for _, each in terms]
    written = [_written(each, term) for term, each in terms]
    options = " with ".join(dict.fromkeys(written))
    if refusal.unless:
        needed = " or ".join(map(str, refusal.unless))
        message = f"{program} takes {options} only together with {needed}: {_REFUSED}"
        help_ = f"add {needed}, or leave {written[0]} out"
    elif len(given) > 1:
        message = f"{program} doesn't take {options}: {_REFUSED}"
        help_ = f"leave one of them out; {program} says: {refusal.says}"
    else:
        message = f"{program} doesn't take {options}: {_REFUSED}"
        help_ = f"{program} says: {refusal.says}"
    first = min(given, key=lambda g: g.start)
    return script.finding_at(first.start, first.end, message, help=help_)


def _written(given: Given, term: Term) -> str:
    """The option as it is written, with its value where that matters."""
    if given.value is None or term.value is None:
        return given.name
    return f"{given.name}={given.value}" if given.name.startswith("--") else f"{given.name} {given.value}"


def _lacks_value(script: ShellScript, found: Invocation) -> Draft:
    last = found.options[-1]
    value = f" ({last.option.value})" if last.option.value else ""
    return script.finding_at(
        last.start,
        last.end,
        f"{found.program.name} {last.name} lacks its value{value}: {_REFUSED}",
        help="give the value behind it, or leave the option out",
    )


def _plain_dumps(script: ShellScript) -> frozenset[str]:
    """The files, as they are written, into which pg_dump writes SQL that only psql can read."""
    return frozenset(
        target
        for step, found in script.invocations
        if found.program.name in ("pg_dump", "pg_dumpall") and found.is_plain and not step.is_elsewhere
        if (target := _target(step, found))
    )


def _target(step: Step, found: Invocation) -> str | None:
    if found.has("--file"):
        return found.value("--file")
    return step.output.text if step.output is not None and step.output.constant else None


def _plain(script: ShellScript, found: Invocation, plain: frozenset[str]) -> Iterator[Draft]:
    """The restore of a dump that the same script makes as plain SQL."""
    for word in found.operands[:1]:
        if word.constant and word.text in plain:
            yield script.finding_at(
                word.start,
                word.end,
                f"{word.text} is a plain SQL dump, and pg_restore reads none: the restore stops before its first row",
                help="dump it with --format=custom, or restore it with psql -v ON_ERROR_STOP=1 --file",
            )
