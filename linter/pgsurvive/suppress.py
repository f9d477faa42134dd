"""Comments that silence a finding: `# pgsurvive: ignore[PGS101] reason`.

On the line of the finding or alone on the line before it; `ignore-file[…]` anywhere for the whole file. Codes and names
both work, several are separated by commas. The reason is for whoever reads the file next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgsurvive.findings import Finding
    from pgsurvive.text import Source

_DIRECTIVE = re.compile(r"#\s*pgsurvive:\s*ignore(?P<file>-file)?\[(?P<rules>[^\]\n]*)\](?P<reason>[^\n]*)")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One such comment."""

    line: int
    rules: frozenset[str]
    """Codes and names, in lower case."""

    whole_file: bool
    alone: bool
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether this comment silences the finding."""
        if self.rules.isdisjoint((finding.code.lower(), finding.name)):
            return False
        if self.whole_file:
            return True
        first = finding.span.line
        return first <= self.line <= finding.span.end_line or (self.alone and self.line == first - 1)


def suppressions(source: Source) -> list[Suppression]:
    """The comments of a file that silence findings, in order."""
    if "pgsurvive:" not in source.text:
        return []
    return [
        Suppression(
            line=source.span(match.start(), match.start()).line,
            rules=frozenset(re.split(r"[\s,]+", match["rules"].strip().lower())),
            whole_file=match["file"] is not None,
            alone=not _text_before(source, match.start()),
            reason=match["reason"].strip(),
        )
        for match in _DIRECTIVE.finditer(source.text)
    ]


def _text_before(source: Source, offset: int) -> str:
    return source.text[source.text.rfind("\n", 0, offset) + 1 : offset].strip()


def without_suppressed(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The findings that remain and those that a comment silences, each in the order given."""
    comments: dict[int, list[Suppression]] = {}
    kept: list[Finding] = []
    silenced: list[Finding] = []
    for finding in findings:
        known = comments.get(id(finding.source))
        if known is None:
            known = comments[id(finding.source)] = suppressions(finding.source)
        covered = any(comment.covers(finding) for comment in known)
        (silenced if covered else kept).append(finding)
    return kept, silenced
