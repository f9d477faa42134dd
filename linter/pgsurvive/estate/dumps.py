"""The dumps and base backups that a script makes, and where each is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate.steps import output_among
from pgsurvive.estate.wrappers import peeled
from pgsurvive.syntax import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.estate.script import ShellScript
    from pgsurvive.estate.steps import Step
    from pgsurvive.syntax.shell import Command, Node, Word

DUMPERS = frozenset({"pg_dump", "pg_dumpall"})
_TO_STDOUT = ("", "-")


@dataclass(frozen=True, slots=True)
class Dump:
    """A call of pg_dump, pg_dumpall, or of pg_basebackup with a tar archive on standard output."""

    step: Step
    invocation: Invocation

    @property
    def program(self) -> str:
        """Its name."""
        return self.invocation.program.name

    @property
    def is_streamed(self) -> bool:
        """Whether what is dumped certainly goes to the standard output."""
        if self.program == "pg_basebackup":
            return self.invocation.value("--pgdata") == "-"
        return self.invocation.complete and not self.invocation.has("--file")

    @property
    def is_piped(self) -> bool:
        """Whether another command comes behind it in a pipeline."""
        pipeline = self.step.pipeline
        return pipeline is not None and self.step.position < len(pipeline.parts) - 1

    @property
    def target(self) -> Word | None:
        """The file that it is redirected to, at the end of the pipeline if it is in one."""
        redirect = self._redirect
        return redirect.target if redirect else None

    @property
    def appends(self) -> bool:
        """Whether what is in that file already stays."""
        redirect = self._redirect
        return redirect is not None and redirect.operator in (">>", "&>>")

    @property
    def _redirect(self) -> shell.Redirect | None:
        pipeline = self.step.pipeline
        if pipeline is not None and self.is_piped:
            return _output(pipeline.parts[-1])
        return output_among(self.step.redirects)

    @property
    def consumers(self) -> tuple[Command, ...]:
        """What it is piped into, without wrappers."""
        return self.step.feeds


def dumps(script: ShellScript) -> Iterator[Dump]:
    """Every dump that a script makes, in the order in which they are written."""
    for step, found in script.invocations:
        name = found.program.name
        if name in DUMPERS or (name == "pg_basebackup" and found.value("--pgdata") == "-"):
            yield Dump(step, found)


def _output(node: Node) -> shell.Redirect | None:
    """Where the output of the last command in a node goes."""
    last = None
    for command in shell.commands(node):
        last = command
    if isinstance(node, shell.Group):
        redirects = node.redirects
    elif last is not None:
        redirects = (*last.redirects, *_inner_redirects(last))
    else:
        return None
    return output_among(redirects)


def _inner_redirects(command: Command) -> tuple[shell.Redirect, ...]:
    code = peeled(command).code
    if code is None:
        return ()
    return tuple(redirect for inner in shell.commands(code.body) for redirect in inner.redirects)


_UNFINISHED = re.compile(
    r"(?:^|/)tmp/|te?mp\b|\.(?:new|part|partial|tmp|temp|inprogress|in_progress|incomplete)\b|/dev/",
    re.IGNORECASE,
)


def is_unfinished_name(path: str) -> bool:
    """Whether a path says that what is under it is not the final thing."""
    return _UNFINISHED.search(path) is not None
