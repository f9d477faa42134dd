"""Both builders make the same site, without a complaint, and nothing in it comes from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest

from tests.docs.page import Page, find_pages
from tests.site.conftest import DOCS, ROOT, STALE, Site, includes, pages

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "https://pgsurvive.github.io/pgsurvive/"
EDIT = "https://github.com/pgsurvive/pgsurvive/edit/main/"


class Links(HTMLParser):
    """What a page loads, what it links to, and what can be linked to in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.edits: list[str] = []
        self.anchors: set[str] = {"", "__skip"}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors |= {value for key in ("id", "name") if (value := values.get(key))}
        address = values.get("src") or values.get("href")
        if not address:
            return
        if tag in {"script", "img", "iframe"} or values.get("rel") in {"stylesheet", "preconnect", "icon"}:
            self.loads.append(address)
        elif tag == "a" and values.get("rel") == "edit":
            self.edits.append(address)
        elif tag == "a":
            self.links.append(address)


def place(page: Path) -> str:
    """Return where in the site a page of docs/ is."""
    path = page.relative_to(DOCS)
    return (
        (path if path.name == "index.md" else path.with_suffix("") / "index").with_suffix(".html").as_posix()
    )


def test_material_builds_the_site_without_a_warning(material: Site) -> None:
    assert material.status == 0, material.output
    assert not re.findall(r"^(WARNING|ERROR).*", material.output, re.MULTILINE), material.output
    assert "Documentation built" in material.output


def test_zensical_builds_the_site_without_a_warning(zensical: Site) -> None:
    assert zensical.status == 0, zensical.output
    assert "No issues found" in zensical.output
    assert not re.search(r"warning|error", zensical.output, re.IGNORECASE), zensical.output


def test_both_builders_make_the_same_pages(material: Site, zensical: Site) -> None:
    assert set(material.pages()) == set(zensical.pages())
    assert len(material.pages()) == len(pages()) + len(["404.html"])


def test_no_page_loads_anything_from_another_host(site: Site) -> None:
    loaded = {load for html in site.pages().values() for load in Links(html).loads}
    assert loaded
    assert not [load for load in loaded if urlsplit(load).netloc]
    assert not [path for path, html in site.pages().items() if "fonts.googleapis" in html]


def test_no_page_makes_the_browser_ask_another_host(site: Site) -> None:
    # Material and Zensical ask GitHub for the stars of the repository, and a CDN for the program that draws diagrams.
    for component in ('data-md-component="source"', 'class="mermaid"'):
        assert not [path for path, html in site.pages().items() if component in html]


def test_every_link_within_the_site_leads_somewhere(site: Site) -> None:
    parsed = {
        urljoin(ADDRESS, path.removesuffix("index.html")): Links(html) for path, html in site.pages().items()
    }
    files = {urljoin(ADDRESS, p.relative_to(site.directory).as_posix()) for p in site.directory.rglob("*.*")}
    broken = []
    for address, page in parsed.items():
        for link in page.links:
            target, _, anchor = urljoin(address, link).partition("#")
            if not target.startswith(ADDRESS):
                continue
            known = target in files or (target in parsed and anchor in parsed[target].anchors)
            if not known:
                broken.append(f"{address}: {link}")
    assert not broken


def test_every_edit_link_names_the_file_that_holds_the_text(site: Site) -> None:
    edits = {path: Links(html).edits for path, html in site.pages().items() if path != "404.html"}
    for path, found in edits.items():
        assert len(found) == 1, path
        assert found[0].startswith(EDIT)
        source = ROOT / found[0].removeprefix(EDIT)
        assert source.is_file(), found[0]
        assert not includes(source) or source.name == "incidents-print.md", (
            f"{path}: the edit link leads to the include, not to the text"
        )


def test_a_page_says_on_which_versions_it_ran_as_long_as_its_text_is_the_one_that_ran(site: Site) -> None:
    said = "The commands of this page ran on PostgreSQL 14.21 and 18.3 on "
    shown = {path for path, html in site.pages().items() if '<p class="executed">' + said in html}
    executed = {page.name for page in map(Page.read, find_pages())}
    ran = set()
    for page in pages():
        sources = includes(page) or [page.relative_to(ROOT).as_posix()]
        if len(sources) == 1 and sources[0] in executed and sources[0] != STALE:
            ran.add(place(page))
    assert STALE in executed
    assert shown == ran


def test_every_alert_of_a_page_is_shown_as_one(site: Site) -> None:
    alerts = [
        alert
        for page in pages()
        for source in [page, *(ROOT / include for include in includes(page))]
        for alert in re.findall(r"^> \[!(\w+)\]", source.read_text(), re.MULTILINE)
    ]
    html = "".join(site.pages().values())
    assert html.count('<div class="admonition ') == len(alerts)


def test_no_table_shows_a_backslash_before_a_pipe(site: Site) -> None:
    # In a table GitHub needs `a \| b` for a pipe in code, and Python-Markdown shows the backslash. Both understand
    # <code>a &#124; b</code>.
    cells = {path: re.findall(r"<td.*?</td>", html, re.DOTALL) for path, html in site.pages().items()}
    assert not [f"{path}: {cell}" for path, found in cells.items() for cell in found if "\\|" in cell]


@pytest.mark.parametrize("kind", ["note", "tip", "important", "warning", "caution"])
def test_every_kind_of_alert_that_github_knows_has_a_color_and_an_icon(kind: str, site: Site) -> None:
    styles = "".join(path.read_text() for path in site.directory.rglob("*.css"))
    assert re.search(rf"\.{kind}>\.admonition-title|\.{kind} > \.admonition-title", styles)
    assert f"--md-admonition-icon--{kind}:" in styles
