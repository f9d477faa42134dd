"""What a rule reports: a finding, its severity and how sure the rule is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgsurvive.text import Source, Span

SITE = "https://pgsurvive.github.io/pgsurvive/"


class Severity(Enum):
    """What it costs to leave a finding as it is."""

    ERROR = "error"
    """Committed data will be lost, or a restore will fail, in an ordinary disaster."""

    WARNING = "warning"
    """The same, if a further plausible event happens."""

    INFO = "info"
    """Worth knowing."""

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


class Loss(Enum):
    """What is lost when the disaster happens that a rule speaks of."""

    SINCE_LAST_BACKUP = "everything since the last base backup"
    SINCE_LAST_SEGMENT = "the transactions that no archived segment holds yet"
    ARCHIVED_WAL = "WAL that was taken for archived"
    ACKNOWLEDGED_COMMITS = "commits that were acknowledged"
    CLUSTER = "the whole cluster"
    UNNOTICED_DAMAGE = "data that was damaged long before anyone noticed"
    RESTORE = "the restore itself"
    SECRECY = "the secrecy of the data"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a finding speaks of."""

    path: str
    span: Span
    message: str
    source: Source | None = field(default=None, repr=False)
    """The text it stands in, for a report that shows the line."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A text to put in the place of another."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that makes a finding go away and never lowers protection."""

    description: str
    """What it does, in the imperative."""

    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a rule yields: a place and what to say about it. The rule's code and severity are added to make a Finding."""

    source: Source = field(repr=False)
    span: Span
    message: str
    help: str
    related: tuple[Related, ...] = ()
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that will cost data or a restore, and where it stands."""

    code: str
    name: str
    severity: Severity
    message: str
    """What is lost, and why."""

    help: str
    """What to do about it."""

    source: Source = field(repr=False)
    span: Span
    related: tuple[Related, ...] = ()
    fix: Fix | None = None

    @property
    def path(self) -> str:
        """The file, named as the user named it."""
        return self.source.path

    @property
    def line(self) -> int:
        """The line, from 1."""
        return self.span.line

    @property
    def column(self) -> int:
        """The column, from 1, in characters."""
        return self.span.column

    @property
    def url(self) -> str:
        """The address of the rule's page: the loss shown on a real server, and the way out."""
        return rule_url(self.code)

    @property
    def order(self) -> tuple[str, int, int, str]:
        """Findings are sorted by file, line, column and code."""
        return (self.path, self.span.line, self.span.column, self.code)


def rule_url(code: str) -> str:
    """The address of a rule's page on the site."""
    return f"{SITE}rules/{code}/"
