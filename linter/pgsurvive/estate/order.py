"""Which of two steps of a script runs first, functions and where they are called included."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgsurvive.estate.script import ShellScript
    from pgsurvive.estate.steps import Condition, Step

_MAX_CALLS = 50


def moments(script: ShellScript, step: Step) -> dict[str | None, list[Step]]:
    """By function (None: the script itself), the steps in it that are this one or lead to it."""
    found: dict[str | None, list[Step]] = {step.function: [step]}
    pending = [step.function]
    while pending and len(found) < _MAX_CALLS:
        name = pending.pop()
        if name is None:
            continue
        for call in script.own_steps:
            if call.command.name == name and call.function != name:
                known = call.function in found
                found.setdefault(call.function, []).append(call)
                if not known:
                    pending.append(call.function)
    return found


def certainly_follows(script: ShellScript, first: Step, second: Step) -> bool:
    """Whether the second runs behind the first, wherever the first runs, and never before it on the same way."""
    ones, others = moments(script, first), moments(script, second)
    for function in ones.keys() & others.keys():
        pairs = [(a, b) for a in ones[function] for b in others[function] if a is not b]
        behind = any(
            b.command.start > a.command.start and begins_with(_without(b.conditions, a), a.conditions)
            for a, b in pairs
        )
        before = any(
            b.command.start < a.command.start and begins_with(b.conditions, a.conditions) for a, b in pairs
        )
        if behind and not before:
            return True
    return False


def _without(conditions: tuple[Condition, ...], step: Step) -> tuple[Condition, ...]:
    """Without the condition that a step itself has succeeded: `step && other`."""
    start = step.command.start
    return tuple(
        each
        for each in conditions
        if not (each.succeeded and any(command.start == start for command in each.commands))
    )


def begins_with(shorter: tuple[Condition, ...], longer: tuple[Condition, ...]) -> bool:
    """Whether whatever must hold for the one must hold for the other."""
    return len(shorter) <= len(longer) and all(
        a.node is b.node and a.succeeded == b.succeeded for a, b in zip(shorter, longer, strict=False)
    )
