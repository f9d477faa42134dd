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
        self.section = ""

    def begin(self, page: Page, major: int) -> None:
        self.section = ""
        if not self.quiet:
            self._write(self._paint("1", f"{page.name} on PostgreSQL {major}"))

    def block(self, block: Block) -> None:
        if self.quiet:
            return
        if block.section != self.section:
            self.section = block.section
            self._write("", self._paint("1", f"  {block.section}"))
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
            self._write("")
        counts = f"{result.ran} run, {len(result.skipped)} skipped, {result.shown} shown"
        tail = f"{page.name} on PostgreSQL {result.major}: {counts}, {result.seconds:.1f} s"
        if result.failure:
            self._write(self._paint("31", f"FAILED {tail}"), "", describe(result, result.failure), "")
        elif result.not_for_this_major:
            self._write(self._paint("33", f"not for PostgreSQL {result.major}: {page.name}"))
        else:
            self._write(self._paint("32", f"ok {tail}"))

    def _write(self, *lines: str) -> None:
        for line in lines:
            print(line, file=self.stream)
        self.stream.flush()

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colors else text
