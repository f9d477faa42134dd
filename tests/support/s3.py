"""An S3-compatible server, moto's, in a virtual environment of its own in the cache. It keeps its objects in memory."""

from functools import cache
from pathlib import Path

from tests.support.python_programs import installed, pinned_version

_SERVER = Path(__file__).with_name("s3_server.py")


@cache
def s3() -> Path:
    """Return the directory of `s3-server`, installed on first use."""
    return installed("moto", "s3.txt", "moto_server", {"s3-server": _SERVER.read_text()})


def s3_version() -> str:
    """Return moto's pinned version: "5.2.5"."""
    return pinned_version("moto", "s3.txt")
