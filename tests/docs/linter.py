"""Lets a page run `pgsurvive` inside its lab.

The lab's account may be unable to read the checkout or even the Python that runs the tests, so a small script in
the lab asks for it through a named pipe, and the runner's own Python does it in the directory the script stands in.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from tests.support.lab import Lab

SCRIPT = """#!/bin/bash
request=$(mktemp -d "$LAB/.docs/pgsurvive.XXXXXX")
printf '%s\\0' "$PWD" "$@" >"$request/arguments"
printf '%s\\n' "$request" >"$LAB/.docs/pgsurvive"
until [[ -e $request/status ]]; do sleep 0.05; done
cat "$request/stdout"
cat "$request/stderr" >&2
exit "$(<"$request/status")"
"""
COMMAND = (sys.executable, "-P", "-m", "pgsurvive")


class Linter:
    """Answers the lab's requests for as long as it is open."""

    def __init__(self, lab: Lab) -> None:
        lab.write("bin/pgsurvive", SCRIPT, mode=0o755)
        lab.run(["mkfifo", ".docs/pgsurvive"])
        # Open for writing too, so that reading doesn't end with the first request.
        self._pipe = (lab.directory / ".docs" / "pgsurvive").open("r+b", buffering=0)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.write(b"\n")
        self._thread.join(timeout=60)
        self._pipe.close()

    def _serve(self) -> None:
        while request := self._pipe.readline().rstrip(b"\n"):
            directory = Path(os.fsdecode(request))
            where, *arguments = (directory / "arguments").read_bytes().split(b"\0")[:-1]
            environment = {**os.environ, "NO_COLOR": "1"}
            with (directory / "stdout").open("wb") as out, (directory / "stderr").open("wb") as err:
                done = subprocess.run(
                    [*COMMAND, *map(os.fsdecode, arguments)],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env=environment,
                    cwd=os.fsdecode(where),
                    check=False,
                )
            unfinished = directory / "status.new"
            unfinished.write_text(f"{done.returncode}\n")
            for path in directory.iterdir():
                path.chmod(0o644)
            unfinished.rename(directory / "status")
