"""Runs a page on one major and says what came of it."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.docs import configuration, grammar
from tests.docs.compare import difference, matches, merge
from tests.docs.execute import Session
from tests.docs.page import Kind
from tests.support import disks, hosts
from tests.support.lab import CommandError, Lab

if TYPE_CHECKING:
    from tests.docs.execute import Outcome
    from tests.docs.page import Block, Page


@dataclass(frozen=True, slots=True)
class Failure:
    """A block that did not do what its page says."""

    line: int
    summary: str
    block: Block | None = None
    got: str | None = None
    diff: str | None = None
    log: str | None = None


@dataclass(slots=True)
class Result:
    """What came of a page on one major."""

    page: str
    major: int
    digest: str
    """Of the page's text: a result counts until the page changes."""
    ran: int = 0
    skipped: list[tuple[int, str]] = field(default_factory=list)
    shown: int = 0
    not_for_this_major: str | None = None
    not_here: str | None = None
    """Why this machine can't run the page: no failure, but nothing is proven either."""
    failure: Failure | None = None
    seconds: float = 0
    programs: dict[str, str] = field(default_factory=dict)
    """The exact version of each program that the page was run with: {"PostgreSQL": "18.6"}."""
    new_outputs: dict[int, list[str]] = field(default_factory=dict)
    """By index of the block: what to record instead; only filled when asked to update."""


class Observer:
    """Is told what happens while a page runs; this one keeps silent."""

    def begin(self, page: Page, major: int) -> None:
        """Say that a page's run begins."""

    def block(self, block: Block) -> None:
        """Say that a block is about to run."""

    def outcome(self, block: Block, outcome: Outcome) -> None:
        """Say what a block did."""

    def skip(self, block: Block, reason: str) -> None:
        """Say that a block is not run."""

    def end(self, page: Page, result: Result) -> None:
        """Say that a page's run is over."""


def digest(page: Page) -> str:
    """Return what identifies the page's present text."""
    return hashlib.sha256(page.text.encode()).hexdigest()[:16]


def run_page(page: Page, major: int, observer: Observer | None = None, *, update: bool = False) -> Result:
    """Run the page's blocks in order, in a lab of their own, up to the first that fails.

    With `update`, output that differs from the record is no failure but is returned as `new_outputs`.
    """
    observer = observer or Observer()
    result = Result(page.name, major, digest(page))
    result.shown = sum(block.kind is Kind.SHOWN for block in page.blocks)
    result.not_for_this_major = page.directives.why_not(major)
    started = time.monotonic()
    observer.begin(page, major)
    if page.needs_second_host and result.not_for_this_major is None:
        result.not_here = hosts.unavailable()
    if page.needs_small_disk and result.not_for_this_major is None and result.not_here is None:
        result.not_here = disks.unavailable()
    if result.not_here is not None:
        result.skipped = [(block.line, result.not_here) for block in page.blocks if block.runs]
    elif result.not_for_this_major is None:
        blocks = [block for block in page.blocks if block.runs]
        if any(block.directives.why_not(major) is None for block in blocks):
            try:
                with (
                    Lab(major, second_host=page.needs_second_host, small_disk=page.needs_small_disk) as lab,
                    Session(lab, page) as session,
                ):
                    result.programs = dict(session.programs)
                    _run_blocks(session, page, result, observer, update=update)
            except CommandError as error:
                result.failure = Failure(1, f"the lab itself fails: {error}")
        else:
            result.skipped = [(block.line, block.directives.why_not(major) or "") for block in blocks]
        if result.ran == 0 and result.failure is None and page.directives.nothing_to_run is None:
            result.failure = Failure(1, "nothing ran: a page that only claims proves nothing")
    result.seconds = time.monotonic() - started
    observer.end(page, result)
    return result


def _run_blocks(session: Session, page: Page, result: Result, observer: Observer, *, update: bool) -> None:
    for block in page.blocks:
        if not block.runs:
            continue
        reason = block.directives.why_not(result.major)
        if reason is not None:
            result.skipped.append((block.line, reason))
            observer.skip(block, reason)
            continue
        observer.block(block)
        result.failure = _check_text(page, block, result.major)
        if result.failure:
            return
        outcome = session.run(block)
        observer.outcome(block, outcome)
        result.failure = _check_status(block, outcome, session)
        if result.failure:
            return
        result.ran += 1
        output = block.expected(result.major)
        if output is None or matches(output.source, outcome.output):
            continue
        if not update:
            result.failure = Failure(
                output.line,
                "the output is not the recorded one",
                block,
                diff=difference(output.source, outcome.output),
                log=session.new_log_lines(),
            )
            return
        result.new_outputs[page.blocks.index(output)] = merge(output.source, outcome.output)


def _check_text(page: Page, block: Block, major: int) -> Failure | None:
    """Check what can be told without running the block."""
    if block.kind is Kind.CONFIGURATION:
        disagreement = configuration.lint(block, major, page.rule)
        if disagreement:
            return Failure(
                block.line, "pgsurvive's findings are not those that the block marks", block, got=disagreement
            )
    if block.kind is Kind.SQL and major == grammar.NEWEST and block.directives.exit == 0:
        error = grammar.syntax_error(block.source)
        if error:
            return Failure(block.line + error[0], f"PostgreSQL's grammar refuses this: {error[1]}", block)
    return None


def _check_status(block: Block, outcome: Outcome, session: Session) -> Failure | None:
    wanted, got = block.directives.exit, outcome.status
    if got == wanted:
        return None
    if got is None:
        summary = f"still running after {block.directives.timeout} s"
    elif block.kind is not Kind.CONFIGURATION:
        summary = f"exit status {got} instead of {wanted}"
    elif got == 0:
        summary = f"this {block.title} is accepted, though it should be refused"
    else:
        summary = f"this {block.title} is refused"
    return Failure(
        outcome.line or block.line, summary, block, got=outcome.output, log=session.new_log_lines()
    )
