"""PGS808 cronjob-no-history-or-deadline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.kubernetes import cron_jobs
from pgsurvive.estate.platform import PlatformFile, makes_backup
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_POSTGRESQL = re.compile(r"postgres|psql|pg_|pgbackrest|barman|wal-[ge]\b|cnpg", re.IGNORECASE)
_INTERVAL = 10
"""Seconds between two looks of the CronJob controller at its schedules."""


@rule(
    code="PGS808",
    severity=Severity.WARNING,
    applies_to=PlatformFile,
    costs=Loss.SINCE_LAST_BACKUP,
    source="https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/",
)
def cronjob_no_history_or_deadline(file: PlatformFile) -> Iterator[Draft]:
    """A backup that failed leaves no trace, or one that is a moment late isn't made."""
    if file.is_throwaway:
        return
    for job in cron_jobs(file):
        text = file.source.text[job.node.start : job.node.end]
        if not makes_backup(text) or not _POSTGRESQL.search(text):
            continue
        history = job.value("spec", "failedJobsHistoryLimit")
        if history is not None and history.value == "0":
            yield file.finding(
                history.start,
                history.end,
                "a backup that fails is deleted at once, with its log: nobody sees that there is none, nor why",
                help="keep at least the last one (the default), and alert when the newest backup is too old",
            )
        deadline = job.value("spec", "startingDeadlineSeconds")
        if deadline is not None and deadline.value.isdecimal() and int(deadline.value) < _INTERVAL:
            yield file.finding(
                deadline.start,
                deadline.end,
                f"the controller may look at its schedules only every {_INTERVAL} seconds, and a restart of it takes "
                "longer: by then the backup is too late, and isn't made",
                help="set it to the time in which a late backup is still of use, such as 3600, or leave it out",
            )
