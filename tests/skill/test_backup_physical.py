"""backup_physical.sh: what it calls complete restores, and nothing that happens to it costs an earlier backup."""

import json
import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.skill.faults import (
    Outcome,
    Started,
    killed_at_random,
    missing,
    read_only,
    run,
    small_disk,
    wait_for_orphans,
)
from tests.support.lab import Lab

SCRIPT = "backup_physical.sh"

COMPLETE, NOT_MADE, USAGE, LOCKED, NOT_PRUNED = range(5)


@pytest.fixture(scope="module")
def host() -> Iterator[Lab]:
    """Return a lab that can be backed up incrementally; every test leaves its server running."""
    with Lab(18) as opened:
        summarize(opened)
        yield opened


@pytest.fixture
def backups(host: Lab) -> Path:
    return new_directory(host)


def summarize(lab: Lab) -> None:
    lab.configure("summarize_wal = on")
    lab.restart()


def new_directory(lab: Lab) -> Path:
    directory = lab.directory / f"backups.{secrets.token_hex(4)}"
    lab.run(["mkdir", "-m", "0700", directory])
    return directory


def take(lab: Lab, backups: Path, *options: str) -> str:
    """Take a backup that must succeed, and return its name."""
    outcome = run(lab, SCRIPT, "--directory", backups, *options)
    assert (outcome.status, outcome.result["result"]) == (COMPLETE, "complete"), outcome.messages
    return Path(outcome.result["path"]).name


def names_in(backups: Path) -> list[str]:
    """Return what looks like a backup; whatever else is there has a name that starts with a dot."""
    return sorted(path.name for path in backups.iterdir() if not path.name.startswith("."))


def assert_sound(lab: Lab, backup: Path) -> None:
    lab.run(["pg_verifybackup", "--quiet", backup / "data"])
    assert json.loads((backup / "backup.json").read_text())["name"] == backup.name


def damage(backup: Path) -> None:
    """Change one byte of a table."""
    file = backup / "data" / "base" / "1" / "1255"
    content = bytearray(file.read_bytes())
    content[8200] ^= 1
    file.write_bytes(content)


def start_from(lab: Lab, data: Path) -> None:
    """Let the lab's server run from a copy of the backup."""
    lab.kill()
    lab.run(["rm", "-r", lab.pgdata])
    lab.run(["cp", "-a", data, lab.pgdata])
    lab.start()


@pytest.mark.majors(14, 18)
def test_a_full_backup_restores(lab: Lab) -> None:
    backups = new_directory(lab)
    lab.psql("CREATE TABLE paid AS SELECT generate_series(1, 5000) AS id")
    outcome = run(lab, SCRIPT, "--directory", backups)
    assert outcome.status == COMPLETE
    assert (outcome.result["kind"], outcome.result["full_because"]) == ("full", "")
    assert outcome.result["data_checksums"] == lab.psql("SHOW data_checksums")

    start_from(lab, Path(outcome.result["path"]) / "data")

    assert lab.psql("SELECT count(*) FROM paid") == "5000"


@pytest.mark.majors(17, 18)
def test_a_chain_of_incremental_backups_restores(lab: Lab) -> None:
    summarize(lab)
    backups = new_directory(lab)
    lab.psql("CREATE TABLE paid AS SELECT generate_series(1, 5000) AS id")
    full = take(lab, backups)
    lab.psql("INSERT INTO paid VALUES (5001)")
    first = take(lab, backups, "--incremental")
    lab.psql("INSERT INTO paid VALUES (5002)")
    outcome = run(lab, SCRIPT, "--directory", backups, "--incremental", "--combine", lab.env["BACKUP_DIR"])
    assert (outcome.status, outcome.result["kind"]) == (COMPLETE, "incremental")
    assert outcome.result["chain"] == [full, first]
    assert list(Path(lab.env["BACKUP_DIR"]).iterdir()) == []

    parts = [backups / name / "data" for name in names_in(backups)]
    lab.run(["pg_combinebackup", *parts, "-o", lab.directory / "combined"])
    start_from(lab, lab.directory / "combined")

    assert lab.psql("SELECT count(*) FROM paid") == "5002"


@pytest.mark.majors(14, 18)
def test_where_no_incremental_backup_is_possible_a_full_one_is_taken_and_says_why(
    lab: Lab, major: int
) -> None:
    backups = new_directory(lab)
    outcome = run(lab, SCRIPT, "--directory", backups, "--incremental")
    assert (outcome.status, outcome.result["kind"]) == (COMPLETE, "full")
    why = "summarize_wal is off" if major >= 17 else "the server is older than 17"
    assert outcome.result["full_because"] == why
    assert names_in(backups)[0].endswith(".full")


@pytest.mark.server
class TestAnIncrementalBackup:
    def incremental(self, host: Lab, backups: Path) -> Outcome:
        return run(host, SCRIPT, "--directory", backups, "--incremental")

    def test_is_a_full_one_when_there_is_nothing_to_build_on(self, host: Lab, backups: Path) -> None:
        outcome = self.incremental(host, backups)
        assert (outcome.status, outcome.result["kind"]) == (COMPLETE, "full")
        assert outcome.result["full_because"] == "there is no earlier backup of this server"

    def test_never_builds_on_a_damaged_chain(self, host: Lab, backups: Path) -> None:
        full = take(host, backups)
        take(host, backups, "--incremental")
        damage(backups / full)
        outcome = self.incremental(host, backups)
        assert (outcome.status, outcome.result["kind"]) == (COMPLETE, "full")
        assert outcome.result["full_because"] == f"{full} is damaged"

    def test_is_a_full_one_when_summaries_are_missing(self, host: Lab, backups: Path) -> None:
        take(host, backups)
        host.stop()
        host.run('rm -f "$PGDATA"/pg_wal/summaries/*')
        host.configure("summarize_wal = off")
        host.start()
        host.psql("SELECT pg_switch_wal(); CHECKPOINT; SELECT pg_switch_wal(); CHECKPOINT")
        summarize(host)
        outcome = self.incremental(host, backups)
        assert (outcome.status, outcome.result["kind"]) == (COMPLETE, "full")
        assert "summaries" in outcome.result["full_because"]

    def test_is_taken_of_this_server_only(self, host: Lab, backups: Path) -> None:
        full = take(host, backups)
        description = backups / full / "backup.json"
        host.write(
            description, description.read_text().replace('"system_identifier": "', '"system_identifier": "9')
        )
        outcome = run(host, SCRIPT, "--directory", backups, "--incremental", "--prune", "--keep", "1")
        assert (outcome.result["kind"], outcome.result["removed"]) == ("full", [])


@pytest.mark.server
def test_pruning_removes_whole_chains_that_newer_sound_full_backups_make_redundant(
    host: Lab, backups: Path
) -> None:
    oldest = [take(host, backups), take(host, backups, "--incremental")]
    damaged = take(host, backups)
    damage(backups / damaged)
    newer = [take(host, backups), take(host, backups, "--incremental")]

    tried = run(host, SCRIPT, "--directory", backups, "--incremental", "--prune", "--keep", "2", "--dry-run")
    assert tried.result["removed"] == []
    kept = run(host, SCRIPT, "--directory", backups, "--incremental", "--prune", "--keep", "2")
    assert (kept.result["removed"], kept.result["damaged"]) == ([], [damaged])
    newer.append(Path(kept.result["path"]).name)
    done = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "2")

    assert done.status == COMPLETE
    assert sorted(done.result["removed"]) == [*oldest, damaged]
    assert names_in(backups) == [*newer, Path(done.result["path"]).name]


@pytest.mark.server
def test_killed_while_it_prunes_it_leaves_sound_backups_only(host: Lab, backups: Path) -> None:
    take(host, backups)
    take(host, backups, "--incremental")
    arguments = ("--directory", backups, "--prune", "--keep", "1")
    for _ in killed_at_random(host, SCRIPT, *arguments, begin=0.4, within=1.4, times=4, seed=3):
        wait_for_orphans(host, backups)
        assert names_in(backups)
        assert names_in(backups)[0].endswith(".full")
        for name in names_in(backups):
            assert_sound(host, backups / name)
    last = take(host, backups, "--prune", "--keep", "1")
    assert sorted(path.name for path in backups.iterdir()) == [".lock", last]


@pytest.mark.server
def test_a_backup_that_cannot_be_removed_does_not_hide_that_the_new_one_is_complete(
    host: Lab, backups: Path
) -> None:
    old = take(host, backups)
    (backups / old / "data" / "global").chmod(0o500)
    outcome = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "1")
    assert (outcome.status, outcome.result["result"]) == (NOT_PRUNED, "complete_not_pruned")
    assert_sound(host, Path(outcome.result["path"]))
    take(host, backups)


@pytest.mark.server
class TestAnEarlierBackupStays:
    @pytest.fixture
    def good(self, host: Lab, backups: Path) -> Iterator[str]:
        """Return a backup that is as sound after the test as before, and not joined by anything unsound."""
        name = take(host, backups)
        yield name
        assert name in names_in(backups)
        for each in names_in(backups):
            assert_sound(host, backups / each)

    @pytest.mark.parametrize("options", [[], ["--incremental"]])
    def test_when_the_script_is_killed_at_any_moment(
        self, host: Lab, backups: Path, good: str, options: list[str]
    ) -> None:
        arguments: tuple[str | Path, ...] = ("--directory", backups, *options)
        for moment in killed_at_random(host, SCRIPT, *arguments, within=1, times=4, seed=2):
            for name in names_in(backups):
                assert_sound(host, backups / name)
            assert good in names_in(backups), f"killed after {moment:.3f} s"
        wait_for_orphans(host, backups)
        assert run(host, SCRIPT, *arguments).status == COMPLETE
        assert [path.name for path in backups.iterdir() if path.name.startswith(".")] == [".lock"]

    @pytest.mark.parametrize("kib", [1, 100, 20000])
    def test_when_the_disk_is_full(self, host: Lab, backups: Path, good: str, kib: int) -> None:
        if kib == 20000:
            host.psql("CREATE TABLE large AS SELECT repeat('x', 1800) FROM generate_series(1, 16000)")
        arguments = ("--directory", backups, "--prune", "--keep", "1")
        outcome = run(host, SCRIPT, *arguments, prefix=small_disk(kib))
        host.psql("DROP TABLE IF EXISTS large")
        assert (outcome.status, outcome.result["result"]) == (NOT_MADE, "failed")
        assert names_in(backups) == [good]

    def test_when_the_directory_is_read_only_or_missing(self, host: Lab, backups: Path, good: str) -> None:
        with read_only(backups):
            assert run(host, SCRIPT, "--directory", backups).status == NOT_MADE
        assert run(host, SCRIPT, "--directory", backups / "away").status == NOT_MADE
        assert names_in(backups) == [good]

    def test_when_two_run_at_once(self, host: Lab, backups: Path, good: str) -> None:
        first = slow_backup(host, backups)
        second = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "1")
        assert (second.status, second.result["result"]) == (LOCKED, "failed")
        os.kill(first.process.pid, signal.SIGTERM)
        assert first.outcome().status == 128 + signal.SIGTERM
        assert sorted(path.name for path in backups.iterdir()) == [".lock", good]

    def test_when_the_server_is_killed_in_the_middle(self, host: Lab, backups: Path, good: str) -> None:
        started = slow_backup(host, backups)
        host.kill()
        outcome = started.outcome()
        assert (outcome.status, outcome.result["result"]) == (NOT_MADE, "failed")
        assert run(host, SCRIPT, "--directory", backups).status == NOT_MADE
        host.start()
        assert names_in(backups) == [good]

    def test_when_the_account_may_not_replicate_or_the_address_is_wrong(
        self, host: Lab, backups: Path, good: str
    ) -> None:
        host.psql("CREATE ROLE clerk LOGIN")
        for env in ({"PGUSER": "clerk"}, {"PGUSER": "stranger"}, {"PGPORT": "1"}):
            outcome = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "1", env=env)
            assert (outcome.status, outcome.result["result"]) == (NOT_MADE, "failed")
        host.psql("DROP ROLE clerk")
        assert names_in(backups) == [good]

    def test_when_a_program_is_missing(self, host: Lab, backups: Path, good: str) -> None:
        for program in ("pg_basebackup", "pg_verifybackup", "pg_waldump", "psql", "flock", "sync", "mv"):
            with missing(host, program) as env:
                outcome = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "1", env=env)
            assert (outcome.status, outcome.result["result"]) == (NOT_MADE, "failed")
            assert f"{program} is not on PATH" in outcome.messages
        with missing(host, "pg_combinebackup") as env:
            outcome = run(host, SCRIPT, "--directory", backups, "--incremental", env=env)
        assert outcome.status == NOT_MADE
        assert names_in(backups) == [good]

    def test_when_the_cluster_has_tablespaces(self, host: Lab, backups: Path, good: str) -> None:
        host.run(["mkdir", host.directory / "space"])
        host.psql(f"CREATE TABLESPACE space LOCATION '{host.directory}/space'")
        outcome = run(host, SCRIPT, "--directory", backups)
        host.psql("DROP TABLESPACE space")
        assert outcome.status == NOT_MADE
        assert "tablespace" in outcome.messages
        assert names_in(backups) == [good]

    def test_when_a_page_of_the_server_is_damaged(self, host: Lab, backups: Path, good: str) -> None:
        host.psql("CREATE TABLE bad AS SELECT generate_series(1, 2000) AS id; CHECKPOINT")
        path = host.pgdata / host.psql("SELECT pg_relation_filepath('bad')")
        content = bytearray(path.read_bytes())
        content[5000] ^= 1
        path.write_bytes(content)
        outcome = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "1")
        host.psql("DROP TABLE bad")
        assert outcome.status == NOT_MADE
        assert "checksum" in outcome.messages
        assert names_in(backups) == [good]


def slow_backup(host: Lab, backups: Path) -> Started:
    """Start a backup that takes minutes, and return when it is being sent."""
    started = Started(host, SCRIPT, "--directory", backups, "--max-rate", "1M")
    host.wait_until(
        "SELECT count(*) > 0 FROM pg_stat_progress_basebackup WHERE phase = 'streaming database files'"
    )
    return started


@pytest.mark.server
def test_arguments_that_make_no_sense_are_refused(host: Lab, backups: Path) -> None:
    for arguments in (
        "--directory",
        "--prune",
        "--keep 2",
        "--prune --keep 0",
        "--combine /no/where",
        "--force",
    ):
        outcome = run(host, SCRIPT, "--directory", backups, *arguments.split())
        assert (outcome.status, outcome.result["result"]) == (USAGE, "failed")
    assert run(host, SCRIPT).status == USAGE
    assert list(backups.iterdir()) == []


@pytest.mark.server
def test_a_dry_run_changes_nothing(host: Lab, backups: Path) -> None:
    outcome = run(host, SCRIPT, "--directory", backups, "--incremental", "--dry-run")
    assert (outcome.status, outcome.result["result"]) == (COMPLETE, "would_back_up")
    assert outcome.result["full_because"] == "there is no earlier backup of this server"
    assert list(backups.iterdir()) == []
