"""The command as a user runs it: a process of its own, its output compared as a whole."""

import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from pgsurvive.rules import all_rules

ROOT = Path(__file__).parents[1]
EXPECTED = Path(__file__).parent / "reports"
ESTATE = "examples/careless-shop"


def _pgsurvive(*arguments: str, cwd: Path = ROOT, **env: str) -> CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pgsurvive", *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_report_for_people() -> None:
    done = _pgsurvive("check", ESTATE)
    assert (done.stdout, done.stderr, done.returncode) == (
        (EXPECTED / "careless-shop.txt").read_text(),
        "",
        1,
    )


def test_the_report_for_programs() -> None:
    done = _pgsurvive("check", ESTATE, "--format", "json")
    assert (done.stdout, done.stderr, done.returncode) == (
        (EXPECTED / "careless-shop.json").read_text(),
        "",
        1,
    )


def test_the_readme_shows_what_the_linter_says(tmp_path: Path) -> None:
    conf = "archive_timeout = 60\narchive_mode = on\n\n\n\n\narchive_command = 'rsync -a %p backup@vault:/wal/%f || true'\n"
    (tmp_path / "postgresql.conf").write_text(conf)
    shown = (ROOT / "README.md").read_text().partition("```text\n")[2].partition("```")[0]
    assert _pgsurvive("check", "postgresql.conf", cwd=tmp_path).stdout.startswith(shown)


def test_a_clean_file_is_exit_0(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text("work_mem = 4MB\n")
    done = _pgsurvive("check", ".", cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("1 file checked: nothing found\n", 0)


def test_nothing_to_check_is_exit_2_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("no configuration here\n")
    done = _pgsurvive("check", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "pgsurvive: nothing to check: looked at 1 file, and none is configuration of PostgreSQL, pgBackRest or "
        "Barman, a script, SQL, a schedule or a container's file\n"
    )
    assert _pgsurvive("check", "--allow-nothing", ".", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["check", "nowhere.conf"], "pgsurvive: nowhere.conf: no such file or directory\n"),
        (["check", ".", "--pg", "13"], "invalid choice: 13"),
        (["check", ".", "--config", "nowhere.toml"], "pgsurvive: nowhere.toml: No such file or directory\n"),
        (["rule", "PGS999"], "pgsurvive: no rule is called PGS999"),
        (["rule", "archive-mode-of"], "did you mean archive-mode-off?"),
        (["check"], "the following arguments are required: PATH"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_what_cannot_run_is_exit_2_with_a_sentence(
    tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    done = _pgsurvive(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_file_that_cannot_be_read_is_named_and_the_rest_checked(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/postgresql.conf").write_text("fsync = off\n")
    (tmp_path / "postgresql.conf").symlink_to("/proc/self/mem")  # fails at the first byte, for root too
    done = _pgsurvive("check", "postgresql.conf", "a", cwd=tmp_path)
    assert done.returncode == 2
    assert "PGS201" in done.stdout
    assert "postgresql.conf: can't be read: Input/output error" in done.stdout


def test_a_rule_prints_its_page() -> None:
    rule = all_rules()[0]
    assert _pgsurvive("rule", rule.name).stdout == rule.page.read_text()


def test_the_rules_are_listed_one_a_line() -> None:
    lines = _pgsurvive("rules").stdout.splitlines()
    assert [line.split()[:3] for line in lines] == [[r.code, r.name, r.severity.value] for r in all_rules()]


def test_the_version_is_printed() -> None:
    assert _pgsurvive("--version").stdout == "pgsurvive 0.1.0\n"


def test_colors_are_for_terminals_and_for_those_who_ask(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text("fsync = off\n")
    assert "\x1b[" not in _pgsurvive("check", ".", cwd=tmp_path).stdout
    assert "\x1b[1;31merror\x1b[0m" in _pgsurvive("check", ".", "--color", "always", cwd=tmp_path).stdout


def test_no_color_is_honored_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text("fsync = off\n")
    assert "\x1b[" in _on_a_terminal(tmp_path, NO_COLOR="", TERM="xterm")
    assert "\x1b[" not in _on_a_terminal(tmp_path, NO_COLOR="1", TERM="xterm")


def _on_a_terminal(directory: Path, **env: str) -> str:
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "pgsurvive", "check", "."],
        cwd=directory,
        env={**os.environ, **env},
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        chunks = []
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:  # what Linux says at the end of a terminal
                break
            if not chunk:
                break
            chunks.append(chunk)
    os.close(ours)
    assert process.returncode == 1
    return b"".join(chunks).decode()


def test_a_reader_that_leaves_early_causes_no_complaint() -> None:
    command = f"{sys.executable} -m pgsurvive check {ESTATE} | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_names_and_text_that_no_encoding_takes_are_reported(tmp_path: Path) -> None:
    directory = tmp_path / os.fsdecode(b"\xff")
    directory.mkdir()
    (directory / "postgresql.conf").write_bytes(b"fsync = off # \xfe\xff\x1b[31m\n")
    done = _pgsurvive("check", ".", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "\\xff/postgresql.conf:1:1: error PGS201" in done.stdout
    assert "\x1b" not in done.stdout


def test_secrets_never_show(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text(
        "archive_mode = on\narchive_command = 'AWS_SECRET_ACCESS_KEY=hunter2 aws s3 cp %p s3://b/%f || true'\n"
    )
    for form in ("text", "json"):
        done = _pgsurvive("check", ".", "--format", form, cwd=tmp_path)
        assert "PGS103" in done.stdout
        assert "hunter2" not in done.stdout


def test_json_counts_columns_in_characters(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text("archive_command = 'ä; true' # ä\narchive_mode = on\n")
    found = json.loads(_pgsurvive("check", ".", "--format", "json", cwd=tmp_path).stdout)["findings"]
    places = [(f["line"], f["column"], f["end_column"]) for f in found if f["code"] == "PGS103"]
    assert places == [(1, 20, 27)]
