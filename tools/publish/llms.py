"""Writes llms.txt, llms-full.txt and each page as Markdown, for programs that read the site (https://llmstxt.org/)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from tools.publish.pages import address, site_pages

if TYPE_CHECKING:
    from pathlib import Path

    from tools.publish.pages import SitePage

HEAD = """\
# pgsurvive

> PostgreSQL 14 to 18: backup, recovery, and what each mistake costs. Every command shown has run on real servers.

Each page is served as Markdown too: the addresses below. All chapters and playbooks in one file:
<{address}llms-full.txt>. As an agent skill, with scripts: <{address}.well-known/agent-skills/index.json>.

In an incident: save the data directory, `pg_wal` and the archive before any repair; restore into a new directory, never over
the damage; never run `pg_resetwal`; ask a human before you promote, overwrite or delete.
"""
RULES = "rules/PGS"
# Without text of their own.
LEFT_OUT = ("index.md", "tags.md", "guide/incidents-print.md")


def write(root: Path, site: Path) -> None:
    """Write the files into the built site."""
    base = address(root)
    pages = [page for page in site_pages(root) if page.path not in LEFT_OUT]
    for page in pages:
        target = site / page.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page.text)
    (site / "llms.txt").write_text(_contents(base, pages))
    (site / "llms-full.txt").write_text(_everything(base, pages))


def _contents(base: str, pages: list[SitePage]) -> str:
    parts = [HEAD.format(address=base)]
    main = [page for page in pages if not page.path.startswith(RULES)]
    for section, members in groupby(main, key=lambda page: page.sections[0] if page.sections else "More"):
        parts.append(f"\n## {section}\n\n")
        parts.extend(_entry(base, page) for page in members)
    # By the convention, what stands here can be left out where the context is short.
    parts.append("\n## Optional\n\n")
    parts.extend(_entry(base, page) for page in pages if page.path.startswith(RULES))
    return "".join(parts)


def _entry(base: str, page: SitePage) -> str:
    return f"- [{page.title}]({base}{page.path}): {page.description}\n"


def _everything(base: str, pages: list[SitePage]) -> str:
    """Join what a reader needs to decide; the rules are for looking up, one at a time."""
    chapters = [page for page in pages if not page.path.startswith("rules/")]
    return "\n".join(f"<!-- {base}{page.path} -->\n\n{page.text.rstrip()}\n" for page in chapters)
