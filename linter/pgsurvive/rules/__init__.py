"""The rules: one module and one page each, in a folder per family.

There is no registry. A family's folder is listed to find its rules, and a family is imported only when a file of a kind
that it speaks about is checked, so that more rules cost a commit nothing.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgsurvive.findings import Finding, Loss, Severity, rule_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pgsurvive.findings import Draft

__all__ = ["Rule", "all_rules", "exists", "find", "rule", "rules_for", "run"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it is called, what it costs to ignore it, and the generator that finds it."""

    code: str
    name: str
    """In lower case with hyphens, such as `archive-mode-off`."""

    severity: Severity
    applies_to: type
    """What the check is given: a type of the estate model."""

    costs: Loss
    source: str
    """The page of a manual that the rule rests on."""

    summary: str
    """One sentence: the first line of the check's docstring."""

    module: str
    check: Callable[[Any], Iterable[Draft]]
    also: tuple[type, ...] = ()
    """Other types that are read like the first."""

    answered_in: Callable[[Any], frozenset[str]] | None = None
    """Given all files together, the paths in which the rule finds nothing after all: another file has what it misses."""

    @property
    def family(self) -> str:
        """The folder it lives in."""
        return self.module.split(".")[-2]

    @property
    def page(self) -> Path:
        """The rule's page, a Markdown file beside its module."""
        *_, family, name = self.module.split(".")
        return Path(__file__).parent / family / f"{name}.md"

    @property
    def url(self) -> str:
        """The address of the page on the site."""
        return rule_url(self.code)


def rule(
    *,
    code: str,
    severity: Severity,
    applies_to: type,
    costs: Loss,
    source: str,
    also: tuple[type, ...] = (),
    answered_in: Callable[[Any], frozenset[str]] | None = None,
) -> Callable[[Callable[[Any], Iterable[Draft]]], Rule]:
    """Makes a rule of a generator; the function's name is the rule's name and its docstring the summary."""

    def decorate(check: Callable[[Any], Iterable[Draft]]) -> Rule:
        name = check.__name__.replace("_", "-")
        summary = (check.__doc__ or "").strip().partition("\n")[0]
        return Rule(
            code,
            name,
            severity,
            applies_to,
            costs,
            source,
            summary,
            check.__module__,
            check,
            also,
            answered_in,
        )

    return decorate


def run(rules: Iterable[Rule], subject: object) -> Iterator[Finding]:
    """What the rules find in a part of the estate model."""
    for each in rules:
        for draft in each.check(subject):
            yield Finding(
                code=each.code,
                name=each.name,
                severity=each.severity,
                message=draft.message,
                help=draft.help,
                source=draft.source,
                span=draft.span,
                related=draft.related,
                fix=draft.fix,
            )


@cache
def rules_for(subject: str) -> tuple[Rule, ...]:
    """The rules about one type of the estate model, given by name; imports only the families that speak about it."""
    return tuple(
        each
        for family in _families()
        if subject in import_module(family).SUBJECTS
        for each in _rules_in(family)
        if any(its.__name__ == subject for its in (each.applies_to, *each.also))
    )


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    rules = (each for family in _families() for each in _rules_in(family))
    return tuple(sorted(rules, key=lambda each: each.code))


def find(code_or_name: str) -> Rule | None:
    """The rule with this code or name, in any case; None if there is none."""
    wanted = code_or_name.lower().replace("_", "-")
    return next((r for r in all_rules() if wanted in (r.code.lower(), r.name)), None)


def exists(code_or_name: str) -> bool:
    """Whether this is the code of a rule, the beginning of some rules' codes such as `PGS1`, or a name."""
    return any(r.code.startswith(code_or_name.upper()) or r.name == code_or_name for r in all_rules())


def _families() -> list[str]:
    return sorted(f"{__name__}.{m.name}" for m in pkgutil.iter_modules(__path__) if m.ispkg)


def _rules_in(family: str) -> list[Rule]:
    package = import_module(family)
    modules = (import_module(f"{family}.{m.name}") for m in pkgutil.iter_modules(package.__path__))
    found = [value for m in modules for value in vars(m).values() if isinstance(value, Rule)]
    return sorted(found, key=lambda each: each.code)
