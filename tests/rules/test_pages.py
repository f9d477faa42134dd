"""What every rule must have: a page that says what the rule does, and that the rule keeps to."""

import re
from bisect import bisect
from pathlib import Path
from typing import NamedTuple

import pytest

from pgsurvive import Config, Finding, all_rules, check_paths
from pgsurvive.rules import Rule, find, rules_for
from tests.docs.configuration import marks
from tests.docs.page import Block, Page

RULES = all_rules()
SECTIONS = ["What it finds", "What you lose", "Proof", "Bad", "Good", "When to ignore it", "Source"]
BETWEEN_FILES = [rule for rule in RULES if rule.applies_to.__name__ == "Estate"]

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


class Fixture(NamedTuple):
    """The files of one check: a block alone, or, for a rule about several files, all blocks under one heading."""

    line: int
    blocks: list[Block]

    @property
    def marks(self) -> set[tuple[str, int, str]]:
        """File, line and code of what the blocks mark."""
        return {(str(b.title), line, code) for b in self.blocks for line, code in marks(b.source)}


def _fixtures(rule: Rule, section: str) -> list[Fixture]:
    page = Page.read(rule.page)
    blocks = [b for b in page.blocks if b.section == section and b.title is not None]
    if rule not in BETWEEN_FILES:
        return [Fixture(block.line, [block]) for block in blocks]
    headings = [number for number, line in enumerate(page.text.splitlines(), 1) if line.startswith("###")]
    together: dict[int, list[Block]] = {}
    for block in blocks:
        above = bisect(headings, block.line)
        together.setdefault(headings[above - 1] if above else 0, []).append(block)
    return [Fixture(files[0].line, files) for files in together.values()]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, empty and under no other pgsurvive.toml, where a page's blocks become files."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _check(desk: Path, fixture: Fixture, config: Config | None = None) -> tuple[Finding, ...]:
    """What is found in the blocks, as the only files of a directory of their own."""
    for block in fixture.blocks:
        file = desk / str(fixture.line) / str(block.title)
        assert not file.exists(), f"line {block.line}: there is a {block.title} under this heading already"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.source)
    result = check_paths([str(fixture.line)], config=config or Config())
    assert set(result.checked) == {f"{fixture.line}/{block.title}" for block in fixture.blocks}, (
        f"a block at line {fixture.line} is taken for nothing pgsurvive knows"
    )
    return result.findings


def _found(fixture: Fixture, findings: tuple[Finding, ...]) -> set[tuple[str, int, str]]:
    return {(f.path.removeprefix(f"{fixture.line}/"), f.line, f.code) for f in findings}


@every_rule
def test_a_page_has_the_sections_in_order(rule: Rule) -> None:
    text = rule.page.read_text()
    assert text.startswith(f"# {rule.name} ({rule.code})\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS


@every_rule
def test_the_bad_blocks_are_flagged_on_exactly_the_marked_lines(rule: Rule, desk: Path) -> None:
    fixtures = _fixtures(rule, "Bad")
    assert fixtures, "a page shows what it finds"
    for fixture in fixtures:
        expected = {mark for mark in fixture.marks if mark[2] == rule.code}
        assert expected, f"line {fixture.line}: nothing is marked {rule.code}"
        found = _check(desk, fixture, Config(select=(rule.code,)))
        assert _found(fixture, found) == expected, f"the block in line {fixture.line}"


@pytest.mark.parametrize("rule", BETWEEN_FILES, ids=lambda rule: rule.code)
def test_a_rule_about_several_files_shows_both_places(rule: Rule, desk: Path) -> None:
    for fixture in _fixtures(rule, "Bad"):
        for finding in _check(desk, fixture, Config(select=(rule.code,))):
            assert {place.path for place in finding.related} - {finding.path}, "the other file is not shown"


@every_rule
def test_the_good_blocks_are_clean_of_every_rule(rule: Rule, desk: Path) -> None:
    fixtures = _fixtures(rule, "Good")
    assert fixtures, "a page shows what is right"
    for fixture in fixtures:
        found = _check(desk, fixture)
        assert _found(fixture, found) == set(), f"the block in line {fixture.line}"


@every_rule
def test_a_page_proves_the_loss_and_the_fix_on_a_real_server(rule: Rule) -> None:
    proof = [b for b in Page.read(rule.page).blocks if b.runs]
    assert len(proof) > 1, "the loss, then the same with the fix"


@every_rule
def test_the_source_is_the_official_documentation(rule: Rule) -> None:
    section = rule.page.read_text().partition("## Source\n")[2]
    assert rule.source.partition("#")[0] in section


def test_codes_and_names_are_each_used_once() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)


@every_rule
def test_a_rule_is_found_by_code_and_by_name_and_by_what_it_applies_to(rule: Rule) -> None:
    assert find(rule.code.lower()) is find(rule.name.replace("-", "_")) is rule
    assert rule in rules_for(rule.applies_to.__name__), "its family does not list the type in SUBJECTS"


@every_rule
def test_a_summary_is_one_sentence(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z][^\n]+\.", rule.summary)
