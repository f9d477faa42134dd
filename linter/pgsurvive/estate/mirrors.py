"""Commands that make a copy elsewhere equal to a directory, so that they delete there what is gone here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate.copying import operands_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.script import ShellScript
    from pgsurvive.estate.steps import Step
    from pgsurvive.syntax.shell import Word


@dataclass(frozen=True, slots=True)
class _Program:
    """How a program is told to mirror, and how to keep what it would delete."""

    words: tuple[str, ...]
    deletes: re.Pattern[str] | None
    """The option that makes it delete; None where it always does."""

    spares: re.Pattern[str]
    """An option that keeps or limits what it deletes, or that only shows it."""

    takes_value: frozenset[str] = frozenset()


_DRY = r"|-n|--dry-?run|--dryrun"
_PROGRAMS = (
    _Program(
        ("rsync",),
        re.compile(r"--del(?:ete(?:-(?:before|after|during|delay|excluded))?)?"),
        re.compile(r"--backup.*|-[A-Za-z]*[bn][A-Za-z]*|--max-delete.*|--suffix.*|--link-dest.*|--compare-dest.*" + _DRY),
        frozenset({"-e", "--rsh", "--rsync-path", "--bwlimit", "--timeout", "--log-file", "--exclude", "--include", "-f"})
        | frozenset({"--password-file", "--port", "--chmod", "--chown", "--exclude-from", "--files-from", "--partial-dir"}),
    ),
    _Program(
        ("aws", "s3", "sync"),
        re.compile("--delete"),
        re.compile("--dryrun"),
        frozenset({"--storage-class", "--profile", "--region", "--exclude", "--include", "--acl", "--sse", "--endpoint-url"})
        | frozenset({"--sse-kms-key-id", "--source-region", "--content-type"}),
    ),
    _Program(
        ("rclone", "sync"),
        None,
        re.compile(r"--backup-dir.*|--suffix.*|--max-delete.*|--immutable|-i|--interactive" + _DRY),
        frozenset({"--config", "--transfers", "--checkers", "--bwlimit", "--log-file", "--log-level", "--exclude"})
        | frozenset({"--include", "--filter", "--filter-from", "--stats", "--retries", "--timeout", "--max-age"}),
    ),
    _Program(
        ("gsutil", "rsync"),
        re.compile(r"-[A-Za-z]*d[A-Za-z]*"),
        re.compile(r"-[A-Za-z]*n[A-Za-z]*"),
        frozenset({"-x"}),
    ),
    _Program(
        ("gcloud", "storage", "rsync"),
        re.compile("--delete-unmatched-destination-objects"),
        re.compile("--dry-run"),
    ),
    _Program(("mc", "mirror"), re.compile("--remove"), re.compile("--dry-run|--fake"), frozenset({"--exclude"})),
    _Program(
        ("s3cmd", "sync"),
        re.compile("--delete-removed"),
        re.compile(r"--max-delete.*" + _DRY),
        frozenset({"-c", "--config", "--exclude"}),
    ),
    _Program(("azcopy", "sync"), re.compile("--delete-destination(?:=true)?"), re.compile("--dry-run")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mirror:
    """A command that deletes at its destination what its source no longer has."""

    step: Step
    called: str
    """Such as `rsync --delete`."""

    source: Word
    destination: Word


def mirrors(script: ShellScript) -> Iterator[Mirror]:
    """Every such command in a script, in the order in which they are written."""
    for step in script.own_steps:
        for program in _PROGRAMS:
            found = _mirror(step, program)
            if found is not None:
                yield found


def _mirror(step: Step, program: _Program) -> Mirror | None:
    command = step.command
    if command.name != program.words[0]:
        return None
    words = list(command.arguments)
    for name in program.words[1:]:
        while words and words[0].text.startswith("-"):
            words = words[1:]
        if not words or words[0].text != name:
            return None
        words = words[1:]
    texts = [word.text for word in words]
    deleting = next((text for text in texts if program.deletes and program.deletes.fullmatch(text)), "")
    if (program.deletes and not deleting) or any(map(program.spares.fullmatch, texts)):
        return None
    operands = operands_of(words, program.takes_value)
    if len(operands) != 2:  # noqa: PLR2004 - a source and a destination
        return None
    return Mirror(step, " ".join((*program.words, deleting)).strip(), operands[0], operands[1])
