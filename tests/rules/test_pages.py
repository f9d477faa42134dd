"""What every rule must have: a page that says what the rule does, and that the rule keeps to."""

import re
from pathlib import Path

import pytest

from pgsurvive import Config, Finding, all_rules, check_paths
from pgsurvive.rules import Rule, find, rules_for
from tests.docs.configuration import marks
from tests.docs.page import Block, Page

RULES = all_rules()
SECTIONS = ["What it finds", "What you lose", "Proof", "Bad", "Good", "When to ignore it", "Source"]

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def _blocks(rule: Rule, section: str) -> list[Block]:
    return [b for b in Page.read(rule.page).blocks if b.section == section and b.title is not None]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, empty and under no other pgsurvive.toml, where a page's blocks become files."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _check(desk: Path, block: Block, config: Config | None = None) -> tuple[Finding, ...]:
    """What is found in the block, as the only file of a directory of its own."""
    file = desk / str(block.line) / str(block.title)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.source)
    result = check_paths([str(block.line)], config=config or Config())
    assert result.checked == (f"{block.line}/{block.title}",), (
        f"the block in line {block.line} is taken for nothing pgsurvive knows"
    )
    return result.findings


@every_rule
def test_a_page_has_the_sections_in_order(rule: Rule) -> None:
    text = rule.page.read_text()
    assert text.startswith(f"# {rule.name} ({rule.code})\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS


@every_rule
def test_the_bad_blocks_are_flagged_on_exactly_the_marked_lines(rule: Rule, desk: Path) -> None:
    blocks = _blocks(rule, "Bad")
    assert blocks, "a page shows what it finds"
    for block in blocks:
        expected = {mark for mark in marks(block.source) if mark[1] == rule.code}
        assert expected, f"line {block.line}: nothing is marked {rule.code}"
        found = _check(desk, block, Config(select=(rule.code,)))
        assert {(f.line, f.code) for f in found} == expected, f"the block in line {block.line}"


@every_rule
def test_the_good_blocks_are_clean_of_every_rule(rule: Rule, desk: Path) -> None:
    blocks = _blocks(rule, "Good")
    assert blocks, "a page shows what is right"
    for block in blocks:
        found = _check(desk, block)
        assert [(f.line, f.code) for f in found] == [], f"the block in line {block.line}"


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
