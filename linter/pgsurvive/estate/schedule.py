"""What a line of a crontab runs: the code in it, and the scripts of the same tree that it calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate import embedded, script
from pgsurvive.estate.script import SHELLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.script import ShellScript
    from pgsurvive.estate.steps import Step
    from pgsurvive.syntax.crontab import Job

_CALLABLE = re.compile(r"[\w.+-]+")
_SHEBANG = re.compile(r"#!.*sh\b")
_SEVERAL = re.compile(r"[*,/-]")


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A line of a crontab with everything that it runs, as far as that is in the tree."""

    job: Job
    scripts: tuple[ShellScript, ...]
    """The line's own code first."""

    @property
    def runs_several_times_a_day(self) -> bool:
        """Whether it is certain that one day sees several runs."""
        fields = self.job.schedule.split()
        if len(fields) == 1:
            return fields[0] == "@hourly"
        return any(_SEVERAL.search(each) for each in fields[:2])

    @property
    def runs_several_times_an_hour(self) -> bool:
        """Whether it is certain that one hour sees several runs."""
        fields = self.job.schedule.split()
        return len(fields) > 1 and _SEVERAL.search(fields[0]) is not None

    def says(self, pattern: re.Pattern[str]) -> bool:
        """Whether the pattern is found in what runs."""
        return any(pattern.search(each.text) for each in self.scripts)


def scheduled(code: ShellScript) -> Scheduled | None:
    """The line of a crontab that this code is; None where it is no such line."""
    if not code.code or "cron" not in code.source.path.lower():
        return None
    job = next((each for each in embedded.jobs(code.source).jobs if each.end == len(code.code)), None)
    if job is None:
        return None
    called = (_called(code, step) for step in code.own_steps if not step.is_elsewhere)
    return Scheduled(job, (code, *(each for each in called if each is not None)))


def _called(code: ShellScript, step: Step) -> ShellScript | None:
    """The script that a command calls by its name, if there is just one of that name near."""
    words = step.command.words
    if step.command.name in SHELLS:
        words = tuple(word for word in words[1:] if not word.text.startswith("-"))
    if not words or not words[0].constant:
        return None
    name = words[0].text.rpartition("/")[2]
    if not _CALLABLE.fullmatch(name):
        return None
    source = code.files.find(name, code.source.path)
    if source is None or not (_SHEBANG.match(source.text) or name.endswith(".sh")):
        return None
    return script.read(source, code.majors, code.files)


def steps_of(found: Scheduled) -> Iterator[tuple[ShellScript, Step]]:
    """Every command that a scheduled line runs."""
    for each in found.scripts:
        for step in each.own_steps:
            yield each, step
