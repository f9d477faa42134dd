"""A shell script as the rules see it: its commands, without what merely wraps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.estate.files import NoFiles
from pgsurvive.estate.inner import SHELLS, Inner, inner_script, parsed
from pgsurvive.estate.steps import Step, steps
from pgsurvive.estate.wrappers import unwrapped
from pgsurvive.findings import Draft
from pgsurvive.syntax import shell
from pgsurvive.text import lies_among_tests

if TYPE_CHECKING:
    from pgsurvive.estate.files import Files
    from pgsurvive.syntax.shell import Command, Script
    from pgsurvive.text import Source

__all__ = ["SHELLS", "Inner", "ShellScript", "Step", "inner_script", "parsed", "read", "unwrapped"]


@dataclass(frozen=True)
class ShellScript:
    """One script file."""

    source: Source
    majors: frozenset[int]
    """The majors that the servers it works on may have."""

    files: Files = field(default_factory=NoFiles, repr=False, compare=False)
    """Where the scripts are that it sources."""

    @cached_property
    def is_throwaway(self) -> bool:
        """Whether the script lies among tests or benchmarks, whose clusters nobody will miss."""
        return lies_among_tests(self.source.path)

    @cached_property
    def script(self) -> Script:
        """The model of its text."""
        return shell.parse(self.source.text)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every simple command in it, unwrapped."""
        return tuple(unwrapped(command) for command in shell.commands(self.script.body))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every command that may run, those in strings for another shell, in substitutions and in sourced files included."""
        return steps(self.source, self.script, self.files)

    def mentions(self, *words: str) -> bool:
        """Whether any of these words is in the text at all; saves parsing the many scripts that have none."""
        return any(word in self.source.text for word in words)

    def finding(self, command: Command, message: str, *, help: str) -> Draft:  # noqa: A002 - the word the reports use
        """A finding at a command of the script."""
        return Draft(self.source, self.source.span(command.start, command.end), message, help)


def read(source: Source, majors: frozenset[int], files: Files | None = None) -> ShellScript:
    """The script in this file; never raises. `files` is where the scripts are that it sources."""
    return ShellScript(source, majors, files or NoFiles())
