"""PGS801 crontab-percent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.platform import PlatformFile, makes_backup
from pgsurvive.findings import Edit, Fix, Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_DATE_FORMAT = re.compile(r"\bdate\b[^|;&]*\+[\"']?\S*$")


@rule(
    code="PGS801",
    severity=Severity.ERROR,
    applies_to=PlatformFile,
    costs=Loss.RESTORE,
    source="https://manpages.debian.org/stable/cron/crontab.5.en.html",
)
def crontab_percent(file: PlatformFile) -> Iterator[Draft]:
    """Cron ends the command at the percent sign, so the backup never runs, or under another name."""
    if file.is_throwaway or file.crontab is None:
        return
    text = file.source.text
    for job in file.crontab.jobs:
        if job.percent is None or not makes_backup(text[job.start : job.line_end]):
            continue
        before = text[job.start : job.percent]
        # What follows a sign may be meant as standard input; not where it tears something apart.
        if not _is_open(before) and not _DATE_FORMAT.search(before):
            continue
        signs = [at for at in range(job.percent, job.line_end) if text[at] == "%" and text[at - 1] != "\\"]
        edits = tuple(Edit(file.source.span(at, at + 1), "\\%") for at in signs)
        yield file.finding(
            job.percent,
            job.percent + 1,
            "cron ends the command at this sign and gives the shell only what stands before it: no backup is made",
            help="write \\%, or call a script that has the date in it",
            fix=Fix("put a backslash before each percent sign", edits),
        )


def _is_open(command: str) -> bool:
    """Whether a quote or a command substitution is open at the end of this text."""
    plain = re.sub(r"\\.", "", command)
    return (
        plain.count("`") % 2 == 1
        or plain.count("$(") > plain.count(")")
        or plain.count("'") % 2 == 1
        or plain.count('"') % 2 == 1
    )
