"""Runs a script of the skill in a lab, and makes happen to it what happens on real machines."""

import json
import os
import random
import secrets
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from tests.support.lab import Lab

SCRIPTS = Path(__file__).parents[2] / "skills/postgresql-backup-recovery/scripts"


@dataclass(frozen=True)
class Outcome:
    """How a run of a script ended: its status, the JSON object that it printed, and its messages."""

    status: int
    result: dict[str, Any]
    messages: str


def scripts(lab: Lab) -> Path:
    """Return a directory of the lab that holds the skill's scripts: the checkout may be closed to its account."""
    directory = lab.directory / "scripts"
    if not directory.exists():
        shutil.copytree(SCRIPTS, directory)
    return directory


def run(
    lab: Lab,
    script: str,
    *arguments: str | Path,
    prefix: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> Outcome:
    """Run a script that reports one JSON object on stdout, whatever its status."""
    command = [*prefix, "bash", str(scripts(lab) / script), *arguments]
    done = lab.run(command, check=False, env=env)
    return _outcome(done)


def _outcome(done: CompletedProcess[str]) -> Outcome:
    assert done.returncode >= 0, f"ended by a signal: {done.stderr}"
    lines = done.stdout.splitlines()
    assert len(lines) == 1, f"not one JSON object: {done.stdout!r}, {done.stderr}"
    return Outcome(done.returncode, json.loads(lines[0]), done.stderr)


class Started:
    """A script that runs in the background."""

    def __init__(self, lab: Lab, script: str, *arguments: str | Path) -> None:
        self._out, self._err = (lab.directory / f"{secrets.token_hex(4)}.{name}" for name in ("out", "err"))
        command = ["bash", str(scripts(lab) / script), *map(str, arguments)]
        with Path(os.devnull).open("rb") as nothing, self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = lab.start_process(command, nothing, out, err)

    def outcome(self, timeout: float = 30) -> Outcome:
        """Wait for its end."""
        status = self.process.wait(timeout)
        return _outcome(CompletedProcess([], status, self._out.read_text(), self._err.read_text()))

    def kill(self) -> None:
        """End it and its children with SIGKILL: what a crash of the machine does."""
        self.process.kill()
        self.process.wait(10)

    def kill_alone(self) -> None:
        """End it with SIGKILL, but not its children: what the out-of-memory killer does."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def killed_at_random(
    lab: Lab, script: str, *arguments: str | Path, begin: float = 0, within: float, times: int, seed: int
) -> Iterator[float]:
    """Run the script several times, end each run at a random moment, and yield that moment after each."""
    moments = random.Random(seed)  # noqa: S311 - the same moments in each run, not secrets
    for attempt in range(times):
        moment = moments.uniform(begin, within)
        started = Started(lab, script, *arguments)
        time.sleep(moment)
        if started.process.returncode is None:
            _end(started, alone=attempt % 3 == 2)
        yield moment


def _end(started: Started, *, alone: bool) -> None:
    try:
        started.kill_alone() if alone else started.kill()
    except ProcessLookupError:
        started.process.wait(10)  # it was faster


def small_disk(kib: int) -> list[str]:
    """Return the beginning of a command line under which no file gets larger: writes fail with an error."""
    return ["bash", "-c", f"trap '' XFSZ; ulimit -f {kib}; exec \"$@\"", "bash"]


@contextmanager
def missing(lab: Lab, program: str) -> Iterator[dict[str, str]]:
    """Make an environment in whose PATH the program is missing, and nothing else."""
    directory = lab.directory / "programs"
    if not directory.exists():
        directory.mkdir()
        for folder in map(Path, lab.env["PATH"].split(":")):
            for file in folder.iterdir() if folder.is_dir() else ():
                if not (directory / file.name).is_symlink():
                    (directory / file.name).symlink_to(file)
    place = (directory / program).readlink()
    (directory / program).unlink()
    try:
        yield {"PATH": str(directory)}
    finally:
        (directory / program).symlink_to(place)


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Take away the permission to write to the directory."""
    directory.chmod(0o500)
    try:
        yield
    finally:
        directory.chmod(0o700)


@contextmanager
def table_locked(lab: Lab, table: str, *, database: str = "postgres", then: str = "") -> Iterator[None]:
    """Keep a table locked; at the end run further SQL and commit. A dump of the database waits as long."""
    gate = lab.directory / "gate"
    lab.run(["mkfifo", gate])
    with Path(os.devnull).open("wb") as nowhere, Path(os.devnull).open("rb") as nothing:
        command = ["bash", "-c", 'psql -XAtq -d "$0" <"$1"', database, str(gate)]
        session = lab.start_process(command, nothing, nowhere, nowhere)
    with gate.open("w") as sql:
        sql.write(f"BEGIN; LOCK TABLE {table};\n")
        sql.flush()
        lab.wait_until("SELECT count(*) > 0 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted")
        try:
            yield
        finally:
            sql.write(f"{then}\nCOMMIT;\n")
    session.wait(30)
    gate.unlink()


def wait_for_a_blocked_dump(lab: Lab) -> None:
    """Return once pg_dump waits for a lock."""
    lab.wait_until("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")


def wait_for_orphans(lab: Lab, backups: Path) -> None:
    """Return when no child of a killed script is at work: until then it holds the lock."""
    lab.run(["flock", backups / ".lock", "true"])
