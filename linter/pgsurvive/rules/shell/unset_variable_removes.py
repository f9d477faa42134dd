"""PGS608 unset-variable-removes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.inner import SHELLS
from pgsurvive.estate.removals import removals, settings
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgsurvive.estate.removals import Removal, Setting
    from pgsurvive.estate.steps import Step
    from pgsurvive.findings import Draft

_ABOUT_POSTGRES = re.compile(r"postgres|pgdata|pg_|\bpsql\b|pgbackrest|barman|wal[-_]", re.IGNORECASE)
_VARIABLE = r"\$(?:\{(?:[A-Za-z_]\w*|\d)\}|[A-Za-z_]\w*|\d)"
_AT_ROOT = re.compile(
    rf"(?P<variable>{_VARIABLE})/(?P<rest>[*?\[{{.].*|(?:etc|home|opt|srv|usr|var|root|mnt|data|backups?)(?:/.*)?)",
    re.DOTALL,
)
"""What is left of it without its variable is everything, or a directory that every machine has."""

_LAST_PART = re.compile(rf"(?P<directory>.*[^/])/(?P<variable>{_VARIABLE})/?\*?", re.DOTALL)
"""What is left of it is the whole directory."""

_ALWAYS_SET = frozenset(
    {"HOME", "PWD", "OLDPWD", "USER", "LOGNAME", "HOSTNAME", "RANDOM", "UID", "BASH_SOURCE"}
)
_TESTS = frozenset({"[", "[[", "test"})


@rule(
    code="PGS608",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.CLUSTER,
    source="https://www.gnu.org/software/bash/manual/html_node/Shell-Parameter-Expansion.html",
)
def unset_variable_removes(script: ShellScript) -> Iterator[Draft]:
    """Without its variable the path is a directory above, which is then removed with all backups or clusters in it."""
    text = script.source.text
    if script.is_throwaway or script.kind is Kind.CI or not script.mentions("rm", "find"):
        return
    if not _ABOUT_POSTGRES.search(f"{script.source.path}\n{text}") or "${!" in text or script.script.broken:
        return
    values = settings(script)
    for removal in removals(script):
        if not removal.is_recursive or not _is_plain(removal.step):
            continue
        for word in removal.targets:
            found = _emptied(word.text, removal)
            if found is None or not _may_be_unset(found[0], script, removal.step, values):
                continue
            name, left = found
            yield script.finding_at(
                word.start,
                word.end,
                f"where {_shown(name)} isn't set this removes {left}, with every backup and cluster in it",
                help=f"write ${{{name}:?}}: the script then stops where it has no value; set -u stops it where it isn't set",
            )


def _is_plain(step: Step) -> bool:
    """Whether the variable is expanded by the shell whose options are known."""
    return step.options.nounset is False and not any(
        w.name in SHELLS or w.name in ("ssh", "su", "eval", "runuser") for w in step.wrappers
    )


def _emptied(path: str, removal: Removal) -> tuple[str, str] | None:
    """The variable on which it depends, and what remains of the path without it."""
    match = _AT_ROOT.fullmatch(path)
    if match is not None:
        return _name(match["variable"]), f"/{match['rest']}"
    match = _LAST_PART.fullmatch(path) if removal.program != "find" else None
    if match is not None and not re.fullmatch(
        r"[$\"'{}\w]*te?mp[$\"'{}\w]*", match["directory"], re.IGNORECASE
    ):
        return _name(match["variable"]), f"{match['directory']}/"
    return None


def _name(variable: str) -> str:
    return variable.strip("${}")


def _shown(name: str) -> str:
    return f"parameter {name}" if name.isdigit() else name


def _may_be_unset(
    name: str, script: ShellScript, step: Step, values: Mapping[str, list[Setting]], depth: int = 0
) -> bool:
    """Whether it comes from outside and nothing in the script looks whether it came."""
    if _is_looked_at(name, script):
        return False
    if name.isdigit():
        return (
            name != "0"
            and step.function is None
            and not re.search(r"\$#|\$\{#\}|\bshift\b|\bset --", script.text)
        )
    assigned = values.get(name, [])
    if assigned:
        passed_on = [re.fullmatch(rf"{_VARIABLE}", each.value) for each in assigned]
        return (
            depth < 3  # noqa: PLR2004 - further nobody passes a parameter on
            and len(assigned) == 1
            and assigned[0].function is None
            and passed_on[0] is not None
            and _name(passed_on[0][0]) != name
            and _may_be_unset(_name(passed_on[0][0]), script, step, values, depth + 1)
        )
    if (
        name in _ALWAYS_SET
        or name.startswith("BASH")
        or not name.isupper()
        or "entrypoint" in script.source.path
    ):
        return False  # an image sets what its entry point works with
    return not _is_sourcing(script) and not _is_set_around(name, script)


def _is_looked_at(name: str, script: ShellScript) -> bool:
    braced = rf"\$\{{{name}:?[-=?+]"
    if re.search(braced, script.text):
        return True
    used = re.compile(rf"\$\{{?#?{name}(?!\w)|^{name}$")
    for step in script.own_steps:
        if step.command.name in _TESTS and any(used.search(word.text) for word in step.command.arguments):
            return True
    return re.search(rf"\bcase\s+\"?\$\{{?{name}\b", script.text) is not None


def _is_sourcing(script: ShellScript) -> bool:
    return any(step.command.name in (".", "source") for step in script.own_steps)


def _is_set_around(name: str, script: ShellScript) -> bool:
    """Whether the file that the code stands in gives it a value: a Compose file's environment, a unit, a Dockerfile."""
    return bool(script.code) and re.search(rf"(?<![$\{{\w]){name}\b", script.source.text) is not None
