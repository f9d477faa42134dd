"""Says at the foot of a page on which versions its commands ran, from the document runner's records.

A record counts for the very text that ran: the page changes, and the line is gone until it has run again.
"""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

from tests.docs.page import ROOT, Page, PageError, find_pages
from tests.docs.report import RESULTS, recorded
from tests.docs.run import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

# docs/templates/partials/source-file.html includes it, where it is there.
TEMPLATE = "templates/partials/executed.html"


def write(docs: Path, records: Path = RESULTS) -> None:
    """Write the template that knows what ran; without records, one that says nothing."""
    said = sentences((path.resolve() for path in find_pages()), recorded(records))
    target = docs / TEMPLATE
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_template(said))


def sentences(pages: Iterable[Path], entries: Sequence[dict[str, Any]], root: Path = ROOT) -> dict[str, str]:
    """Return a sentence in HTML for each page that ran as it stands, by its path from the root."""
    said = {}
    for path in pages:
        try:
            page = Page.read(path, root)
        except PageError:
            continue  # the tests of the pages say what is wrong with it
        current = [
            entry
            for entry in entries
            if (entry["page"], entry["digest"]) == (page.name, digest(page))
            and entry["ran"]
            and not entry["failure"]
            and entry.get("programs")
        ]
        if current:
            said[page.name] = sentence(current)
    return said


def sentence(entries: Sequence[dict[str, Any]]) -> str:
    """Return what the records of one page say: versions, dates, and what was left out and why."""
    programs: dict[str, set[str]] = {}
    for entry in entries:
        for name, version in entry["programs"].items():
            programs.setdefault(name, set()).add(version)
    servers = programs.pop("PostgreSQL", set())
    others = " and ".join(f"{name} {_listed(versions)}" for name, versions in sorted(programs.items()))
    with_others = f", with {others}," if others else ""
    dates = sorted({entry["date"] for entry in entries})
    when = f"on {dates[0]}" if len(dates) == 1 else f"between {dates[0]} and {dates[-1]}"
    # A block that is for other majors ran there; one with a reason ran nowhere.
    reasons = {
        (line, reason)
        for entry in entries
        for line, reason in entry["skipped"]
        if not reason.startswith("if pg")
    }
    text = f"The commands of this page ran on PostgreSQL {_listed(servers)}{with_others} {when}."
    if reasons:
        one = len(reasons) == 1
        why = "; ".join(sorted({reason for _, reason in reasons}))
        text += f" {len(reasons)} {'block is' if one else 'blocks are'} shown without having run: {why}."
    return html.escape(text, quote=False)


def _listed(versions: Iterable[str]) -> str:
    ordered = sorted(
        versions, key=lambda version: [int(part) for part in version.split(".") if part.isdigit()]
    )
    return " and ".join([", ".join(ordered[:-1]), ordered[-1]] if len(ordered) > 1 else ordered)


def _template(said: dict[str, str]) -> str:
    return (
        "{#- Written by python -m tools.publish prepare, from .cache/docs. -#}\n"
        f"{{% set executed = {json.dumps(said, indent=1)} %}}\n"
        "{% if page.meta and page.meta.source and page.meta.source in executed %}\n"
        '  <p class="executed">{{ executed[page.meta.source] | safe }}</p>\n'
        "{% endif %}\n"
    )
