"""Comments that silence a finding: `# pgsurvive: ignore[PGS101] reason`.

On the line of the finding or alone on the line before it; `ignore-file[…]` anywhere for the whole file. Codes and names
both work, several are separated by commas. The reason is for whoever reads the file next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.findings import Draft

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pgsurvive.findings import Finding
    from pgsurvive.text import Source, Span

_DIRECTIVE = re.compile(
    r"(?:#|--)\s*pgsurvive:\s*ignore(?P<file>-file)?\[(?P<rules>[^\]\n]*)\](?P<reason>[^\n]*)"
)
_NAME = re.compile(r"[^\s,]+")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One rule that one comment silences."""

    rule: str
    """A code or a name, in lower case."""

    span: Span
    """Where the comment names it."""

    whole_file: bool
    alone: bool
    """Whether nothing else stands on the line, so that the comment is about the next one."""

    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether this silences the finding."""
        if self.rule not in (finding.code.lower(), finding.name):
            return False
        line = self.span.line
        first = finding.span.line
        return self.whole_file or first <= line <= finding.span.end_line or (self.alone and line == first - 1)


@dataclass(frozen=True, slots=True)
class UnusedIgnores:
    """The parts of a file's comments that silence nothing: what the rules about them are given."""

    source: Source
    unused: tuple[Suppression, ...]

    def finding(self, suppression: Suppression, message: str, *, help: str) -> Draft:  # noqa: A002 - the word the reports use
        """A finding at the place where a comment names a rule."""
        return Draft(self.source, suppression.span, message, help)


def suppressions(source: Source) -> Iterator[Suppression]:
    """What the comments of a file silence, in order."""
    if "pgsurvive:" not in source.text:
        return
    for match in _DIRECTIVE.finditer(source.text):
        before = source.text[source.text.rfind("\n", 0, match.start()) + 1 : match.start()]
        for name in _NAME.finditer(source.text, match.start("rules"), match.end("rules")):
            yield Suppression(
                rule=name.group().lower(),
                span=source.span(name.start(), name.end()),
                whole_file=match["file"] is not None,
                alone=not before.strip(),
                reason=match["reason"].strip(),
            )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the comments make of the findings."""

    kept: tuple[Finding, ...]
    silenced: tuple[Finding, ...]
    unused: tuple[UnusedIgnores, ...]
    """One for each file with a comment that silences nothing."""


def suppress(findings: Iterable[Finding], sources: Iterable[Source]) -> Outcome:
    """Sorts out the findings that comments silence. `sources` are all the files that were checked, with or without any."""
    by_path = {source.path: (source, list(suppressions(source))) for source in sources}
    used: set[tuple[str, Suppression]] = set()
    kept: list[Finding] = []
    silenced: list[Finding] = []
    for finding in findings:
        if finding.path not in by_path:
            by_path[finding.path] = (finding.source, list(suppressions(finding.source)))
        covering = [s for s in by_path[finding.path][1] if s.covers(finding)]
        used.update((finding.path, each) for each in covering)
        (silenced if covering else kept).append(finding)
    unused = (
        UnusedIgnores(source, tuple(each for each in comments if (path, each) not in used))
        for path, (source, comments) in by_path.items()
    )
    return Outcome(tuple(kept), tuple(silenced), tuple(each for each in unused if each.unused))
