"""What is left of crontabs, units, Dockerfiles and YAML when the shell code in them was read: it may run commands, too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import looks_templated
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgsurvive.estate.platform import PlatformFile
    from pgsurvive.estate.script import ShellScript
_SPECIFIER = re.compile(r"(?<!%)%[A-Za-z]")
"""What systemd fills in, such as %i for the instance of a template unit (manual: systemd.unit, Specifiers)."""


def is_read(code: ShellScript, kind: Kind) -> bool:
    """Whether a piece of code runs as it is written.

    It doesn't in a template, and a CI workflow works on clusters of its own as often as on those that the tree is about.
    """
    if kind is Kind.CI or (kind is Kind.SYSTEMD and _SPECIFIER.search(code.text)):
        return False
    return not looks_templated(code.text) and not code.script.broken


def leftover(file: PlatformFile, read: Iterable[ShellScript]) -> str:
    """The text of a file without the pieces of code that were read; every character where it stands in the file."""
    left = list(file.source.text)
    for script in read:
        for word in re.finditer(r"\S+", script.code):
            left[word.start() : word.end()] = " " * (word.end() - word.start())
    return "".join(left)
