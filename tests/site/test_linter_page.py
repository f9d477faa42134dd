"""The page about the linter, and the home page, do what they show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

from tests.docs.compare import difference, matches
from tests.docs.page import Page
from tests.site.conftest import BIN, DOCS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docs.page import Block

NEWEST = 18


def run(block: Block, directory: Path) -> None:
    """Run a block as a user would who has pgsurvive installed, and compare what it prints with the page."""
    shell = ["bash", "-euo", "pipefail", "-c"]
    interpreter = shell if block.language == "bash" else [sys.executable, "-c"]
    result = subprocess.run(
        [*interpreter, block.source],
        cwd=directory,
        env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "NO_COLOR": "1", "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    where = f"line {block.line}: {block.source}"
    assert result.returncode == block.directives.exit, f"{where}\n{result.stdout}"
    if (expected := block.expected(NEWEST)) is not None:
        assert matches(expected.source, result.stdout), (
            f"{where}\n{difference(expected.source, result.stdout)}"
        )


def test_the_page_does_what_it_shows(tmp_path: Path) -> None:
    for directory in ("deploy", "ansible/files"):
        (tmp_path / directory).mkdir(parents=True)
    executed = 0
    for block in Page.read(DOCS / "linter.md").blocks:
        if block.title and block.language != "text":
            file = tmp_path / block.title
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.source)
        elif block.language in {"bash", "python"} and block.directives.why_not(NEWEST) is None:
            run(block, tmp_path)
            executed += 1
    assert executed >= len(["check", "rule", "--pg", "json", "python"])


def test_the_ignores_that_the_page_shows_are_needed_and_silence_everything(tmp_path: Path) -> None:
    (block,) = (b for b in Page.read(DOCS / "linter.md").blocks if b.title == "staging/postgresql.conf")
    file = tmp_path / "postgresql.conf"
    pgsurvive = [str(BIN / "pgsurvive"), "check", file.name]
    file.write_text(block.source)
    assert subprocess.run(pgsurvive, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    file.write_text(re.sub(r"# pgsurvive:.*", "", block.source))
    found = subprocess.run(pgsurvive, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert found.returncode == 1
    for codes in re.findall(r"ignore\[([\w,]+)\]", block.source):
        assert not [code for code in codes.split(",") if code not in found.stdout]


def test_the_hook_that_the_page_names_exists_and_has_the_version_of_the_package() -> None:
    (block,) = (b for b in Page.read(DOCS / "linter.md").blocks if b.title == ".pre-commit-config.yaml")
    (hook,) = re.findall(r"id: (\S+)", block.source)
    (revision,) = re.findall(r"rev: v(\S+)", block.source)
    assert f"id: {hook}\n" in (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert revision == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
