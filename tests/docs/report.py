"""Tells what came of the pages: a failure in full, and the summary of the recorded results."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.docs.page import ROOT
from tests.docs.run import Failure, Result, digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.docs.page import Page

RESULTS = ROOT / ".cache" / "docs"
MOST_LINES = 60


def describe(result: Result, failure: Failure) -> str:
    """Return all that is needed to mend the page: place, block, expected and got, the server's last words."""
    parts = [f"{result.page}:{failure.line}: {failure.summary} (PostgreSQL {result.major})"]
    if failure.block is not None:
        title = f", {failure.block.title}" if failure.block.title else ""
        heading = f"the {failure.block.language}{title} block of line {failure.block.line}:"
        parts.append(f"{heading}\n{_indent(failure.block.source)}")
    if failure.diff is not None:
        parts.append(f"expected and got:\n{_indent(failure.diff)}")
    if failure.got is not None:
        parts.append(f"got:\n{_indent(failure.got or '(no output)')}")
    if failure.log:
        parts.append(f"the server's log:\n{_indent(failure.log)}")
    return "\n\n".join(parts)


def record(result: Result, directory: Path = RESULTS) -> None:
    """Keep a result for the summary: one JSON line in a file for each page and major."""
    directory.mkdir(parents=True, exist_ok=True)
    entry = {
        "page": result.page,
        "major": result.major,
        "digest": result.digest,
        "date": datetime.now(UTC).date().isoformat(),
        "programs": result.programs,
        "ran": result.ran,
        "skipped": result.skipped,
        "shown": result.shown,
        "not_for_this_major": result.not_for_this_major,
        "failure": result.failure and result.failure.summary,
        "line": result.failure and result.failure.line,
        "seconds": round(result.seconds, 2),
    }
    name = result.page.strip("/").replace("/", "~")
    (directory / f"{name}.{result.major}.jsonl").write_text(json.dumps(entry) + "\n")


def recorded(directory: Path = RESULTS) -> list[dict[str, Any]]:
    """Return the recorded results."""
    files = sorted(directory.glob("*.jsonl")) if directory.is_dir() else []
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def summary(pages: Iterable[Page], majors: Iterable[int], directory: Path = RESULTS) -> str:
    """Return a table: for each page and major the blocks run, skipped and shown, and why any was skipped."""
    majors, pages = list(majors), list(pages)
    results = {(entry["page"], entry["major"]): entry for entry in recorded(directory)}
    width = max(len(name) for name in ["page", *(page.name for page in pages)])
    rows = [f"{'page':{width}}" + "".join(f"{major:>12}" for major in majors)]
    reasons: dict[tuple[str, int, str], list[int]] = defaultdict(list)
    totals = {major: [0, 0, 0] for major in majors}
    for page in pages:
        cells = []
        for major in majors:
            entry = results.get((page.name, major))
            cells.append(_cell(page, major, entry))
            if entry is None or entry["digest"] != digest(page):
                continue
            counts = (entry["ran"], len(entry["skipped"]), entry["shown"])
            totals[major] = [sum(pair) for pair in zip(totals[major], counts, strict=True)]
            for line, reason in entry["skipped"]:
                reasons[page.name, line, reason].append(major)
            if entry["failure"]:
                reasons[page.name, entry["line"], f"FAILED: {entry['failure']}"].append(major)
        rows.append(f"{page.name:{width}}" + "".join(f"{cell:>12}" for cell in cells))
    rows.append(f"{'total':{width}}" + "".join(f"{'/'.join(map(str, totals[m])):>12}" for m in majors))
    rows.append("A cell counts the blocks run/skipped/shown; - where the page is not about that major.")
    return "\n".join([*rows, *_explained(reasons)])


def _cell(page: Page, major: int, entry: dict[str, Any] | None) -> str:
    if page.directives.why_not(major) is not None:
        return "-"
    if entry is None:
        return "not run"
    if entry["digest"] != digest(page):
        return "changed"
    if entry["failure"]:
        return "FAILED"
    return f"{entry['ran']}/{len(entry['skipped'])}/{entry['shown']}"


def _explained(reasons: dict[tuple[str, int, str], list[int]]) -> list[str]:
    """Return a line for each page and reason, with the lines of the page that it holds for."""
    places: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for (name, line, reason), majors in sorted(reasons.items()):
        places[name, reason, ", ".join(map(str, majors))].append(str(line))
    explained = [
        f"  {name}:{','.join(lines)}  {reason}  ({majors})"
        for (name, reason, majors), lines in places.items()
    ]
    return ["", "Skipped or failed:", *explained] if explained else []


def _indent(text: str) -> str:
    lines = text.rstrip("\n").splitlines()
    if len(lines) > MOST_LINES:
        left_out = len(lines) - MOST_LINES
        lines = [*lines[: MOST_LINES // 2], f"({left_out} lines left out)", *lines[-MOST_LINES // 2 :]]
    return "\n".join(f"    {line}".rstrip() for line in lines)
