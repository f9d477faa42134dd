"""The hook as a user gets it: pre-commit clones this repository, installs it and refuses a bad commit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

ROOT = Path(__file__).parents[2]
PRE_COMMIT = [sys.executable, "-m", "pre_commit"]


def _git(directory: Path, *arguments: str) -> CompletedProcess[str]:
    identity = ["-c", "user.name=A", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *identity, *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A repository with the working tree's files as its only commit, the way a release would have them."""
    copy = tmp_path / "pgsurvive"
    copy.mkdir()
    listed = _git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z").stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    _git(copy, "init", "-q")
    _git(copy, "add", "-A")
    assert _git(copy, "commit", "-qm", "release").returncode == 0
    return copy


@pytest.mark.timeout(600)
def test_a_bad_commit_is_refused_and_a_good_one_passes(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    repo = tmp_path / "infrastructure"
    repo.mkdir()
    _git(repo, "init", "-q")
    rev = _git(published, "rev-parse", "HEAD").stdout.strip()
    (repo / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {published}\n    rev: {rev}\n    hooks:\n      - id: pgsurvive\n"
    )
    subprocess.run([*PRE_COMMIT, "install"], cwd=repo, check=True, capture_output=True)

    conf = repo / "postgresql.conf"
    conf.write_text("archive_mode = off\n")
    _git(repo, "add", "-A")
    refused = _git(repo, "commit", "-m", "set up the server")
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "postgresql.conf:1:1: error PGS101 archive-mode-off" in refused.stdout + refused.stderr
    assert _git(repo, "rev-parse", "HEAD").returncode != 0, "nothing was committed"

    conf.write_text(
        "archive_mode = on\narchive_command = 'pgbackrest --stanza=main archive-push %p'\narchive_timeout = 60\n"
    )
    _git(repo, "add", "-A")
    passed = _git(repo, "commit", "-m", "archive WAL")
    assert passed.returncode == 0, passed.stdout + passed.stderr

    (repo / "notes.txt").write_text("nothing that pgsurvive knows\n")
    _git(repo, "add", "-A")
    assert _git(repo, "commit", "-m", "take notes").returncode == 0
