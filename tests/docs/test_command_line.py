"""`python -m tests.docs`, as a person uses it."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.docs.page import ROOT
from tests.docs.test_runner import processes

pytestmark = pytest.mark.majors(18)


def test_update_records_what_is_printed_and_keeps_elisions_that_hold(tmp_path: Path, major: int) -> None:
    before = """# Page

- item

  ```bash
  echo one; echo "at $RANDOM o'clock"; echo three
  ```

  ```text title="Output"
  one
  at ... o'clock
  two
  ```

```bash
echo same $RANDOM
```

```text title="Output"
same ...
```
"""
    page = tmp_path / "page.md"
    page.write_text(before)
    command = [sys.executable, "-m", "tests.docs", "run", str(page), "--pg", str(major), "--update"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert page.read_text() == before.replace("  two\n", "  three\n")


def test_the_command_line_shows_each_block_and_its_output_without_colors_off_a_terminal(
    tmp_path: Path, major: int
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n## First\n\n```bash\necho hello\n```\n")
    command = [sys.executable, "-m", "tests.docs", "run", str(page), "--pg", str(major)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.sub(r"[\d.]+ s$", "N s", done.stdout, flags=re.MULTILINE) == (
        f"{page} on PostgreSQL 18\n\n  First\n\n    echo hello\n    | hello\n\n"
        f"ok {page} on PostgreSQL 18: 1 run, 0 skipped, 0 shown, N s\n"
    )


@pytest.mark.parametrize(("environment", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colors_are_for_terminals_and_can_be_turned_off(
    tmp_path: Path, major: int, environment: dict[str, str], *, colored: bool
) -> None:
    page = tmp_path / "page.md"
    page.write_text("```bash\necho hello\n```\n")
    command = [sys.executable, "-m", "tests.docs", "run", str(page), "--pg", str(major)]
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    done = subprocess.run(command, cwd=ROOT, stdout=theirs, env={**inherited, **environment}, check=False)
    written = os.read(ours, 10_000)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0
    assert (b"\x1b[36m    echo hello\x1b[0m" in written, b"\x1b" in written) == (colored, colored)


def test_the_command_line_tells_by_its_status_what_happened(tmp_path: Path, major: int) -> None:
    page = tmp_path / "page.md"
    page.write_text("```bash\nfalse\n```\n")
    command = [sys.executable, "-m", "tests.docs", "run", "--quiet", "--pg", str(major)]
    failed = subprocess.run([*command, str(page)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert f"{page}:2: exit status 1 instead of 0" in failed.stdout
    missing = subprocess.run([*command, "nowhere.md"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (missing.returncode, missing.stderr) == (2, "nowhere.md: No such file or directory\n")


def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path, major: int) -> None:
    page = tmp_path / "page.md"
    page.write_text("```bash\nsleep 16180.3\n```\n")
    command = [sys.executable, "-m", "tests.docs", "run", str(page), "--pg", str(major)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as runner:
        deadline = time.monotonic() + 60
        while not (sleeping := processes(b"16180.3")) and time.monotonic() < deadline:
            time.sleep(0.05)
        environment = Path(f"/proc/{sleeping[0]}/environ").read_bytes().split(b"\0")
        directory = next(Path(os.fsdecode(entry[4:])) for entry in environment if entry.startswith(b"LAB="))
        assert directory.is_dir()
        runner.send_signal(signal.SIGINT)
        _, errors = runner.communicate(timeout=60)
    assert (runner.returncode, errors) == (130, "\ninterrupted; the lab is gone\n")
    assert not directory.exists()
    assert not processes(b"16180.3")
