"""PGS603 pipeline-masks-failure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.syntax import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.estate.steps import Step
    from pgsurvive.findings import Draft

_BACKUPS = frozenset({"pg_dump", "pg_dumpall", "pg_basebackup", "pg_combinebackup", "barman-cloud-backup"})
_COMMANDS = {"pgbackrest": frozenset({"backup"}), "barman": frozenset({"backup"})}
_LOOKERS = frozenset(
    {
        "less",
        "more",
        "most",
        "head",
        "tail",
        "wc",
        "grep",
        "egrep",
        "diff",
        "cmp",
        "md5sum",
        "sha256sum",
        "sort",
        "awk",
    }
)
"""What reads a dump to look at it, unless its output is stored."""

_ASKS = ("PIPESTATUS", "pipestatus", "mispipe", "dump complete")
"""A script that says one of these looks at what came out of its pipelines."""

_SHELL_IS_SET = re.compile(r"pipefail|shell:\s*[\"']?bash\b")
"""Where a file holds code, what runs it may have options of its own. GitLab sets pipefail, GitHub does for `shell: bash`."""


@rule(
    code="PGS603",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.gnu.org/software/bash/manual/html_node/Pipelines.html",
)
def pipeline_masks_failure(script: ShellScript) -> Iterator[Draft]:
    """A failed backup counts as made, because the status of a pipeline is that of its last command."""
    if script.is_throwaway or not script.mentions("|") or script.mentions(*_ASKS):
        return
    if script.code and (_SHELL_IS_SET.search(script.source.text) or "gitlab-ci" in script.source.path):
        return
    reported: set[int] = set()
    for step, found in script.invocations:
        pipeline = step.pipeline
        if pipeline is None or step.position == len(pipeline.parts) - 1 or id(pipeline) in reported:
            continue
        if step.options.pipefail is not False or step.in_substitution or step.trap is not None:
            continue
        if not _makes_backup(found) or _only_looks(step):
            continue
        reported.add(id(pipeline))
        last = step.feeds[-1].name if step.feeds else ""
        called = f"{found.program.name} {found.subcommand}" if found.subcommand else found.program.name
        yield script.finding(
            step.command,
            f"when {called} fails, the pipeline still succeeds{f' with {last}' if last else ''}, and an empty or cut backup "
            "is taken for a good one",
            help="set -o pipefail, in bash and in the shell that runs the pipeline; or write to a file and compress it then",
        )


def _makes_backup(found: Invocation) -> bool:
    if found.has("--help", "--version", "--schema-only"):
        return False
    name = found.program.name
    return name in _BACKUPS or (found.subcommand is not None and found.subcommand in _COMMANDS.get(name, ()))


def _only_looks(step: Step) -> bool:
    """Whether the pipeline shows a dump to somebody and stores nothing."""
    assert step.pipeline is not None  # noqa: S101 - asked by the caller
    behind = step.pipeline.parts[step.position + 1 :]
    commands = [command for part in behind for command in shell.commands(part)]
    if any(
        redirect.operator.startswith(">") and redirect.descriptor in (None, 1)
        for c in commands
        for redirect in c.redirects
    ):
        return False
    return bool(step.feeds) and step.feeds[-1].name in _LOOKERS and step.output is None
