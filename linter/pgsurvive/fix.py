"""Applies the fixes that rules offer, and shows what they would change.

A fix never lowers protection, and a file with syntax errors is left alone: what it means is not certain enough to change.
Files are replaced as a whole, so that an interruption leaves the old or the new one.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pgsurvive.text import printable, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgsurvive.findings import Edit, Finding
    from pgsurvive.text import Source


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A file before and after its fixes."""

    source: Source
    text: str
    applied: tuple[Finding, ...]
    """The findings whose fixes are in `text`; those whose edits overlap an earlier one's are not."""

    def diff(self) -> str:
        """The change as a unified diff, secrets starred out."""
        before, after = (
            [without_secrets(printable(line)) for line in text.split("\n")]
            for text in (self.source.text.replace("\r\n", "\n"), self.text.replace("\r\n", "\n"))
        )
        path = printable(self.source.path)
        return "".join(
            f"{line}\n" for line in difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm="")
        )


def fixed(findings: Iterable[Finding]) -> Iterator[FixedFile]:
    """For each file with a fix to offer, what it would become. Nothing is written."""
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.fix is not None:
            by_path.setdefault(finding.path, []).append(finding)
    for _, offers in sorted(by_path.items()):
        text, applied = _apply(offers[0].source, offers)
        if applied:
            yield FixedFile(offers[0].source, text, applied)


def _apply(source: Source, offers: list[Finding]) -> tuple[str, tuple[Finding, ...]]:
    edits: list[Edit] = []
    applied: list[Finding] = []
    for finding in offers:
        fix = finding.fix
        if fix is None or any(_overlap(edit, other) for edit in fix.edits for other in edits):
            continue
        edits.extend(fix.edits)
        applied.append(finding)
    text = source.text
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        start = source.offset(edit.span.line, edit.span.column)
        end = source.offset(edit.span.end_line, edit.span.end_column)
        text = text[:start] + edit.text + text[end:]
    return text, tuple(applied)


def _overlap(one: Edit, other: Edit) -> bool:
    ends = [(e.span.end_line, e.span.end_column) for e in (one, other)]
    starts = [(e.span.line, e.span.column) for e in (one, other)]
    return starts[0] < ends[1] and starts[1] < ends[0]


def write(file: FixedFile) -> None:
    """Replaces the file on disk, keeping its mode. Raises OSError if it can't, and then the old file is still there."""
    path = Path(file.source.path).resolve()
    content = file.text.encode(errors="surrogateescape")
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        status = path.stat()
        Path(temporary).chmod(status.st_mode & 0o7777)
        if os.geteuid() == 0:
            os.chown(temporary, status.st_uid, status.st_gid)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
