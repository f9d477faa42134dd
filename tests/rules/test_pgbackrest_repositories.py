"""What the rules about pgBackRest's repositories say of several files, which a page's block can't show."""

from pathlib import Path

import pytest

from pgsurvive import Config, check_paths

MAIN = """[global]
repo1-path=/var/lib/pgbackrest
repo1-retention-full=1

[main]
pg1-path=/var/lib/postgresql/18/main
"""
SECOND = """[global]
repo2-host=backup1
repo2-retention-full=4
"""


def _found(directory: Path, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    config = Config(select=("PGS409", "PGS41"))
    return [finding.code for finding in check_paths([directory], config=config).findings]


def test_a_repository_in_conf_d_is_a_second_one(tmp_path: Path) -> None:
    assert _found(tmp_path, {"pgbackrest.conf": MAIN}) == ["PGS415", "PGS410"]
    assert _found(tmp_path, {"pgbackrest.conf": MAIN, "conf.d/offsite.conf": SECOND}) == []


@pytest.mark.parametrize("place", ["tests", "ci"])
def test_what_lies_among_tests_is_left_alone(tmp_path: Path, place: str) -> None:
    assert _found(tmp_path, {f"{place}/pgbackrest.conf": MAIN}) == []


def test_of_a_sample_only_what_it_says_is_reported(tmp_path: Path) -> None:
    unset = MAIN.replace("repo1-retention-full=1\n", "")
    assert _found(tmp_path, {"examples/pgbackrest.conf": unset}) == []
