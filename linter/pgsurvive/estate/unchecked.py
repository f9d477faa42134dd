"""Backups whose failure nobody learns of, and what happens as if they had succeeded."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from pgsurvive.estate.backups import backups
from pgsurvive.estate.copying import copy_of
from pgsurvive.estate.inner import SHELLS
from pgsurvive.estate.order import begins_with, moments
from pgsurvive.estate.removals import described, is_scratch, removals, settings
from pgsurvive.estate.wrappers import peeled
from pgsurvive.syntax import shell
from pgsurvive.syntax.shell import AndOr, Command, If, Loop, Negation, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgsurvive.estate.backups import Backup
    from pgsurvive.estate.removals import Removal, Setting
    from pgsurvive.estate.script import ShellScript
    from pgsurvive.estate.steps import Step
    from pgsurvive.syntax.shell import Node

_CODE = SHELLS | {"ssh", "su", "runuser", "eval", "flock"}
_ASKS = re.compile(
    r"\$\?|\$\{\?\}|pipestatus|dump complete|pg_verifybackup|pg_restore|\[\[?\s+!?\s*-s\s|\btest\s+-s\s|stat\s+-c|"
    r"wc -c|gzip -t|\bdu\s|-size\b|^\s*(?:if|while|until)\b.*\bpg_|verify|check_|checksum|md5sum|sha256sum",
    re.IGNORECASE | re.MULTILINE,
)
"""What may look at the backup or at its status."""

_SUCCESS = re.compile(
    r"success|complete|finish|\bdone\b|\bok\b|\bcreated\b|has been (?:made|saved|created)|stored|saved",
    re.IGNORECASE,
)
_NO_SUCCESS = re.compile(r"fail|error|warn|start|begin|incomplete|unsuccess", re.IGNORECASE)
_SAYS = frozenset(
    {
        "echo",
        "printf",
        "logger",
        "mail",
        "mailx",
        "log",
        "log_info",
        "info",
        "notify",
        "log_success",
        "success",
    }
)
_BACKUP_PLACE = re.compile(r"back_?up|bkp|dump|\.sql|\.bak|pg_?back", re.IGNORECASE)
_NO_BACKUP = re.compile(r"\blogs?\b|\.log|\.err\b|wal|xlog", re.IGNORECASE)


_MAX_BACKUPS = 50
"""A script with more is generated; what holds for fifty holds for it."""


class Consequence(Enum):
    """What is done although the backup may have failed, the gravest first."""

    PRUNES = "old backups are removed"
    UPLOADS = "the file is sent off"
    REPORTS = "success is reported"
    ENDS = "the script ends with status 0"


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A backup whose status is lost, and the step behind it that needed it."""

    backup: Backup
    consequence: Consequence
    step: Step


def prunes_backups(removal: Removal, values: Mapping[str, list[Setting]]) -> bool:
    """Whether it removes backups by their age, as far as names tell."""
    return removal.by_age and _removes_backups(removal, values)


def rotates_backups(script: ShellScript) -> bool:
    """Whether it removes older backups, by their age or all but the newest, as far as names tell."""
    values = settings(script)
    return any(
        (removal.by_age or removal.by_rank) and _removes_backups(removal, values)
        for removal in removals(script)
    )


def _removes_backups(removal: Removal, values: Mapping[str, list[Setting]]) -> bool:
    if removal.is_particular:
        return False
    what = " ".join((*(described(word.text, values) for word in removal.targets), *removal.names))
    if is_scratch(what) or any(map(_NO_BACKUP.search, removal.names)):
        return False
    if removal.names and all(map(_BACKUP_PLACE.search, removal.names)):
        return True
    return _BACKUP_PLACE.search(what) is not None and _NO_BACKUP.search(what) is None


def unchecked(script: ShellScript) -> Iterator[Unchecked]:
    """What happens behind backups whose status the script doesn't ask for."""
    made = [backup for backup in backups(script) if _is_unasked(script, backup.step)]
    if not made:
        return
    values = settings(script)
    pruned = {each.step.command.start for each in removals(script) if prunes_backups(each, values)}
    asks = [match.start() for match in _ASKS.finditer(script.text)]
    for backup in made[:_MAX_BACKUPS]:
        for step in script.own_steps:
            consequence = _consequence(step, backup, pruned)
            if consequence is not None and _goes_on_to(script, backup.step, step, asks):
                yield Unchecked(backup, consequence, step)


def _is_unasked(script: ShellScript, step: Step) -> bool:
    """Whether the place where it stands says that nobody asks for its status."""
    if step.options.errexit is not False or step.is_checked or step.in_substitution or step.trap is not None:
        return False
    # What an inner shell returns may be asked for outside.
    return not any(wrapper.name in _CODE for wrapper in step.wrappers) or (
        all(each.options.errexit is False for each in script.own_steps)
        and not is_asked_for(script.script.body, step.command.start)
    )


def _goes_on_to(script: ShellScript, step: Step, other: Step, asks: list[int]) -> bool:
    """Whether the second runs wherever the first has run, and nothing in between asks what came of the first."""
    ones, others = moments(script, step), moments(script, other)
    for function in ones.keys() & others.keys():
        for one in ones[function]:
            for behind in others[function]:
                if behind.command.start <= one.command.end or behind.is_checked or behind.in_substitution:
                    continue
                if one.is_checked or one.options.errexit is not False:
                    continue
                if not begins_with(behind.conditions, one.conditions):
                    continue
                if one is not step or behind is not other:
                    return not asks  # anything in the functions around them may ask
                first = bisect_left(asks, step.command.end)
                if first == len(asks) or asks[first] >= other.command.start:
                    return True
    return False


def _consequence(step: Step, backup: Backup, pruned: set[int]) -> Consequence | None:
    command = step.command
    if command.start in pruned:
        return Consequence.PRUNES
    words = " ".join(word.text for word in command.arguments)
    if command.name == "exit" and words == "0":
        return Consequence.ENDS
    if command.name in _SAYS and _SUCCESS.search(words) and not _NO_SUCCESS.search(words):
        return Consequence.REPORTS if _BACKUP_PLACE.search(words) else None
    destination = (backup.destination or "").rpartition("/")[2]
    if destination and destination in words:
        copy = copy_of(command)
        if copy is not None and (copy.is_upload or copy.program in ("scp", "rsync")):
            return Consequence.UPLOADS
    return None


def is_asked_for(node: Node, offset: int, *, asked: bool = False) -> bool:
    """Whether the status of the command that stands at an offset, or of what it is part of, decides anything."""
    match node:
        case Command():
            return asked
        case AndOr(left=left, right=right):
            children = [(left, True), (right, asked)]
        case Negation(body=body):
            children = [(body, True)]
        case If(condition=condition):
            children = [(child, asked or child is condition) for child in shell.children(node)]
        case Loop(condition=loop_condition):
            children = [(child, asked or child is loop_condition) for child in shell.children(node)]
        case _:
            children = [(child, asked) for child in shell.children(node)]
    for child, is_asked in children:
        if child.start <= offset < child.end:
            return is_asked_for(child, offset, asked=is_asked)
    return asked


def silenced(script: ShellScript, node: Node) -> Iterator[tuple[Command, str]]:
    """Commands behind which the script says that it doesn't mind a failure: `|| true`, `; true`. With what says so."""
    match node:
        case Command():
            code = peeled(node).code
            if code is not None:
                yield from silenced(script, code.body)
        case AndOr(left=left, operator="||", right=right):
            said = _nothing(right)
            if said:
                yield from ((command, f"|| {said}") for command in _last(left))
            yield from silenced(script, left)
            yield from silenced(script, right)
        case Sequence(items=items):
            for item, following in zip(items, (*items[1:], None), strict=False):
                said = _nothing(following) if following is not None and following is items[-1] else ""
                if said in ("true", ":") and isinstance(item, (Command, shell.Pipeline)):
                    yield from ((command, f"; {said}") for command in _last(item))
                yield from silenced(script, item)
        case _:
            for child in shell.children(node):
                yield from silenced(script, child)


def _nothing(node: Node) -> str:
    """What a command is called that only succeeds; empty for any other."""
    if isinstance(node, Command) and node.words:
        words = [word.text for word in node.words]
        if words in (["true"], [":"], ["exit", "0"], ["return", "0"]):
            return " ".join(words)
    return ""


def _last(node: Node) -> Iterator[Command]:
    """The commands whose failure a list would pass on."""
    for command in shell.commands(node):
        found = peeled(command)
        if found.code is not None:
            yield from shell.commands(found.code.body)
        yield found.command
