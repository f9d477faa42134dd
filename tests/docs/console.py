"""Shows a page's run to a person: each block and what it printed, as it happens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from tests.docs.page import Kind
from tests.docs.report import describe
from tests.docs.run import Observer

if TYPE_CHECKING:
    from tests.docs.execute import Outcome
    from tests.docs.page import Block, Page
    from tests.docs.run import Result


class Console(Observer):
    """Writes to a stream; `quiet` leaves only a line for each page and what failed."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self.stream = stream
        self.quiet = quiet
        self.colors = stream.isatty() and not os.environ.get("NO_COLOR")
        self.page: Page | None = None
        self.told = 0
        """How many lines of the page were shown or passed by."""

    def begin(self, page: Page, major: int) -> None:
        self.page = page
        self.told = 0
        if not self.quiet:
            self._write(self._paint("1", f"{page.name} on PostgreSQL {major}"))

    def block(self, block: Block) -> None:
        if self.quiet:
            return
        self._tell(block.line - 1)
        self._write("")
        if block.title:
            self._write(self._paint("2", f"    {block.title}"))
        for line in block.source.rstrip("\n").split("\n"):
            self._write(self._paint("36", f"    {line}") if line else "")

    def outcome(self, block: Block, outcome: Outcome) -> None:
        if self.quiet:
            return
        for line in outcome.output.rstrip("\n").split("\n"):
            if line or outcome.output.strip():
                self._write(f"    {self._paint('2', '|')} {line}".rstrip())
        if block.kind in (Kind.CONFIGURATION, Kind.SCRIPT) and outcome.status == 0:
            self._write(f"    {self._paint('2', '|')} (in place)")
        if outcome.status and outcome.status == block.directives.exit:
            self._write(f"    {self._paint('2', '|')} (exit status {outcome.status}, as it should be)")

    def skip(self, block: Block, reason: str) -> None:
        if not self.quiet:
            self._write("", self._paint("33", f"    line {block.line} skipped: {reason}"))

    def end(self, page: Page, result: Result) -> None:
        if not self.quiet:
            if not result.failure:
                self._tell(None)
            self._write("")
        counts = f"{result.ran} run, {len(result.skipped)} skipped, {result.shown} shown"
        tail = f"{page.name} on PostgreSQL {result.major}: {counts}, {result.seconds:.1f} s"
        if result.failure:
            self._write(self._paint("31", f"FAILED {tail}"), "", describe(result, result.failure), "")
        elif result.not_for_this_major:
            self._write(self._paint("33", f"not for PostgreSQL {result.major}: {page.name}"))
        elif result.not_here:
            self._write(self._paint("33", f"not run here: {page.name}: {result.not_here}"))
        else:
            self._write(self._paint("32", f"ok {tail}"))

    def _tell(self, end: int | None) -> None:
        """Shows what the page says up to a line, without blocks and comments; up to the section's end for None."""
        if self.page is None:
            return
        lines = self.page.text.split("\n")
        if self.told == 0 and end is not None:
            sections = (n for n in range(end, -1, -1) if lines[n].startswith("## "))
            self.told = next(sections, end)
        fenced = False
        for number in range(self.told, len(lines) if end is None else end):
            line = lines[number]
            if line.lstrip().startswith("```"):
                fenced = not fenced
            elif end is None and not fenced and line.startswith("## ") and number > self.told:
                break
            elif line.startswith("#") and not fenced:
                self._write("", self._paint("1", f"  {line.lstrip('# ')}"))
            elif line.strip() and not fenced and not line.lstrip().startswith("<!--"):
                if number == 0 or not lines[number - 1].strip():
                    self._write("")
                self._write(f"  {line}")
        if end is not None:
            self.told = end

    def _write(self, *lines: str) -> None:
        for line in lines:
            print(line, file=self.stream)
        self.stream.flush()

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colors else text
