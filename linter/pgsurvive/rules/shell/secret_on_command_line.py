"""PGS625 secret-on-command-line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft

_PASSWORD = re.compile(
    r"postgres(?:ql)?://[^\s/@:]*:(?P<uri>[^\s/@]+)@|(?:^|\s)password\s*=\s*(?P<conninfo>'[^']*'|[^\s'\"]+)"
)


@rule(
    code="PGS625",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.CLUSTER,
    source="https://www.postgresql.org/docs/current/libpq-pgpass.html",
)
def secret_on_command_line(script: ShellScript) -> Iterator[Draft]:
    """Every account of the machine can read the password in the list of processes while the backup runs."""
    if script.is_throwaway or not script.mentions("://", "password"):
        return
    for _, call in script.invocations:
        for word in call.command.arguments:
            match = _PASSWORD.search(word.text)
            if match is None:
                continue
            yield script.finding_at(
                word.start,
                word.end,
                f"the password stands on {call.program.name}'s command line, where every account of the machine can read it "
                "while the command runs",
                help="put it into ~/.pgpass with mode 0600, or name another file with PGPASSFILE, and change this one",
            )
            break
