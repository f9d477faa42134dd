"""Which processes belong to a lab, and their end. Reads /proc, so it knows Linux only."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

MARKER = "LAB"


def descendants(*ancestors: int) -> set[int]:
    """Return the living descendants of the processes."""
    parents = dict(_living())
    found = set(ancestors)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - set(ancestors)


def belonging_to(directory: str) -> set[int]:
    """Return the living processes of the lab that can be told by looking at them alone.

    These have the lab's marker in their environment, or are a postgres that works in the lab: a PostgreSQL
    child overwrites its environment with its title.
    """
    marker = f"{MARKER}={directory}".encode()
    found = set()
    for pid, _ in _living():
        with suppress(OSError):  # it has ended meanwhile, or belongs to somebody else
            environ = Path(f"/proc/{pid}/environ").read_bytes()
            if marker in environ.split(b"\0") or _is_server_in(pid, directory):
                found.add(pid)
    return found


def end(pids: Iterable[int]) -> None:
    """Kill the processes with SIGKILL and remove the shared memory that a killed server leaves behind."""
    pids = list(pids)
    for pid in pids:
        _signal(pid, signal.SIGSTOP)  # so that none forks, nor a server reacts, while the others are killed
    segments = {segment for pid in pids for segment in shared_memory(pid)}
    for pid in pids:
        _signal(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.005)
    for kind, name, owner in segments:
        if kind == "posix":
            Path(name).unlink(missing_ok=True)
        else:
            subprocess.run(["ipcrm", "-m", name], user=owner, stderr=subprocess.DEVNULL, check=False)


def sweep(directory: str, *ancestors: int) -> None:
    """End all processes of the lab and the descendants of the given ones, then remove the directory."""
    deadline = time.monotonic() + 20
    while pids := _members(directory, *ancestors):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {sorted(pids)} of {directory} do not end")
        end(pids)
    for parent, subdirectories, _ in os.walk(directory):
        for path in (Path(parent, name) for name in subdirectories):
            if not path.is_symlink() and not os.access(path, os.R_OK | os.W_OK | os.X_OK):
                path.chmod(0o700)  # a test took the permission away
    if Path(directory).exists():
        shutil.rmtree(directory)


def _members(directory: str, *ancestors: int) -> set[int]:
    marked = belonging_to(directory)
    return (marked | descendants(*marked, *ancestors)) - {os.getpid()}


def _living() -> Iterable[tuple[int, int]]:
    """Yield every living process with its parent."""
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with suppress(OSError):
                state, parent = _stat(int(path.name))
                if state not in "ZX":
                    yield int(path.name), parent


def _stat(pid: int) -> tuple[str, int]:
    """Return the state and the parent of a process; OSError if there is none."""
    # The second field is the command in parentheses, and may itself hold spaces and parentheses.
    fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return fields[0], int(fields[1])


def _is_server_in(pid: int, directory: str) -> bool:
    if Path(f"/proc/{pid}/comm").read_text(errors="replace") != "postgres\n":
        return False
    return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(directory)


def _alive(pid: int) -> bool:
    try:
        return _stat(pid)[0] not in "ZX"
    except OSError:
        return False


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def shared_memory(pid: int) -> set[tuple[str, str, int]]:
    """Return PostgreSQL's shared memory of a process: ("posix", path, owner) or ("sysv", id, owner)."""
    try:
        owner = Path(f"/proc/{pid}").stat().st_uid
        maps = _maps(pid)
    except OSError:
        return set()
    found = {("posix", path, owner) for path in re.findall(r"/dev/shm/PostgreSQL\.\d+", maps)}
    return found | {("sysv", number, owner) for number in re.findall(r" (\d+) +/SYSV[0-9a-f]+", maps)}


def _maps(pid: int) -> str:
    path = Path(f"/proc/{pid}/maps")
    try:
        return path.read_text()
    except PermissionError:
        # In a container, root may lack the capability to look into processes of other accounts.
        owner = path.parent.stat()
        command = ["cat", str(path)]
        return subprocess.run(
            command,
            user=owner.st_uid,
            group=owner.st_gid,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
