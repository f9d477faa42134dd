"""A shell script as the rules see it: its commands, without what merely wraps them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.estate.expansion import functions
from pgsurvive.estate.files import NoFiles
from pgsurvive.estate.inner import SHELLS, Inner, inner_script, parsed
from pgsurvive.estate.wrappers import unwrapped
from pgsurvive.findings import Draft
from pgsurvive.syntax import shell
from pgsurvive.text import Kind, lies_among_tests

if TYPE_CHECKING:
    from pgsurvive.estate.files import Files
    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.estate.steps import Step
    from pgsurvive.syntax.shell import Command, Script
    from pgsurvive.text import Source

_PROGRAMS = (
    *(
        "pg_",
        "pgb",
        "psql",
        "postgres",
        "barman",
        "createdb",
        "dropdb",
        "clusterdb",
        "initdb",
        "reindexdb",
        "vacuum",
    ),
    *("createuser", "dropuser", "oid2name", "postmaster"),
)
"""In the name of every program of the catalog is one of these."""

_OLDER_MAJOR = re.compile(r"(?:pgsql|postgres(?:ql)?|postgis)[-/:](?:[89]\.\d|1[0-3])(?![\d])|recovery\.conf")

__all__ = ["SHELLS", "Inner", "ShellScript", "inner_script", "parsed", "read", "unwrapped"]


@dataclass(frozen=True)
class ShellScript:
    """One script: a file, or the shell code in one."""

    source: Source
    majors: frozenset[int]
    """The majors that the servers it works on may have."""

    files: Files = field(default_factory=NoFiles, repr=False, compare=False)
    """Where the scripts are that it sources."""

    code: str = field(default="", repr=False)
    """Of a file that holds more than shell code: its text with the rest blanked out. Empty for a script."""

    kind: Kind = Kind.SHELL
    """What kind of file it stands in."""

    @property
    def text(self) -> str:
        """The shell code, every character where it stands in the file."""
        return self.code or self.source.text

    @cached_property
    def start(self) -> int:
        """Where its first word stands in the file."""
        return len(self.text) - len(self.text.lstrip())

    @cached_property
    def is_throwaway(self) -> bool:
        """Whether the script lies among tests or benchmarks, whose clusters nobody will miss."""
        return lies_among_tests(self.source.path)

    @cached_property
    def builds_image(self) -> bool:
        """Whether it runs while an image is built, where there is no data yet: RUN of a Dockerfile."""
        if self.kind is not Kind.DOCKERFILE:
            return False
        line = self.source.text[self.source.text.rfind("\n", 0, self.start) + 1 : self.start]
        return line.strip().upper().startswith("RUN")

    @cached_property
    def script(self) -> Script:
        """The model of its text."""
        return shell.parse(self.text)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every simple command in it, unwrapped."""
        return tuple(unwrapped(command) for command in shell.commands(self.script.body))

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names that it gives to functions: a command called like one is not the program."""
        return frozenset(functions(self.script.body))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every command that may run, those in strings for another shell, in substitutions and in sourced files included."""
        from pgsurvive.estate.steps import ShellOptions, steps  # noqa: PLC0415 - most files are no scripts

        # What runs the lines of a CI workflow stops at the first that fails, and may have set pipefail.
        options = ShellOptions(errexit=True, pipefail=None) if self.kind is Kind.CI else ShellOptions()
        return steps(self.source, self.script, self.files, options)

    @cached_property
    def own_steps(self) -> tuple[Step, ...]:
        """The steps that stand in this very file."""
        return tuple(step for step in self.steps if step.source is self.source)

    @cached_property
    def invocations(self) -> tuple[tuple[Step, Invocation], ...]:
        """The calls of PostgreSQL's, pgBackRest's and Barman's programs in this file, as any version would read them.

        None for a script that the shell would refuse. Only a script that may have any is parsed.
        """
        if not self.mentions(*_PROGRAMS) or self.script.broken:
            return ()
        from pgsurvive.estate.invocation import invocation  # noqa: PLC0415 - most files are no scripts

        read = (
            (step, invocation(step.command))
            for step in self.own_steps
            if step.command.name not in self.functions
        )
        return tuple((step, found) for step, found in read if found is not None)

    @cached_property
    def is_for_older_major(self) -> bool:
        """Whether a path or an image in it names a PostgreSQL before 14, whose programs are not known."""
        return _OLDER_MAJOR.search(self.source.text) is not None

    def majors_of(self, found: Invocation) -> frozenset[int]:
        """The majors that a PostgreSQL program may have, of those that it exists in; none for other products."""
        named = found.named_major
        return found.program.majors & (self.majors if named is None else frozenset({named}))

    def finding_at(self, start: int, end: int, message: str, *, help: str) -> Draft:  # noqa: A002 - the word the reports use
        """A finding at a stretch of the script's text."""
        return Draft(self.source, self.source.span(start, end), message, help)

    def mentions(self, *words: str) -> bool:
        """Whether any of these words is in the text at all; saves parsing the many scripts that have none."""
        return any(word in self.text for word in words)

    def finding(self, command: Command, message: str, *, help: str) -> Draft:  # noqa: A002 - the word the reports use
        """A finding at a command of the script."""
        return Draft(self.source, self.source.span(command.start, command.end), message, help)


def read(source: Source, majors: frozenset[int], files: Files | None = None) -> ShellScript:
    """The script in this file; never raises. `files` is where the scripts are that it sources."""
    return ShellScript(source, majors, files or NoFiles())
