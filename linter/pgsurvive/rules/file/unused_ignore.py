"""PGS009 unused-ignore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import find, rule
from pgsurvive.suppress import UnusedIgnores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft


@rule(
    code="PGS009",
    severity=Severity.INFO,
    applies_to=UnusedIgnores,
    costs=Loss.UNNOTICED_DAMAGE,
    source="https://pgsurvive.github.io/pgsurvive/linter/",
)
def unused_ignore(comments: UnusedIgnores) -> Iterator[Draft]:
    """A comment silences a finding that isn't there, and would hide the next one."""
    for each in comments.unused:
        name = each.rule.upper() if each.rule.startswith("pgs") else each.rule
        known = find(each.rule)
        # A comment names a rule in full: neither PGS1 nor archive_mode_off silences anything.
        if known is not None and name in (known.code, known.name):
            yield comments.finding(
                each,
                f"nothing here is reported as {name}: the comment would hide the mistake when someone makes it",
                help="remove it from the comment; without a rule left, remove the comment",
            )
        else:
            yield comments.finding(
                each,
                f"no rule is called {name}: the comment silences nothing",
                help="`pgsurvive rules` lists the rules",
            )
