"""Compares recorded output with what a block really printed; `...` in the record stands for anything."""

from __future__ import annotations

import difflib
import itertools
import re

ELISION = "..."


def normalize(text: str) -> list[str]:
    """Return the lines without trailing white space and without blank lines at either end."""
    lines = [line.rstrip() for line in text.expandtabs().splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return lines


def matches(expected: str, got: str) -> bool:
    """Tell whether the output is the recorded one: `...` alone is any lines, in a line any characters."""
    pattern, lines = normalize(expected), normalize(got)
    at, line = 0, 0
    retry: tuple[int, int] | None = None
    while line < len(lines):
        if at < len(pattern) and _elides(pattern[at]):
            at += 1
            retry = (at, line)
        elif at < len(pattern) and line_matches(pattern[at], lines[line]):
            at += 1
            line += 1
        elif retry is not None:
            at, line = retry[0], retry[1] + 1
            retry = (at, line)
        else:
            return False
    return all(_elides(rest) for rest in pattern[at:])


def line_matches(pattern: str, line: str) -> bool:
    """Tell whether one line is the recorded one."""
    if ELISION not in pattern:
        return pattern == line
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split(ELISION)), line) is not None


def difference(expected: str, got: str) -> str:
    """Return a unified diff of the two, in which elisions that still hold don't show as differences."""
    pattern = normalize(expected)
    return "\n".join(difflib.unified_diff(pattern, merge(expected, got), "expected", "got", lineterm=""))


def merge(expected: str, got: str) -> list[str]:
    """Return the output to record: the lines got, with the elisions of the old record that still hold."""
    pattern, lines = normalize(expected), normalize(got)
    if matches(expected, got):
        return pattern
    pairs = [(-1, -1), *_align(pattern, lines), (len(pattern), len(lines))]
    merged: list[str] = []
    for (at, line), (next_at, next_line) in itertools.pairwise(pairs):
        if at >= 0:
            merged.append(pattern[at])
        between = pattern[at + 1 : next_at]
        if between and all(_elides(part) for part in between):
            merged.extend(between)
        else:
            merged.extend(lines[line + 1 : next_line])
    return merged


def _elides(line: str) -> bool:
    return line.strip() == ELISION


def _align(pattern: list[str], lines: list[str]) -> list[tuple[int, int]]:
    """Pair as many recorded lines as possible with the lines they match, in order."""
    width = len(lines) + 1
    best = [[0] * width for _ in range(len(pattern) + 1)]
    same = [[not _elides(part) and line_matches(part, line) for line in lines] for part in pattern]
    for at in reversed(range(len(pattern))):
        for line in reversed(range(len(lines))):
            paired = best[at + 1][line + 1] + 1 if same[at][line] else 0
            best[at][line] = max(paired, best[at + 1][line], best[at][line + 1])
    pairs = []
    at = line = 0
    while at < len(pattern) and line < len(lines):
        if same[at][line] and best[at][line] == best[at + 1][line + 1] + 1:
            pairs.append((at, line))
            at, line = at + 1, line + 1
        elif best[at + 1][line] >= best[at][line + 1]:
            at += 1
        else:
            line += 1
    return pairs
