"""The browser that looks at the site: the machine's own Chromium or Chrome."""

import re
import shutil
from functools import cache
from pathlib import Path

from tests.support.cache import SoftwareError, output_of

_NAMES = ("chromium", "google-chrome", "chromium-browser")


@cache
def chromium() -> Path:
    """Return the path of the browser."""
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    raise SoftwareError(
        f"none of {', '.join(_NAMES)} is on PATH; make software installs it, or: tools/system-packages chromium"
    )


def chromium_version() -> str:
    """Return its version: "156.0.8078.108"."""
    said = output_of([chromium(), "--version"], what=f"{chromium()} does not start")
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else said.strip()
