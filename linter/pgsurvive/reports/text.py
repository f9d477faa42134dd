"""For people: each finding with its line, what is lost, what to do and where to read more."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING

from pgsurvive.findings import Severity
from pgsurvive.text import printable, prose_without_secrets, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.api import Result
    from pgsurvive.findings import Finding
    from pgsurvive.text import Source, Span

_WIDTH = 96
"""Source lines are cut to so many characters around the finding."""

_STYLES = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
_BOLD, _DIM, _BLUE = "1", "2", "1;34"


class TextReport:
    """Renders a result; `color` says whether to use ANSI colors."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def render(self, result: Result) -> str:
        """The whole report, a summary last; it ends with a line feed."""
        blocks = ["\n".join(self._finding(finding)) for finding in result.findings]
        blocks += [f"{printable(path)}: can't be read: {reason}" for path, reason in result.unreadable]
        return "\n\n".join([*blocks, self._summary(result)]) + "\n"

    def _finding(self, finding: Finding) -> Iterator[str]:
        place = f"{printable(finding.path)}:{finding.line}:{finding.column}"
        severity = self._style(finding.severity.value, _STYLES[finding.severity])
        yield f"{self._style(place, _BOLD)}: {severity} {finding.code} {finding.name}"
        yield from _wrapped(finding.message)
        yield from self._frame(finding.source, finding.span, "^", _STYLES[finding.severity])
        for related in finding.related:
            place = f"{printable(related.path)}:{related.span.line}:{related.span.column}"
            yield from _wrapped(f"{place}: {related.message}", hang=8)
            if related.source is not None:
                yield from self._frame(related.source, related.span, "-", _BLUE)
        first, *rest = _wrapped(f"help: {finding.help}", hang=8)
        yield first.replace("help:", self._style("help:", _BLUE), 1)
        yield from rest
        yield f"  {self._style(finding.url, _DIM)}"

    def _frame(self, source: Source, span: Span, mark: str, style: str) -> Iterator[str]:
        """The source line with a place in it underlined; nothing for what is missing from a file."""
        if (span.line, span.column) == (span.end_line, span.end_column):
            return
        line = without_secrets(source.line(span.line)).replace("\t", " ")
        first = span.column - 1
        last = span.end_column - 1 if span.end_line == span.line else len(line)
        begin = 0 if last <= _WIDTH else max(0, min(first - 8, len(line) - _WIDTH))
        shown = line[begin : begin + _WIDTH]
        before = "…" if begin else ""
        after = "…" if begin + _WIDTH < len(line) else ""
        marked = max(1, min(last, begin + _WIDTH) - first)
        gutter = " " * len(str(span.line))
        bar = self._style("|", _BLUE)
        number = self._style(str(span.line), _BLUE)
        # Every character of the line becomes exactly one, so that the marks stay below what they mean.
        visible = "".join(c if c.isprintable() else "·" for c in shown)
        yield f"  {gutter} {bar}"
        yield f"  {number} {bar} {before}{visible.rstrip()}{after}"
        underline = self._style(mark * marked, style)
        yield f"  {gutter} {bar} {' ' * (len(before) + first - begin)}{underline}"

    def _summary(self, result: Result) -> str:
        checked = _count(len(result.checked), "file")
        counts = [
            _count(sum(f.severity is severity for f in result.findings), severity.value)
            for severity in Severity
            if any(f.severity is severity for f in result.findings)
        ]
        parts = [f"{checked} checked: {', '.join(counts) if counts else 'nothing found'}"]
        if result.suppressed:
            parts.append(f"{_count(result.suppressed, 'finding')} silenced by comments")
        if result.passed_over:
            parts.append(f"{_count(result.passed_over, 'other file')} passed over")
        return self._style("; ".join(parts), _BOLD)

    def _style(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._color else text


def _wrapped(text: str, hang: int = 2) -> list[str]:
    return textwrap.wrap(
        prose_without_secrets(printable(text)),
        _WIDTH + 6,
        initial_indent="  ",
        subsequent_indent=" " * hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _count(number: int, noun: str) -> str:
    if noun == Severity.INFO.value:
        return f"{number} {noun}"
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def write(text: str) -> None:
    """Prints a report whatever the terminal's encoding can't show."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, errors="backslashreplace").decode(encoding))
