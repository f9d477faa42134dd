"""An option of Barman's configuration: its value, and the line that decides it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from pgsurvive.findings import Draft, Fix, Related
from pgsurvive.syntax.barman_conf import resolved

if TYPE_CHECKING:
    from pgsurvive.catalog.barman_values import Value
    from pgsurvive.syntax.barman_conf import BarmanConf, Entry, Unresolved
    from pgsurvive.text import Source, Span


class State(Enum):
    """How an option comes to its value."""

    SET = "set"
    """By a line of a file."""

    DEFAULT = "default"
    """By no line: the files are known to be all there is."""

    UNKNOWN = "unknown"
    """It may be set in a file that was not read, or by what fills in a template."""

    DROPPED = "dropped"
    """Lines set it, but Barman understands none of them and uses the default."""


@dataclass(frozen=True, slots=True)
class Given:
    """An option as a line gives it."""

    tree: BarmanConf = field(repr=False)
    entry: Entry
    text: str | Unresolved
    """After the first of the two times that Barman resolves references: while it reads the file."""

    @classmethod
    def of(cls, tree: BarmanConf, section: str, name: str) -> Given:
        """The option of a section of a file."""
        options = tree.options(section)
        entry = options[name]
        return cls(tree, entry, resolved(entry.value, {key: each.value for key, each in options.items()}))

    @property
    def source(self) -> Source:
        """The file it stands in."""
        return self.tree.source


@dataclass(frozen=True, slots=True)
class Dropped:
    """A line whose value Barman ignores."""

    section: str
    """The section it was found in: the server's, or barman."""

    given: Given
    text: str
    """The value that it doesn't understand."""

    reason: str
    """What the option takes instead."""


@dataclass(frozen=True, slots=True)
class BarmanOption:
    """An option's effective value and the place that decides it."""

    name: str
    state: State
    value: Value
    """What Barman works with: intervals in seconds, sizes in bytes. None where nothing is set, and where it is unknown."""

    text: str | None
    """As the deciding line has it, references resolved and quotes taken off; None where no line sets it."""

    source: Source = field(repr=False)
    span: Span
    """The deciding line; where there is none, the header of the section."""

    entry: Entry | None = None
    section: str | None = None
    """The section of the deciding line."""

    dropped: tuple[Dropped, ...] = ()
    """Lines that would have decided, had Barman understood them."""

    @property
    def is_set(self) -> bool:
        """Whether a line of a file decides it."""
        return self.state is State.SET

    @property
    def is_known(self) -> bool:
        """Whether `value` is what Barman works with."""
        return self.state is not State.UNKNOWN

    def finding(
        self,
        message: str,
        *,
        help: str,  # noqa: A002 - the word the reports use
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
    ) -> Draft:
        """A finding at the line that decides the option, or at the section's header."""
        return Draft(self.source, self.span, message, help, related, fix)

    def related(self, message: str) -> Related:
        """The option's line as the other place of a finding."""
        return Related(self.source.path, self.span, message, self.source)
