"""promtool, which checks and tests Prometheus' rules: the machine's own, else that of Debian 12."""

import platform
import shutil
from functools import cache
from pathlib import Path

from tests.support.cache import cached, output_of
from tests.support.debian import Apt

_SUITE = "bookworm"  # built for a glibc that later systems have, too


@cache
def promtool() -> Path:
    """Return the path of promtool, fetched on first use."""
    own = shutil.which("promtool")
    if own:
        return Path(own)

    def build(directory: Path) -> None:
        apt = Apt(
            directory / "apt",
            _SUITE,
            what="promtool",
            way_out="install Prometheus' promtool and put it on PATH",
        )
        apt.download({"prometheus"})
        apt.unpack(directory)
        (directory / "bin").mkdir()
        (directory / "root/usr/bin/promtool").rename(directory / "bin/promtool")
        shutil.rmtree(directory / "root")

    return cached(f"promtool-{_SUITE}-{platform.machine()}", build) / "bin/promtool"


def promtool_version() -> str:
    """Return its version: "2.42.0+ds"."""
    said = output_of([promtool(), "--version"], what="promtool does not start", cwd=Path("/"))
    return said.split()[2]
