"""The pages of the site are thin: front matter and one include; what derives from the rules is current."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pgsurvive.rules import all_rules
from tests.site.conftest import ROOT, includes, pages
from tools import site

if TYPE_CHECKING:
    from pathlib import Path

INCLUDING = [page for page in pages() if includes(page)]


def test_every_include_names_a_file() -> None:
    assert INCLUDING
    missing = [
        f"{page}: {source}" for page in pages() for source in includes(page) if not (ROOT / source).is_file()
    ]
    assert not missing


@pytest.mark.parametrize("page", INCLUDING, ids=lambda page: page.stem)
def test_a_page_that_includes_is_front_matter_and_one_include(page: Path) -> None:
    (source,) = includes(page)
    front_matter = rf"---\ntitle: .+\ndescription: .+\ntags:\n(?:  - .+\n)+source: {re.escape(source)}\n---\n"
    assert re.fullmatch(front_matter + r'\n--8<-- ".+"\n', page.read_text())


def test_every_chapter_and_every_example_has_a_page() -> None:
    sources = [
        *ROOT.glob("skills/postgresql-backup-recovery/references/*.md"),
        *ROOT.glob("examples/*/README.md"),
    ]
    included = {source for page in pages() for source in includes(page)}
    assert {source.relative_to(ROOT).as_posix() for source in sources} <= included


def test_a_page_of_a_rule_links_to_other_pages_by_their_address() -> None:
    # `pgsurvive rule` prints the page, where a relative link is of no use, and the site has it at another place.
    relative = [
        f"{rule.page.name}: {link}"
        for rule in all_rules()
        for link in re.findall(r"\]\((?!https://|#)([^)]+)\)", rule.page.read_text())
    ]
    assert not relative, "write https://pgsurvive.github.io/pgsurvive/rules/CODE/"


def test_the_pages_of_the_rules_and_their_navigation_are_current() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "tools.site", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, (
        f"run .venv/bin/python -m tools.site, which rewrites:\n{result.stdout}{result.stderr}"
    )
    assert len(list((ROOT / site.PAGES).glob("PGS*.md"))) == len(all_rules())


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the generator writes, and the generator pointed at it."""
    shutil.copytree(ROOT / site.PAGES, tmp_path / site.PAGES)
    shutil.copy(ROOT / site.CONFIGURATION, tmp_path)
    for rule in all_rules():
        copy = tmp_path / rule.page.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(rule.page, copy)
    monkeypatch.setattr(site, "ROOT", tmp_path)
    monkeypatch.setattr("pgsurvive.rules.__file__", str(tmp_path / "linter/pgsurvive/rules/__init__.py"))
    return tmp_path


def test_a_page_that_was_edited_is_named_and_written_again(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = checkout / site.PAGES / "PGS101.md"
    before = page.read_text()
    page.write_text("edited by hand")
    assert site.main(["--check"]) == 1
    assert page.read_text() == "edited by hand"
    assert site.main([]) == 0
    assert page.read_text() == before
    assert capsys.readouterr().out == "docs/rules/PGS101.md\n" * 2


def test_the_page_of_a_rule_that_is_no_more_is_removed(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = checkout / site.PAGES / "PGS199.md"
    page.write_text("a rule of old")
    assert site.main(["--check"]) == 1
    assert site.main([]) == 0
    assert not page.exists()
    assert site.main(["--check"]) == 0
    assert capsys.readouterr().out == "docs/rules/PGS199.md\n" * 2


def test_a_rule_that_is_missing_in_the_navigation_is_put_back(checkout: Path) -> None:
    configuration = checkout / site.CONFIGURATION
    before = configuration.read_text()
    configuration.write_text(re.sub(r".*rules/PGS101\.md\n", "", before))
    assert site.main(["--check"]) == 1
    assert site.main([]) == 0
    assert configuration.read_text() == before
