"""What a commit pays for: only what a file needs is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"sqlglot", "pydantic", "ruamel", "tree_sitter", "tree_sitter_bash", "pathspec", "psycopg", "pygls"}


BETWEEN_FILES = "pgsurvive.estate.estate"


def _imported(directory: Path, *options: str) -> set[str]:
    return {name.partition(".")[0] for name in _modules(directory, *options)} & HEAVY


def _modules(directory: Path, *options: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pgsurvive", "check", ".", *options],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return {
        line.rpartition("|")[2].strip()
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    }


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("postgresql.conf", "fsync = off\narchive_mode = off\n", set()),
        (
            "postgresql.conf",
            "archive_mode = on\narchive_command = 'cp %p /a/%f'\n",
            {"tree_sitter", "tree_sitter_bash"},
        ),
        ("init.sh", "initdb -D x\n", {"tree_sitter", "tree_sitter_bash"}),
        (
            "compose.yaml",
            "services:\n  db:\n    image: postgres\n    command: ['-c', 'fsync=off']\n",
            {"ruamel"},
        ),
        ("init.sh", "echo nothing about databases\n", set()),
    ],
)
def test_a_file_imports_only_what_it_needs(tmp_path: Path, name: str, text: str, expected: set[str]) -> None:
    (tmp_path / name).write_text(text)
    assert _imported(tmp_path) == expected


def test_a_configuration_file_is_what_brings_in_pydantic(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text("fsync = off\n")
    (tmp_path / "pgsurvive.toml").write_text("pg = 16\n")
    assert _imported(tmp_path) == {"pydantic"}


def test_files_are_compared_only_where_two_of_them_have_to_agree(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text("port = 5433\n")
    (tmp_path / "backup.sh").write_text("echo nothing\n")
    assert BETWEEN_FILES not in _modules(tmp_path)
    (tmp_path / "pgbackrest.conf").write_text("[global]\nrepo1-path=/srv/repo\n")
    assert BETWEEN_FILES in _modules(tmp_path)
