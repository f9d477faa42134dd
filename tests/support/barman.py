"""Barman, in a virtual environment of its own in the cache."""

from functools import cache
from pathlib import Path

from tests.support.python_programs import installed, pinned_version


@cache
def barman() -> Path:
    """Return the directory of Barman's programs, installed on first use."""
    return installed("barman", "barman.txt", "barman")


def barman_version() -> str:
    """Return the pinned version: "3.19.1"."""
    return pinned_version("barman", "barman.txt")
