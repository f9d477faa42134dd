"""What happens to a configuration block: pgsurvive lints it, then the program whose file it is loads it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.docs.page import Block

MARK = re.compile(r"(?:#|--)\s*(?P<codes>PGS\d{3}(?:[\s,]+PGS\d{3})*)\s*$")
LINTED = ("postgresql.conf", "postgresql.auto.conf", "conf.d", "pgbackrest.conf", "barman.conf", "script")
CODE = re.compile(r"PGS\d{3}")

# A server that is down stays down, since the page is about to start it: it only checks what it would read.
# What it refuses is taken back.
_LOAD_BY_SERVER = """
if pg_ctl -D "$PGDATA" status >/dev/null; then
  pg_ctl -D "$PGDATA" -m fast -w -s stop
  pg_ctl -D "$PGDATA" -w -s -l "$LAB/server.log" start || {
    __docs_take_back
    pg_ctl -D "$PGDATA" -w -s -l "$LAB/server.log" start
    exit 1
  }
else
  postgres -D "$PGDATA" -C data_directory >/dev/null || { __docs_take_back; exit 1; }
fi
"""
_APPEND = (
    """
cp -p "$PGDATA/$__docs_name" "$LAB/.docs/before"
__docs_take_back() { cp -p "$LAB/.docs/before" "$PGDATA/$__docs_name"; }
{ echo; cat "$__docs_source"; } >>"$PGDATA/$__docs_name"
"""
    + _LOAD_BY_SERVER
)
LOAD = {
    "postgresql.conf": _APPEND,
    "postgresql.auto.conf": _APPEND,
    "conf.d": """
mkdir -p "$PGDATA/conf.d"
__docs_take_back() { rm "$PGDATA/conf.d/$__docs_name"; }
cp "$__docs_source" "$PGDATA/conf.d/$__docs_name"
grep -qx "include_dir = 'conf.d'" "$PGDATA/postgresql.conf" ||
  printf '%s\\n' "include_dir = 'conf.d'" >>"$PGDATA/postgresql.conf"
"""
    + _LOAD_BY_SERVER,
    "pg_hba.conf": """
cat "$__docs_source" >>"$PGDATA/pg_hba.conf"
if pg_ctl -D "$PGDATA" status >/dev/null; then
  pg_ctl -D "$PGDATA" -s reload
  __docs_errors=$(psql -XAtqc "SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL")
  [[ -z $__docs_errors ]] || { printf '%s\\n' "$__docs_errors"; exit 1; }
fi
""",
    "signal": 'cp "$__docs_source" "$PGDATA/$__docs_name"\n',
    "pgbackrest.conf": 'cp "$__docs_source" "$PGBACKREST_CONFIG"\n',
    # Barman runs as barman_user or not at all, and the account of the lab is not called barman.
    "barman.conf": 'sed "s/^barman_user = barman$/barman_user = $(id -un)/" "$__docs_source" >"$LAB/barman.conf"\n',
    "script": 'install -m 755 "$__docs_source" "$LAB/bin/$__docs_name"\n',
}


def target(title: str) -> str:
    """Return the key of LOAD for a block of this title."""
    path = PurePosixPath(title)
    if path.name in LOAD:
        return path.name
    if path.suffix == ".signal":
        return "signal"
    return "script" if path.suffix == ".sh" else "conf.d"


def marks(text: str) -> set[tuple[int, str]]:
    """Return line and code of what the text marks: `# PGS101` on the line or alone above it."""
    found = set()
    for number, line in enumerate(text.splitlines(), start=1):
        match = MARK.search(line)
        if match:
            marked = number if line[: match.start()].strip() else number + 1
            found |= {(marked, code) for code in CODE.findall(match["codes"])}
    return found


def _needs_several_files(code: str) -> bool:
    from pgsurvive.rules import find  # noqa: PLC0415  only configuration blocks need the package

    rule = find(code)
    return rule is not None and rule.applies_to.__name__ == "Estate"


def lint(block: Block, major: int, rule: str | None = None) -> str | None:
    """Return what the linter's findings and the block's own marks disagree about, None when they agree.

    A rule's page shows pgbackrest.conf, barman.conf and scripts as short as its proof allows: there only its own rule
    counts.
    """
    from pgsurvive import check_text  # noqa: PLC0415  only configuration blocks need the package

    title = block.title or "postgresql.conf"
    kind = target(title)
    if kind not in LINTED:
        return None
    findings = list(check_text(block.source, path=title, pg=major))
    # What several files say together is nothing that one of them shows.
    marked = {mark for mark in marks(block.source) if not _needs_several_files(mark[1])}
    if rule is not None and kind in ("pgbackrest.conf", "barman.conf", "script"):
        findings = [finding for finding in findings if finding.code == rule]
        marked = {mark for mark in marked if mark[1] == rule}
    lines = []
    for finding in findings:
        serious = str(getattr(finding.severity, "value", finding.severity)) in ("error", "warning")
        if serious and (finding.line, finding.code) not in marked:
            lines.append(f"line {block.line + finding.line}: {finding.code} {finding.message}")
    seen = {(finding.line, finding.code) for finding in findings}
    lines += [
        f"line {block.line + line}: marked {code}, but pgsurvive finds no {code} there"
        for line, code in sorted(marked - seen)
    ]
    return "\n".join(lines) or None
