"""Runs a program to read what it says, where it can't reach a server or anybody's files."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.support.cache import server_account

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT = 5
"""Seconds. A program that goes on to work after it has read its options isn't waited for."""


def said(
    program: Path, *arguments: str, scratch: Path, timeout: float = TIMEOUT, as_root: bool = False
) -> str:
    """What the program writes to stdout and stderr, run in an empty directory; as much as it wrote before the timeout."""
    account = None if as_root else server_account()
    environment = {
        "LC_ALL": "C",
        "PATH": "/usr/bin:/bin",
        "HOME": str(scratch),
        "PGHOST": str(scratch / "nowhere"),
        "PGDATABASE": "nowhere",
        "PGUSER": "nobody",
        "PG_COLOR": "never",
    }
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=scratch,
            env=environment,
            timeout=timeout,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"").decode(errors="replace")
    return done.stdout.decode(errors="replace")
