"""PGS624 comment-after-continuation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.continuation import early_end
from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_OTHER_RULES = re.compile(
    r"dockerfile|containerfile|\.(?:service|timer|conf)$|crontab|/cron\.d/", re.IGNORECASE
)
"""Docker and systemd leave out comments between continued lines, and cron continues none."""


@rule(
    code="PGS624",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html",
)
def comment_after_continuation(script: ShellScript) -> Iterator[Draft]:
    r"""The command ends at a comment or at a blank behind a backslash, so its other options don't count."""
    if script.is_throwaway or not script.mentions("\\"):
        return
    if script.code and _OTHER_RULES.search(script.source.path):
        return
    seen: set[int] = set()
    for step, found in script.invocations:
        end = early_end(script.text, step.written.start)
        if end is None or end.start in seen:
            continue
        seen.add(end.start)
        program = found.program.name
        if end.is_blank:
            message = (
                f"{program} ends here: behind the backslash is a blank, which becomes an argument of its own, and the lines "
                "below are no part of the command"
            )
            help_ = "make the backslash the last character of the line"
        else:
            message = f"{program} ends at this comment: the lines below are no part of the command, and it runs without them"
            help_ = "move the comment above the command, or keep the options in an array"
        yield script.finding_at(end.start, end.end, message, help=help_)
