"""What a parser could not read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgsurvive.text import Span


@dataclass(frozen=True, slots=True)
class Problem:
    """A place that the real program would refuse, and what it says about it."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: where it stands, its text from the sign on, and whether nothing else is on its line."""

    span: Span
    text: str
    alone: bool
