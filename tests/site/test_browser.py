"""The site in a real browser: on a desk and on a phone, in the light and in the dark, and on paper."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

from tests.docs.page import Page
from tests.site.browser import DESKTOP, PHONE, Watch, browse, serve
from tests.site.conftest import ROOT, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext
    from playwright.sync_api import Page as Tab

_PACKAGE = find_spec("axe_playwright_python")
assert _PACKAGE is not None
assert _PACKAGE.origin is not None
AXE = Path(_PACKAGE.origin).with_name("axe.min.js")
# One page of each kind.
KINDS = {
    "home": "",
    "incidents": "incidents/",
    "setup": "setup/",
    "chapter": "guide/verifying-backups/",
    "example": "examples/pitr-after-drop-table/",
    "rule": "rules/PGS103/",
    "rules": "rules/",
    "linter": "linter/",
    "agents": "agents/",
    "tags": "tags/",
    "print": "guide/incidents-print/",
}
EACH_KIND = pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browse() as started:
        yield started


@pytest.fixture(scope="module")
def address(material: Site) -> Iterator[str]:
    with serve(material.directory) as served:
        yield served


@pytest.fixture(scope="module")
def zensical_address(zensical: Site) -> Iterator[str]:
    with serve(zensical.directory) as served:
        yield served


class Tabs:
    """Opens tabs, each with an empty profile, and closes them all."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser = browser
        index = json.loads((site.directory / "search/search_index.json").read_text())
        self.nothing_to_find = index | {"docs": []}
        self.contexts: list[BrowserContext] = []

    def open(
        self,
        size: tuple[int, int] = DESKTOP,
        scheme: Literal["light", "dark"] = "light",
        *,
        search: bool = True,
    ) -> Tab:
        """Open a tab; without search, the index of all pages is left out, which takes most of a page's time."""
        width, height = size
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        if not search:
            context.route("**/search_index.json", lambda route: route.fulfill(json=self.nothing_to_find))
        self.contexts.append(context)
        return context.new_page()


@pytest.fixture
def tabs(browser: Browser, material: Site) -> Iterator[Tabs]:
    made = Tabs(browser, material)
    yield made
    for context in made.contexts:
        context.close()


@pytest.fixture
def tab(tabs: Tabs) -> Tab:
    return tabs.open()


def complaints(tabs: Tabs, address: str, paths: list[str], size: tuple[int, int]) -> dict[str, object]:
    """Visit the pages; return what is wrong with any."""
    tab = tabs.open(size, search=size == DESKTOP)
    wrong: dict[str, object] = {}
    for path in paths:
        watch = Watch()
        watch.on(tab, address)
        tab.goto(address + path)
        if tab.locator("pre.diagram").count():
            expect(tab.locator(".diagram-picture svg").first).to_be_attached()
        width = tab.evaluate("document.documentElement.scrollWidth")
        if watch.errors or watch.foreign or width > size[0]:
            wrong[path] = (watch.errors, watch.foreign, width)
    return wrong


def test_no_page_complains_asks_another_host_or_scrolls_sideways_on_a_phone(
    tabs: Tabs, address: str, material: Site
) -> None:
    paths = [path.removesuffix("index.html") for path in material.pages() if path != "404.html"]
    assert len(paths) > len(KINDS)
    assert not complaints(tabs, address, paths, PHONE)


def test_no_kind_of_page_does_so_on_a_desk(tabs: Tabs, address: str) -> None:
    assert not complaints(tabs, address, list(KINDS.values()), DESKTOP)


@SIZES
def test_zensicals_pages_do_neither(tabs: Tabs, zensical_address: str, size: tuple[int, int]) -> None:
    assert not complaints(tabs, zensical_address, list(KINDS.values()), size)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("dropped table", "incident|pitr-after-drop-table"),
        ("page verification failed", "incident"),
    ],
)
def test_who_searches_for_what_happened_finds_what_to_do_first(
    tab: Tab, address: str, words: str, wanted: str
) -> None:
    tab.goto(address)
    tab.locator(".md-search__input").fill(words)
    found = tab.locator(".md-search-result__item > a")
    expect(found.first).to_be_visible(timeout=15_000)
    assert re.search(wanted, found.first.get_attribute("href") or "")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("guide/verifying-backups/", "skills/postgresql-backup-recovery/references/verifying-backups.md"),
        ("examples/pitr-after-drop-table/", "examples/pitr-after-drop-table/README.md"),
        ("rules/PGS103/", "linter/pgsurvive/rules/archiving/archive_command_always_succeeds.md"),
    ],
)
def test_the_copy_button_gives_exactly_the_text_of_the_block(
    tab: Tab, address: str, path: str, source: str
) -> None:
    tab.goto(address + path)
    blocks = [block.source for block in Page.read(ROOT / source).blocks if block.language != "mermaid"]
    shown = tab.locator(".md-typeset .highlight:has(pre)")
    assert shown.count() == len(blocks) > 0
    for number, block in enumerate(blocks):
        here = shown.nth(number)
        here.hover()
        here.locator("button[data-md-type=copy], .md-clipboard").click()
        expect(tab.locator(".md-dialog").first).to_contain_text("Copied")
        copied = tab.evaluate("navigator.clipboard.readText()")
        assert copied.rstrip("\n") == block.rstrip("\n").expandtabs(4)  # as Markdown itself expands them


def test_tabs_with_the_same_label_switch_together_and_stay_for_the_next_page(tab: Tab, address: str) -> None:
    tab.goto(address + "setup/")
    assert tab.get_by_text("exclude-table-data").is_hidden()
    tab.locator(".tabbed-labels label", has_text="Before 17").first.click()
    expect(tab.get_by_text("exclude-table-data")).to_be_visible()
    expect(tab.get_by_text("pg_database_size")).to_be_visible()
    tab.goto(address)
    tab.goto(address + "setup/")
    expect(tab.get_by_text("exclude-table-data")).to_be_visible()


def test_the_palette_follows_the_system_until_it_is_switched_and_then_stays(tabs: Tabs, address: str) -> None:
    tab = tabs.open(scheme="dark")
    tab.goto(address)
    expect(tab.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    tab.get_by_title("Switch to light mode").click()
    expect(tab.locator("body")).to_have_attribute("data-md-color-scheme", "default")
    tab.goto(address + "incidents/")
    expect(tab.locator("body")).to_have_attribute("data-md-color-scheme", "default")


# Colors are the same at any width, so each width is looked at in one of the palettes.
@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop-light", "phone-dark"]
)
@EACH_KIND
def test_axe_finds_nothing_that_keeps_people_out(
    tabs: Tabs, address: str, path: str, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    tab = tabs.open(size, scheme, search=False)
    tab.goto(address + path)
    if tab.locator("pre.diagram").count():
        expect(tab.locator(".diagram-picture svg").first).to_be_attached()
    tab.add_script_tag(path=AXE)
    result = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [each for each in result["violations"] if each["impact"] in {"serious", "critical"}]
    assert not [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in serious
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("builder", ["address", "zensical_address"])
def test_a_diagram_is_drawn_in_the_colors_of_the_palette(
    tabs: Tabs, builder: str, request: pytest.FixtureRequest
) -> None:
    tab = tabs.open()
    tab.goto(request.getfixturevalue(builder) + "setup/")
    picture = tab.get_by_role("img", name="Diagram: Set up backups")
    expect(picture.locator("svg")).to_be_visible()
    expect(picture).to_contain_text("Archive WAL")
    expect(tab.locator("pre.diagram")).to_be_hidden()
    words = picture.locator(".nodeLabel").first
    in_the_light = words.evaluate("element => getComputedStyle(element).color")
    tab.evaluate("document.body.setAttribute('data-md-color-scheme', 'slate')")
    expect(words).not_to_have_css("color", in_the_light)
    assert tab.locator(".diagram-picture").count() == 1


def test_a_diagram_is_readable_as_text_where_its_program_does_not_come(tab: Tab, address: str) -> None:
    tab.route("**/mermaid.min.js", lambda route: route.abort())
    tab.goto(address + "setup/")
    tab.wait_for_load_state("networkidle")
    expect(tab.locator("pre.diagram")).to_be_visible()
    expect(tab.locator("pre.diagram")).to_contain_text("archive[Archive WAL]")


def test_a_page_without_a_diagram_does_not_load_the_program(tab: Tab, address: str) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(address + "incidents/", wait_until="networkidle")
    assert any(url.endswith("diagrams.js") for url in asked)
    assert not [url for url in asked if "vendor" in url]


@EACH_KIND
def test_on_paper_there_is_only_the_text_black_on_white_and_nothing_is_cut_off(
    tabs: Tabs, address: str, path: str
) -> None:
    tab = tabs.open((690, 1000), "dark", search=False)  # A4 between its margins, at 96 dots to the inch
    tab.goto(address + path)
    tab.emulate_media(media="print")
    for hidden in (
        ".md-header",
        ".md-tabs",
        ".md-footer",
        ".md-sidebar",
        ".md-content__button",
        ".headerlink",
    ):
        for element in tab.locator(hidden).all():
            expect(element).to_be_hidden()
    colors = tab.evaluate(
        "[...document.querySelectorAll('.md-typeset p, .md-typeset code, .md-typeset code span, .md-typeset a')]"
        ".filter(e => e.getClientRects().length).map(e => getComputedStyle(e).color)"
    )
    assert set(colors) <= {"rgb(0, 0, 0)"}
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    too_wide = tab.evaluate(
        "[...document.querySelectorAll('.md-content pre, .md-content code, .md-content table, .md-content p')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.scrollWidth > e.clientWidth + 1"
        " && getComputedStyle(e).display !== 'inline').map(e => e.outerHTML.slice(0, 200))"
    )
    assert not too_wide
    pdf = tab.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 1
