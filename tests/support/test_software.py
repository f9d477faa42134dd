"""Programs come into the cache whole, verified and once, or an error says what to do."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import cache
from tests.support.cache import SoftwareError, cached, output_of
from tests.support.chromium import chromium
from tests.support.postgresql import postgresql, verify, whole

ROOT = Path(__file__).parents[2]

BUILD_SLOWLY = """
import sys, time
from tests.support.cache import cached

def build(directory):
    (directory / "half").touch()
    time.sleep(1)
    (directory / "whole").touch()
    print("built")

cached("program", build)
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    """Return a directory that the servers' account can enter, unlike tmp_path."""
    with tempfile.TemporaryDirectory(prefix="pgs.") as path:
        Path(path).chmod(0o755)
        yield Path(path)


@pytest.fixture
def empty_cache(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PGSURVIVE_CACHE", str(directory / "cache"))
    cache.cache_directory.cache_clear()
    yield directory / "cache"
    cache.cache_directory.cache_clear()


def start_build() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", BUILD_SLOWLY], stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_two_processes_that_need_a_program_build_it_once(empty_cache: Path) -> None:
    builds = [start_build(), start_build()]
    said = [build.communicate(timeout=30)[0] for build in builds]
    assert sorted(said) == ["", "built\n"]
    assert (empty_cache / "program" / "whole").exists()


def test_a_killed_build_leaves_nothing_that_is_taken_for_the_program(empty_cache: Path) -> None:
    with start_build() as build:
        while not list(empty_cache.glob(".program.*.new/half")):
            assert build.poll() is None
            time.sleep(0.02)
        build.kill()
    assert not (empty_cache / "program").exists()
    cached("program", lambda directory: (directory / "whole").touch())
    assert [path.name for path in empty_cache.iterdir() if path.is_dir()] == ["program"]
    assert [path.name for path in (empty_cache / "program").iterdir()] == ["whole"]


def test_a_failed_build_is_tried_again(empty_cache: Path) -> None:
    def fail(directory: Path) -> None:
        (directory / "half").touch()
        raise SoftwareError("no network")

    with pytest.raises(SoftwareError, match="no network"):
        cached("program", fail)
    assert not (empty_cache / "program").exists()
    assert cached("program", lambda directory: (directory / "whole").touch()) == empty_cache / "program"


def test_a_cache_that_cannot_be_made_names_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PGSURVIVE_CACHE", str(tmp_path / "file" / "cache"))
    cache.cache_directory.cache_clear()
    with pytest.raises(SoftwareError, match="set PGSURVIVE_CACHE to a writable directory"):
        cache.cache_directory()
    cache.cache_directory.cache_clear()


def test_a_file_with_another_digest_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "postgresql.whl"
    wheel.write_bytes(b"postgresql")
    verify(wheel, hashlib.sha256(b"postgresql").hexdigest())
    with pytest.raises(SoftwareError, match="not the pinned 0000; it is not used"):
        verify(wheel, "0000")


def test_a_failing_command_is_told_with_what_it_said() -> None:
    with pytest.raises(
        SoftwareError, match=r"cannot list\n  ls /nowhere: exit status 2\n  ls: .*No such file"
    ):
        output_of(["ls", "/nowhere"], what="cannot list")


def test_an_installation_that_lacks_a_program_is_not_used(major: int, directory: Path) -> None:
    installed = postgresql(major)
    for name in ("bin", "lib", "share"):
        (directory / name).mkdir()
    for program in installed.bindir.iterdir():
        (directory / "bin" / program.name).symlink_to(program)
    assert whole(directory / "bin", major)
    (directory / "bin" / "pg_waldump").unlink()
    assert whole(directory / "bin", major) is None


def test_an_installation_of_another_major_is_not_used() -> None:
    assert whole(postgresql(17).bindir, 17)
    assert whole(postgresql(17).bindir, 18) is None


def test_an_installation_without_contrib_is_not_used(directory: Path) -> None:
    copy = directory / "postgresql"
    shutil.copytree(postgresql(18).bindir.parent, copy, symlinks=True)
    assert whole(copy / "bin", 18)
    (extension,) = copy.glob("share/**/amcheck.control")
    extension.unlink()
    assert whole(copy / "bin", 18) is None


def test_everything_is_ready_and_said_to_be_when_asked_again() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.software"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    names = [line.partition(" ... ")[0] for line in lines]
    servers = [f"postgresql {major}" for major in (14, 15, 16, 17, 18)]
    assert names == [*servers, "pgbackrest", "pgbackrest 2.45", "barman", "s3", "promtool", "chromium"]
    assert [line for line in lines if " ready in /" not in line] == []
    assert (done.returncode, done.stderr) == (0, "")


def test_a_machine_without_a_browser_is_told_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SoftwareError, match="make software installs it"):
        chromium.__wrapped__()
