r"""Where a command that is written over several lines ends too early.

A backslash continues a line only as its very last character, and a line that is continued by a comment ends with it
(POSIX, Shell Command Language, 2.2.1 and 2.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPED_BLANK = re.compile(r"\\[ \t]+(?P<comment>#[^\n]*)?(?=\n|\Z)")
_CONTINUED = re.compile(r"\\\n")
_COMMENT_LINES = re.compile(r"(?:[ \t]*#[^\n]*(?:\n|\Z))+")
_COMMENT = re.compile(r"#[^\n]*")
_OPTION = re.compile(r"[ \t]*--?[A-Za-z]")
_QUOTED = re.compile(r"'[^'\n]*'|\"(?:\\.|[^\"\\\n])*\"|\\.")
_UNCLEAR = re.compile(r"<<|[`'\"\n]")


@dataclass(frozen=True, slots=True)
class EarlyEnd:
    """What ends the command although more was meant to follow."""

    start: int
    end: int
    is_blank: bool
    """Whether it is a blank behind the backslash, which is then an argument of its own; else it is a comment."""


def early_end(text: str, start: int) -> EarlyEnd | None:
    """The early end of the command that begins at `start`; None where it has none, or where that isn't certain."""
    position = start
    while position < len(text):
        blank = _ESCAPED_BLANK.match(text, position)
        if blank:
            return EarlyEnd(blank.start(), blank.end(), is_blank=True)
        continued = _CONTINUED.match(text, position)
        if continued:
            lines = _COMMENT_LINES.match(text, continued.end())
            if lines:
                return _between(text, start, lines)
            position = continued.end()
            continue
        if text[position] == "#" and text[position - 1 : position] in (" ", "\t"):
            comment = _COMMENT.match(text, position)
            assert comment is not None  # noqa: S101 - it begins with the sign
            cut = comment[0].endswith("\\") and _OPTION.match(text, comment.end() + 1)
            return EarlyEnd(position, comment.end(), is_blank=False) if cut else None
        quoted = _QUOTED.match(text, position)
        if quoted:
            position = quoted.end()
        elif _UNCLEAR.match(text, position):
            return None
        else:
            position += 1
    return None


def _between(text: str, start: int, lines: re.Match[str]) -> EarlyEnd | None:
    """Comment lines behind a continued line, if what follows them was meant to belong to the command."""
    first = lines[0].split("\n", 1)[0]
    behind = text[lines.end() :].split("\n", 1)[0]
    indented = _indentation(behind)
    own = _indentation(text[text.rfind("\n", 0, start) + 1 : start] + "x")
    went_on = (
        lines[0].rstrip("\n").endswith("\\") and indented == _indentation(first) and len(indented) > len(own)
    )
    if not behind.strip() or not (_OPTION.match(behind) or went_on):
        return None
    begin = lines.start() + len(_indentation(first))
    return EarlyEnd(begin, lines.start() + len(first), is_blank=False)


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
