"""A test against real programs that is skipped fails the run; `--pg` chooses the majors."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SUITE = """
import pytest

def test_an_ordinary_skip(): pytest.skip("not on this system")

@pytest.mark.server
def test_a_skip_against_a_server(): pytest.skip("no server today")

def test_a_skip_on_a_major(major):
    if major == 15:
        pytest.skip("not on 15")

@pytest.mark.majors(17, 18)
def test_of_two_majors(major): pass

@pytest.mark.server
def test_of_what_this_machine_lacks(request):
    request.node.add_marker("not_here")
    pytest.skip("no second host")
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "test_suite.py"
    path.write_text(SUITE)
    return path


def outcome(suite: Path, *options: str, allow: bool = False) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PGSURVIVE"))}
    if allow:
        env["PGSURVIVE_ALLOW_SKIP"] = "1"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
    ]
    done = subprocess.run(
        [*command, "--rootdir", str(suite.parent), "-q", *options, str(suite)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_skipped_test_against_a_server_fails_and_shows_its_reason(suite: Path) -> None:
    output = outcome(suite)
    assert "2 failed, 6 passed, 2 skipped" in output
    assert "Skipped: no server today" in output
    assert "a test against real programs must not be skipped" in output


def test_a_test_that_this_machine_cannot_run_is_skipped_with_its_reason(suite: Path) -> None:
    assert "1 skipped" in outcome(suite, "-k", "lacks")
    assert "no second host" in outcome(suite, "-rs", "-k", "lacks")


def test_skips_can_be_allowed_for_a_run(suite: Path) -> None:
    assert "6 passed, 4 skipped" in outcome(suite, allow=True)


def test_the_option_pg_leaves_out_the_other_majors(suite: Path) -> None:
    assert "2 passed, 8 deselected" in outcome(suite, "--pg", "18", "-k", "major")
    assert "3 passed, 7 deselected" in outcome(suite, "--pg", "14", "--pg", "17", "-k", "major")


def test_a_module_that_skips_itself_fails_the_run(suite: Path) -> None:
    suite.write_text('import pytest\npytest.skip("no server today", allow_module_level=True)\n')
    output = outcome(suite)
    assert "1 error" in output
    assert "Skipped: no server today" in output
    assert "1 skipped" in outcome(suite, allow=True)
