"""What a real pgBackRest makes of its configuration: it is started, watched until it has read everything, and stopped."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.cache import server_account

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_LINE = re.compile(
    rb"^(?:(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} )?P00 +)?(ERROR|WARN|INFO|DEBUG): +(.*)$", re.DOTALL
)
"""Before its log is set up, 2.45 leaves out which process speaks."""

_ERROR = re.compile(rb"\[(\d{3})\]: (.*)", re.DOTALL)
_BEGIN = re.compile(rb"(?:command/command::cmdBegin: )?[a-z-]+ command begin [0-9.a-z]+:(.*)", re.DOTALL)
_LOADED = b"config/load::cfgLoad: => void"
LOGGING = {"log-level-console": "debug", "log-level-file": "off", "log-level-stderr": "off"}
"""Options that each command is given, so that it says what it reads, and writes it nowhere else."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the program said while it read its configuration."""

    error: tuple[int, str] | None
    """The code and text of the error that ended it, without the hints."""

    hints: tuple[str, ...]
    warnings: tuple[str, ...]
    """Without their hints."""

    begin: str | None
    """The options in force that are not at their default, as `--name=value` in one line; None if it got not so far."""

    def says(self, text: str) -> bool:
        """Whether its error contains this text."""
        return self.error is not None and text in self.error[1]


def ask(
    program: Path,
    arguments: Sequence[str],
    env: Mapping[str, str] | None = None,
    logging: Iterable[str] = LOGGING,
) -> Said:
    """Starts pgBackRest and returns what it says until its configuration is loaded, or until it gives up."""
    account = server_account()
    with subprocess.Popen(
        [program, *(f"--{name}={LOGGING[name]}" for name in logging), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"PATH": "/nowhere", **(env or {})},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        lines: list[bytes] = []
        try:
            for line in process.stdout:
                lines.append(line.rstrip(b"\n"))
                if _LOADED in line:
                    break
        finally:
            process.kill()
    return _said(lines)


def _said(lines: list[bytes]) -> Said:
    error: tuple[int, str] | None = None
    hints: list[str] = []
    warnings: list[str] = []
    begin: str | None = None
    about = ""
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            if about == "error" and b"HINT" in line:
                hints.append(_text(line.strip()))
        elif match[1] == b"ERROR":
            found = _ERROR.match(match[2])
            assert found is not None, line
            error, about = (int(found[1]), _text(found[2])), "error"
        elif match[1] == b"WARN":
            warnings.append(_text(match[2]))
            about = "warning"
        else:
            about = ""
            found = _BEGIN.match(match[2])
            if found and begin is None:
                begin = _text(found[1])
    return Said(error, tuple(hints), tuple(warnings), begin)


def _text(content: bytes) -> str:
    return content.decode(errors="surrogateescape")
