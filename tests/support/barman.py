"""Barman, in a virtual environment of its own in the cache."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.cache import SoftwareError, cache_directory, cached, output_of, server_account

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements" / "barman.txt"


@cache
def barman() -> Path:
    """Return the directory of Barman's programs, installed on first use."""
    _require_rsync()
    pins = REQUIREMENTS.read_bytes()
    version = barman_version()
    python = _python()
    key = hashlib.sha256(pins + os.fsencode(python)).hexdigest()[:12]
    name = f"barman-{version}-{key}"
    home = cache_directory() / name

    def build(directory: Path) -> None:
        what = f"cannot install Barman {version}"
        # Without pip: some distributions split off what venv needs to install it, and ours can do the work.
        output_of([python, "-m", "venv", "--without-pip", directory], what=what)
        output_of(
            [
                *(sys.executable, "-m", "pip", "--python", directory / "bin" / "python"),
                *("install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"),
                *("--no-deps", "--require-hashes", "--requirement", REQUIREMENTS),
            ],
            what=f"{what}; is the package index of pip's configuration reachable?",
        )
        for script in (directory / "bin").glob("barman*"):
            script.write_text(script.read_text().replace(str(directory), str(home)))

    programs = cached(name, build) / "bin"
    output_of(
        [programs / "barman", "--version"],
        what="Barman does not start",
        account=server_account(),
        cwd=Path("/"),
    )
    return programs


def _require_rsync() -> None:
    """Install rsync where it is missing: whatever the backup method, Barman restores with it."""
    if shutil.which("rsync"):
        return
    subprocess.run([ROOT / "tools/system-packages", "rsync"], check=False)
    if not shutil.which("rsync"):
        raise SoftwareError("Barman restores with rsync, which is not installed; use your package manager")


def barman_version() -> str:
    """Return the pinned version: "3.19.1"."""
    pin = re.search(r"^barman==(\S+)", REQUIREMENTS.read_text(), re.MULTILINE)
    if not pin:
        raise SoftwareError(f"{REQUIREMENTS} does not pin barman")
    return pin[1]


def _python() -> Path:
    """Return a Python that the servers' account can run too: root's own may be out of its reach."""
    for candidate in _pythons():
        test = "import sys, venv; sys.exit(sys.version_info < (3, 11))"
        try:
            output_of([candidate, "-c", test], what="", account=server_account(), cwd=Path("/"))
        except SoftwareError:
            continue
        return candidate
    account = server_account()
    who = f"user {account.name}" if account else "this user"
    raise SoftwareError(
        f"Barman: {who} can run no Python 3.11 or newer here; install one outside a home directory"
    )


def _pythons() -> Iterator[Path]:
    yield Path(sys.base_prefix) / "bin" / "python3"
    for directory in ("/usr/local/bin", "/usr/bin"):
        for name in ("python3", "python3.14", "python3.13", "python3.12", "python3.11"):
            found = shutil.which(name, path=directory)
            if found:
                yield Path(found)
