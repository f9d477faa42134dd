"""Namespaces of the kernel: how a lab gets a network or a disk of its own, without the machine seeing either.

They belong to a process of the lab and are named nowhere else: they are gone as soon as the lab's keeper has ended it,
even when the test process was killed.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.cache import SoftwareError
from tests.support.keeper import Keeper

_OWN_PROGRAMS = {"unshare": "util-linux", "nsenter": "util-linux"}


def missing(
    what: str,
    *,
    purpose: str,
    namespaces: str,
    trial: Sequence[str],
    programs: Mapping[str, str] | None = None,
) -> str | None:
    """Return why this machine can't give a lab something, None if it can.

    what: "a second host"; purpose: "to mount it", what root is needed for; namespaces: what they are called in the
    reason; trial: a command that makes them and something in them; programs: more programs, each with its package.
    """
    if os.geteuid() != 0:
        return f"{what} needs root, {purpose}"
    for program, package in {**(programs or {}), **_OWN_PROGRAMS}.items():
        if not shutil.which(program):
            return f"{what} needs {program} (package {package})"
    tried = subprocess.run(trial, capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        return f"{what} needs {namespaces}, which this machine refuses: {tried.stderr.strip()}"
    return None


def hold(keeper: Keeper, env: Mapping[str, str], *namespaces: str) -> int:
    """Start a process in new namespaces, given as options of unshare, and return its pid."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as output:
        command = ["unshare", *namespaces, "sleep", "infinity"]
        process = keeper.start(command, dict(env), Path("/"), (stdin, output, output), as_root=True)
        deadline = time.monotonic() + 10
        while Path(f"/proc/{process.pid}/comm").read_text() != "sleep\n":
            if time.monotonic() > deadline:
                output.seek(0)
                raise SoftwareError(f"cannot make namespaces: {output.read().decode(errors='replace')}")
            time.sleep(0.005)
    return process.pid
