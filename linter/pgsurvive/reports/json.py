"""For programs: an object whose shape pydantic defines; `findings.schema.json` beside this file is its JSON Schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from pgsurvive.text import printable, prose_without_secrets

if TYPE_CHECKING:
    from pgsurvive.api import Result

SCHEMA_FILE = Path(__file__).with_name("findings.schema.json")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RelatedPlace(_Model):
    """Another place that a finding speaks of."""

    path: str
    line: int = Field(ge=1)
    column: int = Field(ge=1)
    message: str


class FindingReport(_Model):
    """One finding. Lines and columns count from 1, columns in characters; the end is exclusive."""

    path: str
    line: int = Field(ge=1)
    column: int = Field(ge=1)
    end_line: int = Field(ge=1)
    end_column: int = Field(ge=1)
    code: str = Field(pattern=r"^PGS\d{3}$")
    name: str
    severity: Literal["error", "warning", "info"]
    message: str
    help: str
    url: str
    related: tuple[RelatedPlace, ...] = ()


class UnreadableFile(_Model):
    """A file that could not be read."""

    path: str
    reason: str


class FindingsReport(_Model):
    """The result of a check."""

    model_config = ConfigDict(title="pgsurvive findings")

    findings: tuple[FindingReport, ...]
    checked: tuple[str, ...] = Field(description="The files that were read and understood.")
    passed_over: int = Field(ge=0, description="Files looked at that no rule speaks about.")
    suppressed: int = Field(ge=0, description="Findings silenced by comments.")
    unreadable: tuple[UnreadableFile, ...] = ()


def report(result: Result) -> FindingsReport:
    """The result in the public shape."""
    return FindingsReport(
        findings=tuple(
            FindingReport(
                path=printable(f.path),
                line=f.span.line,
                column=f.span.column,
                end_line=f.span.end_line,
                end_column=f.span.end_column,
                code=f.code,
                name=f.name,
                severity=f.severity.value,
                message=_clean(f.message),
                help=_clean(f.help),
                url=f.url,
                related=tuple(
                    RelatedPlace(
                        path=printable(r.path),
                        line=r.span.line,
                        column=r.span.column,
                        message=_clean(r.message),
                    )
                    for r in f.related
                ),
            )
            for f in result.findings
        ),
        checked=tuple(map(printable, result.checked)),
        passed_over=result.passed_over,
        suppressed=result.suppressed,
        unreadable=tuple(UnreadableFile(path=printable(p), reason=r) for p, r in result.unreadable),
    )


def _clean(text: str) -> str:
    return prose_without_secrets(printable(text))


def render(result: Result) -> str:
    """The result as JSON, ending with a line feed."""
    return report(result).model_dump_json(indent=2) + "\n"


def schema() -> str:
    """The JSON Schema of what `render` writes, as it stands in SCHEMA_FILE."""
    import json  # noqa: PLC0415 - this module is named like it, and only development needs it

    return json.dumps(FindingsReport.model_json_schema(), indent=2) + "\n"
