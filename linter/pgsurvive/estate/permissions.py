"""Who may read what a script dumps: what chmod and umask in it say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pgsurvive.estate.dumps import DUMPERS
from pgsurvive.syntax import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.invocation import Invocation
    from pgsurvive.estate.script import ShellScript
    from pgsurvive.estate.steps import Step
    from pgsurvive.syntax.shell import Word

_READS = 0o4
_FILES = {"pg_dump": ("--file",), "pg_dumpall": ("--file",), "pg_basebackup": ("--pgdata",)}


@dataclass(frozen=True, slots=True)
class Stored:
    """A dump or a base backup, and where it is written."""

    step: Step
    found: Invocation
    path: str
    """As it is written, variables included."""

    start: int
    end: int
    is_by_umask: bool
    """Whether only the umask decides who may read it; directories the programs make for their owner alone."""

    is_elsewhere: bool


def stored(script: ShellScript) -> Iterator[Stored]:
    """Everything in a script that dumps data into a file or a directory."""
    for step, found in script.invocations:
        name = found.program.name
        if name not in _FILES:
            continue
        given = found.given(*_FILES[name])
        word = next((w for w in step.command.words if given and w.end == given.end), None)
        is_file = name in DUMPERS and (found.value("--format") or "p").lower() not in ("d", "directory")
        if given is not None and word is not None and word.text not in ("-", "/dev/stdout"):
            path = re.sub(rf"^{re.escape(given.name)}=?(?=.)", "", word.text)
            yield Stored(step, found, path, given.start, given.end, is_file, step.is_elsewhere)
        elif (target := _output(step)) is not None:
            yield Stored(
                step, found, target.text, target.start, target.end, is_by_umask=True, is_elsewhere=False
            )


def _output(step: Step) -> Word | None:
    pipeline = step.pipeline
    if pipeline is None or step.position == len(pipeline.parts) - 1:
        return step.output
    last = pipeline.parts[-1]
    redirects = last.redirects if isinstance(last, shell.Command) else ()
    return next((r.target for r in redirects if r.operator in (">", ">>", ">|") and r.target), None)


def opened(script: ShellScript, dump: Stored) -> Step | None:
    """The chmod that lets every account read a dump, if the last one that names it does."""
    last: Step | None = None
    readable: bool | None = None
    for step in script.own_steps:
        if step.command.name != "chmod" or step.is_elsewhere is not dump.is_elsewhere:
            continue
        words = [
            word.text for word in step.command.arguments if not re.fullmatch(r"-[RvcfHLP]+|--.*", word.text)
        ]
        is_recursive = any(re.fullmatch(r"-\w*R\w*|--recursive", w.text) for w in step.command.arguments)
        if len(words) > 1 and any(_covers(path, dump.path, recursive=is_recursive) for path in words[1:]):
            given = others_read(words[0])
            if given is not None:
                last, readable = step, given
    return last if readable else None


def _covers(path: str, target: str, *, recursive: bool) -> bool:
    if "*" in path and "$(" not in path and fnmatchcase(target, path):
        return True
    return path == target or (recursive and target.startswith(path.rstrip("/") + "/") and path != "/")


def others_read(mode: str) -> bool | None:
    """Whether a mode of chmod gives others read access; None where it leaves that, or can't be read."""
    if re.fullmatch(r"[0-7]{1,4}", mode):
        return bool(int(mode, 8) & _READS)
    found: bool | None = None
    for clause in mode.split(","):
        match = re.fullmatch(r"([ugoa]*)([-+=])([rwxXst]*)", clause)
        if match is None:
            return None
        who, operator, permissions = match.groups()
        if who and not {"o", "a"} & set(who):
            continue
        if operator == "=":
            found = "r" in permissions
        elif "r" in permissions:
            found = operator == "+"
    return found


def masks(script: ShellScript) -> tuple[Step, ...]:
    """Every umask that a script sets."""
    return tuple(step for step in script.own_steps if step.command.name == "umask" and step.command.arguments)


def masks_nothing(step: Step) -> bool:
    """Whether a umask takes nothing from others, as 0 and 000 do: they may read and write."""
    (word, *_) = step.command.arguments
    return re.fullmatch(r"[0-7]{1,4}", word.text) is not None and int(word.text, 8) & 0o7 == 0
