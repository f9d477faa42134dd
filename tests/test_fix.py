import re
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from pgsurvive import Rule, all_rules, check_text
from pgsurvive.fix import fixed
from tests.docs.page import Page

BAD = (
    "archive_mode = on\r\narchive_timeout = 0 # why\nfsync = 'off'\nFull_Page_Writes off\n"
    "search_path = 'password=hunter2 \xe4'\n"
)
FIXED = (
    "archive_mode = on\r\narchive_timeout = 60 # why\nfsync = on\nFull_Page_Writes on\n"
    "search_path = 'password=hunter2 \xe4'\n"
)


def _pgsurvive(directory: Path, *arguments: str) -> CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pgsurvive", "check", *arguments, "postgresql.conf"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_fix_changes_the_value_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "postgresql.conf"
    file.write_bytes(BAD.encode("latin-1"))
    file.chmod(0o640)
    done = _pgsurvive(tmp_path, "--fix")
    assert file.read_bytes() == FIXED.encode("latin-1")
    assert file.stat().st_mode & 0o777 == 0o640
    assert done.stderr.splitlines() == [
        "pgsurvive: postgresql.conf:2: fixed PGS108: set archive_timeout to 60",
        "pgsurvive: postgresql.conf:3: fixed PGS201: set fsync to on",
        "pgsurvive: postgresql.conf:4: fixed PGS202: set full_page_writes to on",
    ]
    assert "PGS201" not in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["postgresql.conf"]


def test_a_diff_shows_the_fixes_without_secrets_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "postgresql.conf"
    file.write_bytes(BAD.encode("latin-1"))
    done = _pgsurvive(tmp_path, "--diff")
    assert file.read_bytes() == BAD.encode("latin-1")
    assert done.returncode == 1
    assert "\n-fsync = 'off'\n" in done.stdout
    assert "\n+fsync = on\n" in done.stdout
    assert "hunter2" not in done.stdout


def test_a_file_with_syntax_errors_is_left_alone() -> None:
    findings = check_text("fsync = off\nnonsense\n", "postgresql.conf")
    assert "PGS201" in {f.code for f in findings}
    assert list(fixed(findings)) == []


def test_what_a_command_line_sets_is_left_alone() -> None:
    findings = check_text("postgres -D x -c fsync=off\n", "start.sh")
    assert [f.code for f in findings] == ["PGS201"]
    assert list(fixed(findings)) == []


def test_a_silenced_finding_is_not_fixed(tmp_path: Path) -> None:
    text = "fsync = off  # pgsurvive: ignore[PGS201] scratch data\n"
    (tmp_path / "postgresql.conf").write_text(text)
    assert _pgsurvive(tmp_path, "--fix").returncode == 0
    assert (tmp_path / "postgresql.conf").read_text() == text


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_fix_leads_to_a_file_that_no_longer_has_the_finding(rule: Rule) -> None:
    for block in Page.read(rule.page).blocks:
        if block.section != "Bad" or block.title is None:
            continue
        findings = check_text(block.source, block.title)
        for file in fixed(f for f in findings if f.code == rule.code):
            again = check_text(file.text, block.title)
            left = [f for f in again if f.code == rule.code]
            assert len(left) == sum(f.code == rule.code and f.fix is None for f in findings)
            assert len(again) < len(findings), "a fix brings no new finding"


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_page_says_what_its_fix_does(rule: Rule) -> None:
    page = Page.read(rule.page)
    offers = {
        finding.fix.description
        for block in page.blocks
        if block.section == "Bad" and block.title is not None
        for finding in check_text(block.source, block.title)
        if finding.code == rule.code and finding.fix is not None
    }
    for description in offers:
        if description.startswith("rename "):
            assert "`--fix` renames it" in page.text
            continue
        setting = re.fullmatch(r"set \w+ to (.+)", description)
        assert (f"`--fix` sets it to `{setting[1]}`" if setting else "`--fix`") in page.text
