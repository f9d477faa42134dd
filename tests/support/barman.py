"""Barman, in a virtual environment of its own in the cache."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.support.cache import SoftwareError
from tests.support.python_programs import installed, pinned_version

_ROOT = Path(__file__).parents[2]


@cache
def barman() -> Path:
    """Return the directory of Barman's programs, installed on first use."""
    _require_rsync()
    return installed("barman", "barman.txt", "barman")


def barman_version() -> str:
    """Return the pinned version: "3.19.1"."""
    return pinned_version("barman", "barman.txt")


def _require_rsync() -> None:
    """Install rsync where it is missing: whatever the backup method, Barman restores with it."""
    if shutil.which("rsync"):
        return
    subprocess.run([_ROOT / "tools/system-packages", "rsync"], check=False)
    if not shutil.which("rsync"):
        raise SoftwareError("Barman restores with rsync, which is not installed; use your package manager")
