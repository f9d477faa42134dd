"""A sample of the comparison with Barman; `make differential` makes the whole."""

import os
from pathlib import Path

import pytest

from tests.differential.barman_conf import case_of, compare, real_files
from tests.differential.generate_barman import case
from tests.docs.page import Page

SAMPLE = 300
PAGES = Path("linter/pgsurvive/rules/barman")
CORPUS = os.environ.get("PGSURVIVE_CORPUS")


@pytest.mark.server
def test_generated_configurations_are_read_as_barman_reads_them() -> None:
    assert [f"{each.name}: {found}" for each, found in compare(map(case, range(SAMPLE)))] == []


@pytest.mark.server
def test_what_the_rules_pages_show_and_real_files_are_read_as_barman_reads_them() -> None:
    blocks = [
        (f"{page.name}:{block.line}", block.source)
        for page in sorted(PAGES.glob("*.md"))
        for block in Page.read(page).blocks
        if block.title is not None and "barman" in block.title and block.title.endswith(".conf")
    ]
    assert len(blocks) > 20
    files = [case_of(name, text.encode()) for name, text in blocks if "{{" not in text and "${" not in text]
    files += real_files(Path(CORPUS) / "dev/barman") if CORPUS else []
    assert [f"{each.name}: {found}" for each, found in compare(files)] == []
