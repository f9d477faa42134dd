"""Write the pages that the site derives: of the rules, their index and navigation; all playbooks in one, to print.

`python -m tools.site` writes. With `--check` it only names what is out of date, and exits with 1 if any is.
"""

from __future__ import annotations

import argparse
import re
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from pgsurvive.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pgsurvive.rules import Rule

ROOT = Path(__file__).resolve().parent.parent
PAGES = Path("docs/rules")
CONFIGURATION = Path("mkdocs.yml")
PRINT = Path("docs/guide/incidents-print.md")
REFERENCES = "skills/postgresql-backup-recovery/references"
BEGIN = "# rules: begin, written by python -m tools.site"
END = "# rules: end"

# A code's hundred names its family: docs/rules/index.md shows them in this order.
FAMILIES = {
    "0": "The file itself",
    "1": "Archiving and WAL",
    "2": "Durability and checksums",
    "3": "Restore and recovery targets",
    "4": "pgBackRest",
    "5": "Barman",
    "6": "Shell scripts and command lines",
    "7": "SQL",
    "8": "Platforms",
    "9": "The estate as a whole",
}

INDEX = """\
---
title: Rules
description: Every rule of the linter, what it finds and how severe it is.
---

# Rules

Each page says what the rule finds and what you lose, and shows the loss happening on a real server.

- **error**: committed data will be lost, or a restore will fail, in an ordinary disaster.
- **warning**: it depends on a plausible further event.
- **info**: worth knowing.
"""

# Stands beside the pages of the playbooks, so that links between them mean the same here.
PRINTED = """\
---
title: Print the playbooks
description: Every playbook on one page, to be printed before the day it is needed.
search:
  exclude: true
---

# Print the playbooks

Print this page and keep it where you find it when this site, the wiki and the password store are on the host that is
gone. Each playbook begins on a new sheet; what is folded stays off the paper. Write beside it who may promote, overwrite
and delete, how to reach them, where the backups are, and where their keys are.

<span class="print-sheets"></span>

"""


def family(rule: Rule) -> str:
    """Name the family that the rule's code belongs to."""
    return FAMILIES[rule.code.removeprefix("PGS")[0]]


def page(rule: Rule, source: str) -> str:
    """Return a rule's page: front matter and one include of ``source``, a path from the root."""
    return (
        "---\n"
        f"title: {rule.code} {rule.name}\n"
        f"description: {quoted(rule.summary)}\n"
        f"tags:\n  - {family(rule)}\n  - {rule.severity.value.capitalize()}\n"
        # Who searches for a message wants the playbook or the chapter first: there are more rules than anything else.
        "search:\n  boost: 0.3\n"
        f"source: {source}\n"
        "---\n\n"
        f'--8<-- "{source}"\n'
    )


def quoted(text: str) -> str:
    """Return a YAML string: a summary may hold a colon or a quote."""
    return "'" + text.replace("'", "''") + "'"


def index(rules: Iterable[Rule]) -> str:
    """Return the page that lists all rules by family."""
    parts = [INDEX]
    for name, members in groupby(rules, key=family):
        parts.append(f"\n## {name}\n\n| Rule | Severity | What it finds |\n|---|---|---|\n")
        parts.extend(
            f"| [{r.code}]({r.code}.md) {r.name} | {r.severity.value} | {cell(r.summary)} |\n"
            for r in members
        )
    return "".join(parts)


def cell(text: str) -> str:
    """Return text that does not end its table cell."""
    return text.replace("|", "\\|")


def navigation(configuration: str, rules: Iterable[Rule]) -> str:
    """Return the configuration with the lines between the markers replaced, indented as they are."""
    before, begin, rest = configuration.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{CONFIGURATION}: expected the lines '{BEGIN}' and '{END}' in nav")
    indent = " " * (len(before) - len(before.rstrip(" ")))
    lines = ["- Rules:", "    - rules/index.md"]
    for name, members in groupby(rules, key=family):
        lines.append(f"    - {name}:")
        lines.extend(f"        - rules/{rule.code}.md" for rule in members)
    return before + begin + "".join(f"\n{indent}{line}" for line in [*lines, end]) + after


def printed(configuration: str) -> str:
    """Return the page of all playbooks, in the order of the navigation."""
    playbooks = re.findall(r"^ +- guide/(incident-[\w-]+)\.md$", configuration, re.MULTILINE)
    missing = [name for name in playbooks if not (ROOT / REFERENCES / f"{name}.md").is_file()]
    if missing:
        raise SystemExit(f"{CONFIGURATION}: nav names what is not in {REFERENCES}: {', '.join(missing)}")
    titles = [(ROOT / REFERENCES / f"{name}.md").read_text().partition("\n")[0] for name in playbooks]
    contents = [f"{number}. {title.removeprefix('# ')}\n" for number, title in enumerate(titles, 1)]
    includes = [f'\n--8<-- "{REFERENCES}/{name}.md"\n' for name in playbooks]
    return "".join([PRINTED, *contents, *includes])


def expected(rules: Sequence[Rule]) -> dict[Path, str]:
    """Return every derived file, by its path from the root."""
    ordered = sorted(rules, key=lambda rule: rule.code)
    files = {
        PAGES / f"{rule.code}.md": page(rule, rule.page.resolve().relative_to(ROOT).as_posix())
        for rule in ordered
    }
    files[PAGES / "index.md"] = index(ordered)
    configuration = (ROOT / CONFIGURATION).read_text()
    files[CONFIGURATION] = navigation(configuration, ordered)
    files[PRINT] = printed(configuration)
    return files


def out_of_date(files: Mapping[Path, str]) -> list[Path]:
    """List files that are missing, differ, or belong to a rule that is no more."""
    wrong = [path for path, text in files.items() if not is_current(ROOT / path, text)]
    stale = [path.relative_to(ROOT) for path in (ROOT / PAGES).glob("*.md")]
    return wrong + [path for path in sorted(stale) if path not in files]


def is_current(path: Path, text: str) -> bool:
    """Say whether the file holds exactly this text."""
    return path.is_file() and path.read_text() == text


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the derived files, or with --check only name those that are out of date."""
    parser = argparse.ArgumentParser(prog="python -m tools.site", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name what is out of date")
    check = parser.parse_args(arguments).check
    files = expected(list(all_rules()))
    changed = out_of_date(files)
    for path in changed:
        sys.stdout.write(f"{path}\n")
        if not check and path in files:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(files[path])
        elif not check:
            (ROOT / path).unlink()
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
