"""Programs from the package index that the lab's account runs, each in a virtual environment in the cache."""

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.support.cache import SoftwareError, cache_directory, cached, output_of, server_account

_REQUIREMENTS = Path(__file__).parents[2] / "requirements"


def installed(package: str, requirements: str, program: str, ours: Mapping[str, str] | None = None) -> Path:
    """Return the directory of a package's programs, installed on first use.

    requirements: the file in requirements/ that pins the package and all that it needs
    program: one of its programs, which is tried
    ours: further programs, by name, in Python that may use the package
    """
    ours = ours or {}
    pins = _REQUIREMENTS / requirements
    version = pinned_version(package, requirements)
    python = _python()
    parts = (pins.read_bytes(), os.fsencode(python), *(text.encode() for text in ours.values()))
    key = hashlib.sha256(b"".join(parts)).hexdigest()[:12]
    name = f"{package}-{version}-{key}"
    home = cache_directory() / name

    def build(directory: Path) -> None:
        what = f"cannot install {package} {version}"
        # Without pip: some distributions split off what venv needs to install it, and ours can do the work.
        output_of([python, "-m", "venv", "--without-pip", directory], what=what)
        output_of(
            [
                *(sys.executable, "-m", "pip", "--python", directory / "bin" / "python"),
                *("install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"),
                *("--no-deps", "--require-hashes", "--requirement", pins),
            ],
            what=f"{what}; is the package index of pip's configuration reachable?",
        )
        for script in (directory / "bin").iterdir():
            if script.is_file() and not script.is_symlink() and (text := script.read_text()).startswith("#!"):
                script.write_text(text.replace(str(directory), str(home)))

        for own, text in ours.items():
            (directory / "bin" / own).write_text(f"#!{home}/bin/python\n{text}")
            (directory / "bin" / own).chmod(0o755)

    programs = cached(name, build) / "bin"
    output_of(
        [programs / program, "--help"],
        what=f"{program} does not start",
        account=server_account(),
        cwd=Path("/"),
    )
    return programs


def pinned_version(package: str, requirements: str) -> str:
    """Return the version that a file in requirements/ pins: "3.19.1"."""
    pin = re.search(rf"^{package}==(\S+)", (_REQUIREMENTS / requirements).read_text(), re.MULTILINE)
    if not pin:
        raise SoftwareError(f"{_REQUIREMENTS / requirements} does not pin {package}")
    return pin[1]


@cache
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
    raise SoftwareError(f"{who} can run no Python 3.11 or newer here; install one outside a home directory")


def _pythons() -> Iterator[Path]:
    yield Path(sys.base_prefix) / "bin" / "python3"
    for directory in ("/usr/local/bin", "/usr/bin"):
        for name in ("python3", "python3.14", "python3.13", "python3.12", "python3.11"):
            found = shutil.which(name, path=directory)
            if found:
                yield Path(found)
