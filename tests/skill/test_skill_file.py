"""SKILL.md is small, leads to every chapter, and is found by whatever installs skills."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKILL = ROOT / "skills/postgresql-backup-recovery"
TEXT = (SKILL / "SKILL.md").read_text()
REFERENCES = sorted((SKILL / "references").iterdir())
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


def tokens(text: str) -> int:
    """Count the tokens of a text as a widespread encoding does; other models' counts differ by a tenth or two."""
    bpe = pytest.importorskip("rs_bpe.bpe", reason="this Python has no build of the tokenizer")
    return len(bpe.openai.o200k_base().encode(text))


def test_the_skill_fits_into_its_share_of_a_context() -> None:
    assert len(TEXT.splitlines()) < 400
    assert tokens(TEXT) < 4500


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda path: path.stem)
def test_a_chapter_is_small_enough_to_be_loaded_alone(reference: Path) -> None:
    assert tokens(reference.read_text()) < 6500


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda path: path.stem)
def test_the_skill_says_when_to_open_each_chapter(reference: Path) -> None:
    assert f"(references/{reference.name})" in TEXT


@pytest.mark.parametrize("page", [SKILL / "SKILL.md", *REFERENCES], ids=lambda path: path.stem)
def test_every_link_within_the_skill_leads_to_a_file_of_the_skill(page: Path) -> None:
    targets = [(page.parent / link).resolve() for link in LINK.findall(page.read_text())]
    assert not [target for target in targets if not target.is_file() or not target.is_relative_to(SKILL)]


def test_whoever_installs_plugins_finds_the_skill_in_its_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    plugin = json.loads((ROOT / ".claude-plugin/plugin.json").read_text())
    marketplace = json.loads((ROOT / ".claude-plugin/marketplace.json").read_text())
    assert plugin["version"] == version
    assert f'version: "{version}"' in TEXT
    [offered] = marketplace["plugins"]
    assert offered["name"] == plugin["name"]
    assert [(ROOT / offered["source"] / skill).resolve() for skill in offered["skills"]] == [SKILL]
