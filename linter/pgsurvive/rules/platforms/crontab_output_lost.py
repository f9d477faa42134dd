"""PGS802 crontab-output-lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.platform import PlatformFile, makes_backup
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_DISCARDS = re.compile(
    r">\s*/dev/null\s+2>\s*(?:&\s*1|/dev/null)|(?:&>|>&)\s*/dev/null|(?<!\d)2>\s*(?:/dev/null|&-)(?:\s*>\s*/dev/null)?"
)
_TELLS = re.compile(
    r"\|\||\b(?:curl|wget|mail|mailx|sendmail|logger|systemd-cat|chronic|cronic|healthchecks|hc-ping|msmtp|notify\S*|alert\S*)\b"
)


@rule(
    code="PGS802",
    severity=Severity.WARNING,
    applies_to=PlatformFile,
    costs=Loss.RESTORE,
    source="https://manpages.debian.org/stable/cron/crontab.5.en.html",
)
def crontab_output_lost(file: PlatformFile) -> Iterator[Draft]:
    """Nobody sees why the backup fails, nor that it does: cron reports only output, and there is none."""
    if file.is_throwaway or file.crontab is None:
        return
    text = file.source.text
    for job in file.crontab.jobs:
        command = text[job.start : job.end]
        discards = _DISCARDS.search(command)
        if discards is None or not makes_backup(command) or _TELLS.search(command):
            continue
        yield file.finding(
            job.start + discards.start(),
            job.start + discards.end(),
            "what this backup says when it fails goes nowhere, and cron tells nobody of an exit status: backups may have "
            "stopped for months before one is needed",
            help="append errors to a file that someone watches, set MAILTO, or report each success to something that alerts "
            "when it stays away",
        )
