"""Every script of the skill explains itself, and asks for nothing."""

import subprocess
from pathlib import Path

import pytest

from tests.skill.faults import SCRIPTS


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.sh")), ids=lambda script: script.name)
def test_help_has_examples_and_exit_statuses(script: Path) -> None:
    done = subprocess.run(
        [script, "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout.startswith(f"Usage: {script.name}")
    assert "xit status" in done.stdout
    assert "Examples:" in done.stdout
    assert done.stderr == ""
