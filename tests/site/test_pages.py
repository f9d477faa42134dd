"""The pages of the site are thin: front matter and one include; what derives from the rules is current."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pgsurvive.rules import all_rules
from tests.docs.page import Page, find_pages
from tests.site.conftest import ROOT, includes, pages
from tools import site
from tools.publish.pages import FRONT_MATTER

INCLUDING = [page for page in pages() if includes(page) and page != ROOT / site.PRINT]
REFERENCES = ROOT / site.REFERENCES


def test_every_include_names_a_file() -> None:
    assert INCLUDING
    missing = [
        f"{page}: {source}" for page in pages() for source in includes(page) if not (ROOT / source).is_file()
    ]
    assert not missing


@pytest.mark.parametrize("page", INCLUDING, ids=lambda page: page.stem)
def test_a_page_that_includes_is_front_matter_and_one_include(page: Path) -> None:
    (source,) = includes(page)
    head = r"title: .+\ndescription: .+\ntags:\n(?:  - .+\n)+(?:search:\n  boost: .+\n)?"
    front_matter = rf"---\n{head}source: {re.escape(source)}\n---\n"
    assert re.fullmatch(front_matter + r'\n--8<-- ".+"\n', page.read_text())


def test_the_front_matter_of_every_page_is_yaml_to_a_strict_reader_too() -> None:
    # Zensical refuses `description: What it costs: nothing`, MkDocs does not.
    for page in pages():
        match = FRONT_MATTER.match(page.read_text())
        assert match, page
        try:
            meta = YAML(typ="safe").load(match["yaml"])
        except YAMLError as error:
            pytest.fail(f"{page}: {error}", pytrace=False)
        assert all(isinstance(meta[key], str) for key in ("title", "description")), page


def test_every_chapter_and_every_example_has_a_page() -> None:
    sources = [
        *ROOT.glob("skills/postgresql-backup-recovery/references/*.md"),
        *ROOT.glob("examples/*/README.md"),
    ]
    included = {source for page in pages() for source in includes(page)}
    assert {source.relative_to(ROOT).as_posix() for source in sources} <= included


def test_every_playbook_is_found_by_its_symptom_and_printed() -> None:
    playbooks = [path.name for path in sorted(REFERENCES.glob("incident-*.md"))]
    symptoms = (ROOT / "docs/incidents/index.md").read_text()
    assert not [name for name in playbooks if f"](../guide/{name})" not in symptoms]
    pages_of = [ROOT / "docs/guide" / name for name in playbooks]
    low = [page.name for page in pages_of if "search:\n  boost: 5\n" not in page.read_text()]
    assert not low, "who searches for a message needs the playbook first"
    printed = [source.rpartition("/")[2] for source in includes(ROOT / site.PRINT)]
    assert sorted(printed) == playbooks


def test_a_command_under_the_tab_of_a_version_runs_on_just_these_majors() -> None:
    wrong = []
    for page in filter(re.compile(r"/docs/(setup|incidents)/").search, map(str, find_pages())):
        text = Path(page).read_text()
        for block in Page.read(Path(page)).blocks:
            tab = re.findall(r"^=== \"(.+)\"$", text[: block.start], re.MULTILINE)
            if not block.runs or not block.indent or not tab:
                continue
            since = re.fullmatch(r"PostgreSQL (\d+) and later", tab[-1])
            before = re.fullmatch(r"Before (\d+)", tab[-1])
            wanted = f"if pg>={since[1]}" if since else f"if pg<{before[1]}" if before else None
            if wanted not in [str(condition) for condition in block.directives.conditions]:
                wrong.append(f"{page}:{block.line}: under the tab {tab[-1]!r} without {wanted}")
    assert not wrong


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
    (tmp_path / site.PRINT).parent.mkdir(parents=True)
    shutil.copy(ROOT / site.PRINT, tmp_path / site.PRINT)
    shutil.copytree(ROOT / site.REFERENCES, tmp_path / site.REFERENCES)
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
