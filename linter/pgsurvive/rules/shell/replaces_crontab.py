"""PGS623 replaces-crontab."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.syntax import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.steps import Step
    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Command, Word

_TAKES_ALONG = re.compile(r"crontab\b[^\n|;&]*[ \t]-[a-z]*[le]\b|/spool/cron|/etc/crontabs")
"""A script that says this reads the crontab that there is, or knows its file."""

_OURS = re.compile(r"back_?up|postgres|\bpg|psql|barman|wal-g|dump", re.IGNORECASE)
_FRESH = re.compile(
    r"docker|container|entry_?-?point|vagrant|provision|bootstrap|cloud-?init|user-?data|packer|image|\binit|start",
    re.IGNORECASE,
)
"""In the path of a script: it sets up a machine or a container, where there is no other job yet."""

_DAEMONS = frozenset({"cron", "crond", "supercronic", "busybox"})
_JOB = re.compile(r"(?:^|\n|\\n)[ \t]*(?:@[a-z]+|[\d*][\d*,/-]*(?:[ \t]+[\w*,/-]+){4})[ \t]+\S")
_SCHEDULE = r"=[\"']?(?:@[a-z]+|[\d*][\d*,/-]*(?:[ \t]+[\w*,/-]+){4})[ \t]+\S"
_SHOWS = frozenset({"echo", "printf"})


@rule(
    code="PGS623",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html",
)
def replaces_crontab(script: ShellScript) -> Iterator[Draft]:
    """The account's whole crontab is replaced, so every other job is gone, the backup too."""
    if not script.mentions("crontab") or script.is_throwaway or _is_for_a_fresh_machine(script):
        return
    for step in script.own_steps:
        if step.command.name == "crontab" and _is_here(script, step) and _is_fed_jobs(script, step):
            yield script.finding(
                step.command,
                "crontab replaces all jobs of the account by those that it is given: every other job is gone without a "
                "word, the nightly backup too",
                help="take the others along: { crontab -l 2>/dev/null || true; echo 'LINE'; } | crontab -; or put the job "
                "into a file of its own in /etc/cron.d",
            )


def _is_for_a_fresh_machine(script: ShellScript) -> bool:
    text = script.source.text
    if _TAKES_ALONG.search(text) or not _OURS.search(f"{script.source.path}\n{text}"):
        return True
    return _FRESH.search(script.source.path) is not None or any(
        step.command.name in _DAEMONS for step in script.steps
    )


def _is_here(script: ShellScript, step: Step) -> bool:
    """Whether it is a host's crontab, not that of a container."""
    hosts = [wrapper.name.startswith("ssh") for wrapper in step.wrappers if wrapper.is_elsewhere]
    return all(hosts) and (not script.code or bool(hosts))


def _is_fed_jobs(script: ShellScript, step: Step) -> bool:
    """Whether all it gets is jobs that are written in the script."""
    words = [word for word in step.command.arguments if word.text != "-u"]
    files = [
        word
        for before, word in zip(
            ("", *(w.text for w in step.command.arguments)), step.command.arguments, strict=False
        )
        if word in words and before != "-u" and word.text != "-"
    ]
    if any(word.text.startswith("-") for word in files) or len(files) > 1:
        return False
    if files:
        return _is_written_here(script, files[0], step)
    if step.command.heredoc is not None:
        return _JOB.search(step.command.heredoc.text) is not None
    if step.pipeline is None or step.position == 0:
        return False
    feeding = [c for part in step.pipeline.parts[: step.position] for c in shell.commands(part)]
    return bool(feeding) and all(map(_shows, feeding)) and any(_has_job(script, c) for c in feeding)


def _is_written_here(script: ShellScript, file: Word, step: Step) -> bool:
    """`echo '…' > file; crontab file`."""
    into = [
        (each.command, redirect.operator)
        for each in script.own_steps
        for redirect in each.redirects
        if redirect.target is not None
        and redirect.target.text == file.text
        and redirect.operator.startswith(">")
        and each.command.start < step.command.start
    ]
    return (
        any(operator in (">", ">|") for _, operator in into)
        and all(_shows(command) for command, _ in into)
        and any(_has_job(script, command) for command, _ in into)
    )


def _shows(command: Command) -> bool:
    return command.name in _SHOWS or (
        command.name == "cat" and command.heredoc is not None and not command.arguments
    )


def _has_job(script: ShellScript, command: Command) -> bool:
    words = [*command.arguments, *([command.heredoc] if command.heredoc else [])]
    for word in words:
        if _JOB.search(word.text):
            return True
        name = re.fullmatch(r"\$\{?(\w+)\}?", word.text)
        if name and re.search(rf"\b{name[1]}{_SCHEDULE}", script.text):
            return True
    return False
