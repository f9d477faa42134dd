"""archive_wal.sh says that a segment is stored only when it is, whole, and spares what is there."""

import random
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.skill.faults import Started, missing, read_only, scripts, small_disk
from tests.support.lab import Lab

pytestmark = pytest.mark.server

SEGMENT = "000000010000000000000001"

STORED, NOT_STORED, USAGE, REFUSED = 0, 1, 2, 3


@pytest.fixture(scope="module")
def host() -> Iterator[Lab]:
    """Return a lab whose server doesn't run: its WAL is all that is needed."""
    with Lab(18, start=False) as opened:
        yield opened


@pytest.fixture
def archive(host: Lab) -> Path:
    directory = host.directory / f"archive.{secrets.token_hex(4)}"
    host.run(["mkdir", directory])
    return directory


@pytest.fixture
def segment(host: Lab) -> Path:
    return host.pgdata / "pg_wal" / SEGMENT


def store(
    host: Lab,
    segment: Path,
    archive: Path,
    *,
    name: str = SEGMENT,
    prefix: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> int:
    command = [*prefix, "bash", *map(str, (scripts(host) / "archive_wal.sh", segment, name, archive))]
    return host.run(command, check=False, env=env).returncode


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_segment_is_stored_whole_once_and_again(host: Lab, segment: Path, archive: Path) -> None:
    assert [store(host, segment, archive) for _ in range(2)] == [STORED, STORED]
    assert left_in(archive) == [SEGMENT]
    assert (archive / SEGMENT).read_bytes() == segment.read_bytes()


def test_other_content_under_the_name_stays(host: Lab, segment: Path, archive: Path) -> None:
    host.write(archive / SEGMENT, "another server's")
    assert store(host, segment, archive) == REFUSED
    assert (archive / SEGMENT).read_text() == "another server's"


def test_nothing_is_stored_without_space(host: Lab, segment: Path, archive: Path) -> None:
    assert store(host, segment, archive, prefix=small_disk(1024)) == NOT_STORED
    assert left_in(archive) == []
    assert store(host, segment, archive) == STORED


def test_nothing_is_stored_in_a_read_only_or_missing_directory(
    host: Lab, segment: Path, archive: Path
) -> None:
    with read_only(archive):
        assert store(host, segment, archive) == NOT_STORED
    assert store(host, segment, archive / "away") == NOT_STORED
    assert left_in(archive) == []


def test_a_segment_that_has_vanished_is_not_stored(host: Lab, archive: Path) -> None:
    assert store(host, host.pgdata / "pg_wal" / "gone", archive) == NOT_STORED
    assert left_in(archive) == []


@pytest.mark.parametrize("program", ["cp", "mktemp", "sync", "ln"])
def test_a_missing_program_is_no_success(host: Lab, segment: Path, archive: Path, program: str) -> None:
    with missing(host, program) as env:
        assert 0 < store(host, segment, archive, env=env) <= 125
    assert store(host, segment, archive) == STORED


def test_without_cmp_what_is_there_is_neither_trusted_nor_replaced(
    host: Lab, segment: Path, archive: Path
) -> None:
    host.write(archive / SEGMENT, "another server's")
    with missing(host, "cmp") as env:
        assert store(host, segment, archive, env=env) == NOT_STORED
    assert (archive / SEGMENT).read_text() == "another server's"


def test_killed_at_any_moment_it_leaves_a_whole_segment_or_none(
    host: Lab, segment: Path, archive: Path
) -> None:
    moments = random.Random(5)  # noqa: S311 - the same moments in each run
    content = segment.read_bytes()
    for _ in range(12):
        started = Started(host, "archive_wal.sh", segment, SEGMENT, archive)
        time.sleep(moments.uniform(0, 0.06))
        started.kill()
        assert not (archive / SEGMENT).exists() or (archive / SEGMENT).read_bytes() == content
    assert store(host, segment, archive) == STORED
    assert left_in(archive) == [SEGMENT]


def test_of_two_servers_that_archive_into_one_place_one_is_refused(host: Lab, archive: Path) -> None:
    segments = [host.write(f"segment.{number}", number * 4096) for number in ("1", "2")]
    both = [Started(host, "archive_wal.sh", segment, SEGMENT, archive) for segment in segments]
    statuses = [started.process.wait(30) for started in both]
    statuses = [
        store(host, segment, archive) if status == NOT_STORED else status
        for status, segment in zip(statuses, segments, strict=True)
    ]
    assert sorted(statuses) == [STORED, REFUSED]
    assert (archive / SEGMENT).read_text() == segments[statuses.index(STORED)].read_text()


def test_swapped_arguments_store_nothing(host: Lab, segment: Path, archive: Path) -> None:
    assert store(host, Path(SEGMENT), archive, name=str(segment)) == USAGE
    assert left_in(archive) == []
