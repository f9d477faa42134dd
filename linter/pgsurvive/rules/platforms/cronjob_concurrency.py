"""PGS807 cronjob-concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.dumps import dumps
from pgsurvive.estate.kubernetes import cron_jobs, shared_places
from pgsurvive.estate.platform import PlatformFile
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.dumps import Dump
    from pgsurvive.estate.kubernetes import Resource
    from pgsurvive.findings import Draft


@rule(
    code="PGS807",
    severity=Severity.WARNING,
    applies_to=PlatformFile,
    costs=Loss.RESTORE,
    source="https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/",
)
def cronjob_concurrency(file: PlatformFile) -> Iterator[Draft]:
    """Two runs of one backup may write the same file at once, and neither is a backup then."""
    if file.is_throwaway:
        return
    for job in cron_jobs(file):
        policy, schedule = job.value("spec", "concurrencyPolicy"), job.value("spec", "schedule")
        if job.node.get("spec", "concurrencyPolicy") is not None and (
            policy is None or policy.value != "Allow"
        ):
            continue
        place = policy or schedule
        path = _shared_file(file, job)
        if place is None or path is None:
            continue
        yield file.finding(
            place.start,
            place.end,
            f"a run that takes too long, or hangs, is joined by the next: both write {path} at once, and what is left there "
            "is no backup",
            help="set concurrencyPolicy: Forbid, and activeDeadlineSeconds so that a run that hangs doesn't forbid all "
            "others; give each dump a name of its own",
        )


def _shared_file(file: PlatformFile, job: Resource) -> str | None:
    """The file on a lasting volume that every run of a job dumps into, None if there is none."""
    places = shared_places(job)
    for script in file.scripts_in(job.node) if places else ():
        for dump in dumps(script):
            path = _fixed_name(dump)
            if path is not None and any(path.startswith(f"{place}/") for place in places):
                return path
    return None


def _fixed_name(dump: Dump) -> str | None:
    given = dump.invocation.given("--file")
    if given is not None:
        is_directory = dump.invocation.has("--format") and dump.invocation.value("--format") in (
            None,
            "d",
            "directory",
        )
        return None if is_directory else given.value
    target = dump.target
    return target.text if target is not None and target.constant and not dump.appends else None
