"""restore_wal.sh gives the server whole segments, and never lets recovery end early for want of the archive."""

import os
import random
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.skill.faults import Started, missing, read_only, scripts, small_disk
from tests.support.lab import Lab

SEGMENT = "000000010000000000000001"

NOT_ARCHIVED, USAGE, REFUSED, UNREACHABLE, DAMAGED, NOT_RESTORED = 1, 200, 201, 202, 203, 204


@pytest.fixture(scope="module")
def host() -> Iterator[Lab]:
    """Return a lab whose server doesn't run: its WAL is all that is needed."""
    with Lab(18, start=False) as opened:
        yield opened


@pytest.fixture
def archive(host: Lab) -> Path:
    """Return a new archive that holds the server's first segment."""
    directory = host.directory / f"archive.{secrets.token_hex(4)}"
    host.run(["mkdir", directory])
    put_into(directory, host)
    return directory


@pytest.fixture
def target(host: Lab) -> Path:
    folder = host.directory / f"wal.{secrets.token_hex(4)}"
    host.run(["mkdir", folder])
    return folder / "RECOVERYXLOG"


def put_into(archive: Path, host: Lab) -> None:
    host.run(["cp", host.pgdata / "pg_wal" / SEGMENT, archive / SEGMENT])


def restore(
    host: Lab,
    *arguments: str | Path,
    prefix: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> CompletedProcess[str]:
    return host.run([*prefix, "bash", scripts(host) / "restore_wal.sh", *arguments], check=False, env=env)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.majors(14, 18)
def test_recovery_reads_the_archive_through_it_to_the_last_commit(lab: Lab) -> None:
    store, fetch = scripts(lab) / "archive_wal.sh", scripts(lab) / "restore_wal.sh"
    lab.configure(f'archive_mode = on\narchive_command = \'"{store}" "%p" "%f" "$ARCHIVE_DIR"\'')
    lab.restart()
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast -X none')
    lab.psql("CREATE TABLE paid AS SELECT generate_series(1, 5000) AS id")
    lab.archive_now()
    lab.psql("INSERT INTO paid VALUES (5001)")
    lab.archive_now()

    lab.kill()
    lab.run('rm -r "$PGDATA" && cp -a "$BACKUP_DIR/base" "$PGDATA" && touch "$PGDATA/recovery.signal"')
    lab.configure(f'restore_command = \'"{fetch}" "%f" "%p" "$ARCHIVE_DIR"\'')
    lab.start()
    lab.wait_until("SELECT NOT pg_is_in_recovery()")

    assert lab.psql("SELECT count(*) FROM paid") == "5001"


@pytest.mark.majors(14, 18)
def test_recovery_stops_instead_of_ending_early_while_the_archive_is_not_mounted(lab: Lab) -> None:
    fetch = scripts(lab) / "restore_wal.sh"
    lab.configure('archive_mode = on\narchive_command = \'cp "%p" "$ARCHIVE_DIR/%f"\'')
    lab.restart()
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast -X stream')
    lab.psql("CREATE TABLE paid AS SELECT 1 AS id")
    lab.archive_now()
    lab.kill()
    lab.run('rm -r "$PGDATA" && cp -a "$BACKUP_DIR/base" "$PGDATA" && touch "$PGDATA/recovery.signal"')
    lab.run('mv "$ARCHIVE_DIR" "$ARCHIVE_DIR.elsewhere"')
    lab.configure(f'restore_command = \'"{fetch}" "%f" "%p" "$ARCHIVE_DIR"\'')

    with pytest.raises(AssertionError, match="is it mounted"):
        lab.start()

    lab.run('mv "$ARCHIVE_DIR.elsewhere" "$ARCHIVE_DIR"')
    lab.start()
    lab.wait_until("SELECT NOT pg_is_in_recovery()")
    assert lab.psql("SELECT count(*) FROM paid") == "1"


@pytest.mark.server
class TestOneFile:
    def test_is_copied_whole_and_leaves_nothing_beside_it(
        self, host: Lab, archive: Path, target: Path
    ) -> None:
        done = restore(host, SEGMENT, target, archive)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert target.read_bytes() == (archive / SEGMENT).read_bytes()
        assert left_in(target.parent) == [target.name]

    def test_is_restored_again_with_success(self, host: Lab, archive: Path, target: Path) -> None:
        assert [restore(host, SEGMENT, target, archive).returncode for _ in range(2)] == [0, 0]

    def test_is_refused_where_other_content_is(self, host: Lab, archive: Path, target: Path) -> None:
        host.write(target, "another's")
        done = restore(host, SEGMENT, target, archive)
        assert done.returncode == REFUSED
        assert "exists with other content" in done.stderr
        assert target.read_text() == "another's"

    def test_that_was_never_archived_is_the_only_one_reported_as_missing(
        self, host: Lab, archive: Path, target: Path
    ) -> None:
        assert restore(host, "000000010000000000000002", target, archive).returncode == NOT_ARCHIVED
        assert restore(host, "00000002.history", target, archive).returncode == NOT_ARCHIVED

    def test_that_is_cut_short_stops_recovery(self, host: Lab, archive: Path, target: Path) -> None:
        for size in (0, 20, 8192, 16 * 1024 * 1024 - 1):
            put_into(archive, host)
            os.truncate(archive / SEGMENT, size)
            assert restore(host, SEGMENT, target, archive).returncode == DAMAGED
        assert not target.exists()

    def test_of_zeros_stops_recovery(self, host: Lab, archive: Path, target: Path) -> None:
        (archive / SEGMENT).write_bytes(bytes(16 * 1024 * 1024))
        assert restore(host, SEGMENT, target, archive).returncode == DAMAGED

    def test_that_cannot_be_read_stops_recovery(self, host: Lab, archive: Path, target: Path) -> None:
        (archive / SEGMENT).chmod(0)
        assert restore(host, SEGMENT, target, archive).returncode == UNREACHABLE

    def test_is_asked_for_again_by_a_standby_whose_archive_is_away(self, host: Lab, target: Path) -> None:
        away = host.directory / "away"
        assert restore(host, SEGMENT, target, away).returncode == UNREACHABLE
        assert restore(host, "--standby", SEGMENT, target, away).returncode == NOT_ARCHIVED

    def test_for_which_there_is_no_space_stops_recovery(self, host: Lab, archive: Path, target: Path) -> None:
        done = restore(host, SEGMENT, target, archive, prefix=small_disk(1024))
        assert done.returncode == NOT_RESTORED
        assert left_in(target.parent) == []
        assert restore(host, SEGMENT, target, archive).returncode == 0

    def test_into_a_folder_that_is_read_only_or_missing_stops_recovery(
        self, host: Lab, archive: Path, target: Path
    ) -> None:
        with read_only(target.parent):
            assert restore(host, SEGMENT, target, archive).returncode == NOT_RESTORED
        assert restore(host, SEGMENT, host.directory / "no" / "file", archive).returncode == NOT_RESTORED

    @pytest.mark.parametrize("program", ["cp", "stat", "od", "mktemp", "sync", "ln", "dirname", "ls", "tr"])
    def test_stops_recovery_when_a_program_is_missing(
        self, host: Lab, archive: Path, target: Path, program: str
    ) -> None:
        segment = SEGMENT if program != "ls" else "000000010000000000000002"
        with missing(host, program) as env:
            assert restore(host, segment, target, archive, env=env).returncode > 125
        assert not target.exists()

    def test_is_whole_or_absent_whenever_the_script_is_killed(
        self, host: Lab, archive: Path, target: Path
    ) -> None:
        moments = random.Random(4)  # noqa: S311
        content = (archive / SEGMENT).read_bytes()
        for _ in range(12):
            started = Started(host, "restore_wal.sh", SEGMENT, target, archive)
            time.sleep(moments.uniform(0, 0.06))
            started.kill()
            assert not target.exists() or target.read_bytes() == content
        assert restore(host, SEGMENT, target, archive).returncode == 0
        assert target.read_bytes() == content

    def test_asked_for_twice_at_once_is_whole(self, host: Lab, archive: Path, target: Path) -> None:
        both = [Started(host, "restore_wal.sh", SEGMENT, target, archive) for _ in range(2)]
        statuses = [started.process.wait(30) for started in both]
        assert 0 in statuses
        assert all(status == 0 or status > 125 for status in statuses)
        assert target.read_bytes() == (archive / SEGMENT).read_bytes()

    def test_is_only_looked_at_by_a_dry_run(self, host: Lab, archive: Path, target: Path) -> None:
        done = restore(host, "--dry-run", SEGMENT, target, archive)
        assert done.stdout == f'{{"result": "available", "name": "{SEGMENT}", "bytes": 16777216}}\n'
        assert not target.exists()

    @pytest.mark.parametrize("arguments", [(), ("a", "b"), ("pg_wal/x", SEGMENT, "/srv"), ("--force",)])
    def test_needs_a_well_formed_request(self, host: Lab, arguments: tuple[str, ...]) -> None:
        done = restore(host, *arguments)
        assert done.returncode == USAGE
        assert "--help" in done.stderr or "order is" in done.stderr
