"""PGS627 terminal-corrupts-dump."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.dumps import dumps
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.wrappers import Wrapper
    from pgsurvive.findings import Draft

_TERMINALS = {
    "docker exec": ("-t", "--tty"),
    "docker run": ("-t", "--tty"),
    "podman exec": ("-t", "--tty"),
    "podman run": ("-t", "--tty"),
}
"""What puts the command at a terminal of its own. Compose, kubectl and ssh look first whether there is one outside."""


@rule(
    code="PGS627",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://docs.docker.com/reference/cli/docker/container/exec/",
)
def terminal_corrupts_dump(script: ShellScript) -> Iterator[Draft]:
    """The dump passes through a terminal, which rewrites it: a binary one can't be restored."""
    if script.is_throwaway or not script.mentions("exec", "run"):
        return
    for dump in dumps(script):
        wrapper = next((w for w in dump.step.wrappers if _has_terminal(w)), None)
        if wrapper is None or not dump.is_streamed or dump.step.in_substitution:
            continue
        if dump.target is None and not dump.is_piped:
            continue
        yield script.finding(
            dump.step.command,
            f"{wrapper.name} -t gives {dump.program} a terminal, which changes line ends in what passes through: the dump "
            "that is stored is not the one that was made, and an archive of it can't be restored",
            help=f"leave -t out: {wrapper.name}, with -i only where it reads its standard input",
        )


def _has_terminal(wrapper: Wrapper) -> bool:
    options = _TERMINALS.get(wrapper.name)
    return options is not None and wrapper.has(*options)
