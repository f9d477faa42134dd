"""backup_logical.sh: what it calls complete restores, and nothing that happens to it costs an earlier backup."""

import json
import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.skill.faults import (
    Started,
    killed_at_random,
    missing,
    read_only,
    run,
    small_disk,
    table_locked,
    wait_for_a_blocked_dump,
    wait_for_orphans,
)
from tests.support.lab import Lab

SCRIPT = "backup_logical.sh"

COMPLETE, NOT_MADE, USAGE, LOCKED, NOT_PRUNED = range(5)

ROWS = 8000


@pytest.fixture(scope="module")
def host() -> Iterator[Lab]:
    """Return a lab with a table that fills about 300 kB of a dump; every test leaves its server running."""
    with Lab(18) as opened:
        furnish(opened)
        yield opened


@pytest.fixture
def backups(host: Lab) -> Path:
    return new_directory(host)


def new_directory(lab: Lab) -> Path:
    directory = lab.directory / f"backups.{secrets.token_hex(4)}"
    lab.run(["mkdir", "-m", "0700", directory])
    return directory


def furnish(lab: Lab) -> None:
    lab.psql("CREATE TABLE paid AS SELECT md5(i::text) AS id FROM generate_series(1, 8000) AS i")


def names_in(backups: Path) -> list[str]:
    """Return what looks like a backup; whatever else is there has a name that starts with a dot."""
    return sorted(path.name for path in backups.iterdir() if not path.name.startswith("."))


def assert_sound(lab: Lab, backup: Path) -> None:
    lab.run(["env", "-C", backup, "sha256sum", "--quiet", "--check", "SHA256SUMS"])
    manifest = json.loads((backup / "manifest.json").read_text())
    assert manifest["databases"]
    for database in manifest["databases"]:
        lab.run(["pg_restore", "--file=/dev/null", backup / database["path"]])
    assert "cluster dump complete" in (backup / "globals.sql").read_text()


@pytest.mark.majors(14, 18)
@pytest.mark.parametrize("options", [["--jobs", "2"], ["--format", "custom"]])
def test_everything_comes_back_on_an_empty_server(lab: Lab, major: int, options: list[str]) -> None:
    furnish(lab)
    lab.psql(
        "CREATE ROLE clerk LOGIN PASSWORD 'told to nobody'; CREATE DATABASE \"a=b 'c' \\ d\" OWNER clerk"
    )
    lab.run(["psql", "-Xq", "-d", "dbname='a=b \\'c\\' \\\\ d'", "-c", "CREATE TABLE t AS SELECT 7 AS seven"])
    backups = new_directory(lab)

    outcome = run(lab, SCRIPT, "--directory", backups, *options)

    assert (outcome.status, outcome.result["result"]) == (COMPLETE, "complete")
    assert outcome.result["databases"] == ["a=b 'c' \\ d", "postgres"]
    assert outcome.result["left_out"] == ["template0", "template1"]
    backup = Path(outcome.result["path"])
    manifest = json.loads((backup / "manifest.json").read_text())
    with Lab(major) as empty:
        empty.run(
            f"grep -v '^CREATE ROLE postgres;' '{backup}/globals.sql' | psql -Xq -v ON_ERROR_STOP=1 -d postgres"
        )
        for database in manifest["databases"]:
            dump = backup / database["path"]
            create = [] if database["name"] == "postgres" else ["--create"]
            empty.run(["pg_restore", *create, "--exit-on-error", "-d", "postgres", dump])
        assert empty.psql("SELECT count(*) FROM paid") == str(ROWS)
        owner = "SELECT rolname FROM pg_database JOIN pg_roles r ON r.oid = datdba WHERE datname LIKE 'a=b%'"
        assert empty.psql(owner) == "clerk"
        done = empty.run(["psql", "-XAt", "-d", "dbname='a=b \\'c\\' \\\\ d'", "-c", "SELECT seven FROM t"])
        assert done.stdout.strip() == "7"


@pytest.mark.server
def test_a_service_that_names_a_database_does_not_put_it_in_place_of_the_others(
    host: Lab, backups: Path
) -> None:
    host.psql("CREATE DATABASE other")
    service = host.write("service.conf", "[mine]\ndbname=other\n")
    outcome = run(
        host, SCRIPT, "--directory", backups, env={"PGSERVICEFILE": str(service), "PGSERVICE": "mine"}
    )
    host.psql("DROP DATABASE other")
    assert outcome.status == COMPLETE
    manifest = json.loads((Path(outcome.result["path"]) / "manifest.json").read_text())
    assert {entry["name"]: entry["tables"] for entry in manifest["databases"]} == {"other": 0, "postgres": 1}


@pytest.mark.server
def test_only_the_databases_that_were_asked_for_are_dumped(host: Lab, backups: Path) -> None:
    outcome = run(host, SCRIPT, "--directory", backups, "--database", "template1")
    assert outcome.result["databases"] == ["template1"]
    assert run(host, SCRIPT, "--directory", backups, "--database", "no").status == NOT_MADE
    assert len(names_in(backups)) == 1


@pytest.mark.server
def test_pruning_keeps_as_many_sound_ones_as_it_was_told(host: Lab, backups: Path) -> None:
    for _ in range(3):
        assert run(host, SCRIPT, "--directory", backups).status == COMPLETE
    oldest, middle, newest = names_in(backups)
    part = run(host, SCRIPT, "--directory", backups, "--database", "postgres", "--prune", "--keep", "1")
    assert part.result["removed"] == []  # it holds less than they do
    (backups / newest / "globals.sql").write_text("")

    tried = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "2", "--dry-run")
    assert tried.result["removed"] == [oldest]
    assert oldest in names_in(backups)
    outcome = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "2")

    assert outcome.status == COMPLETE
    assert outcome.result["removed"] == [oldest]
    assert outcome.result["damaged"] == [newest]
    assert names_in(backups) == [middle, newest, *names_in(backups)[2:]]
    assert Path(outcome.result["path"]).name in names_in(backups)


@pytest.mark.server
def test_killed_while_it_prunes_it_leaves_sound_backups_only(host: Lab, backups: Path) -> None:
    arguments = ("--directory", backups, "--prune", "--keep", "1")
    assert run(host, SCRIPT, *arguments).status == COMPLETE
    for _ in killed_at_random(host, SCRIPT, *arguments, begin=0.3, within=1, times=5, seed=3):
        wait_for_orphans(host, backups)
        assert names_in(backups)
        for name in names_in(backups):
            assert_sound(host, backups / name)
    outcome = run(host, SCRIPT, *arguments)
    assert sorted(path.name for path in backups.iterdir()) == [".lock", Path(outcome.result["path"]).name]


@pytest.mark.server
def test_a_backup_that_cannot_be_removed_does_not_hide_that_the_new_one_is_complete(
    host: Lab, backups: Path
) -> None:
    old = Path(run(host, SCRIPT, "--directory", backups).result["path"])
    (old / "databases" / "postgres").chmod(0o500)
    outcome = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "1")
    assert (outcome.status, outcome.result["result"]) == (NOT_PRUNED, "complete_not_pruned")
    assert names_in(backups) == [Path(outcome.result["path"]).name]
    assert_sound(host, Path(outcome.result["path"]))
    assert run(host, SCRIPT, "--directory", backups).status == COMPLETE


@pytest.mark.server
class TestAnEarlierBackupStays:
    @pytest.fixture
    def good(self, host: Lab, backups: Path) -> Iterator[Path]:
        """Return a backup that is as sound after the test as before, and not joined by anything unsound."""
        outcome = run(host, SCRIPT, "--directory", backups)
        assert outcome.status == COMPLETE
        backup = Path(outcome.result["path"])
        yield backup
        assert backup.name in names_in(backups)
        for name in names_in(backups):
            assert_sound(host, backups / name)

    def test_when_the_script_is_killed_at_any_moment(self, host: Lab, backups: Path, good: Path) -> None:
        arguments = ("--directory", backups, "--prune", "--keep", "9")
        for moment in killed_at_random(host, SCRIPT, *arguments, within=0.9, times=6, seed=1):
            for name in names_in(backups):
                assert_sound(host, backups / name)
            assert good.name in names_in(backups), f"killed after {moment:.3f} s"
        wait_for_orphans(host, backups)
        assert run(host, SCRIPT, *arguments).status == COMPLETE
        assert [path.name for path in backups.iterdir() if path.name.startswith(".")] == [".lock"]

    @pytest.mark.parametrize(("kib", "format_"), [(1, "directory"), (40, "directory"), (40, "custom")])
    def test_when_the_disk_is_full(
        self, host: Lab, backups: Path, good: Path, kib: int, format_: str
    ) -> None:
        arguments = ("--directory", backups, "--format", format_, "--prune", "--keep", "1")
        outcome = run(host, SCRIPT, *arguments, prefix=small_disk(kib))
        assert (outcome.status, outcome.result["result"]) == (NOT_MADE, "failed")
        assert names_in(backups) == [good.name]

    def test_when_the_directory_is_read_only_or_missing(self, host: Lab, backups: Path, good: Path) -> None:
        with read_only(backups):
            outcome = run(host, SCRIPT, "--directory", backups)
        assert outcome.status == NOT_MADE
        assert "can't be written to" in outcome.messages
        outcome = run(host, SCRIPT, "--directory", backups / "away")
        assert outcome.status == NOT_MADE
        assert names_in(backups) == [good.name]

    def test_when_two_run_at_once(self, host: Lab, backups: Path, good: Path) -> None:
        with table_locked(host, "paid"):
            first = Started(host, SCRIPT, "--directory", backups)
            wait_for_a_blocked_dump(host)
            second = run(host, SCRIPT, "--directory", backups)
            assert (second.status, second.result["result"]) == (LOCKED, "failed")
        assert first.outcome().status == COMPLETE
        assert names_in(backups)[0] == good.name
        assert len(names_in(backups)) == 2

    def test_when_the_server_is_killed_in_the_middle(self, host: Lab, backups: Path, good: Path) -> None:
        with table_locked(host, "paid"):
            started = Started(host, SCRIPT, "--directory", backups)
            wait_for_a_blocked_dump(host)
            host.kill()
            assert started.outcome().status == NOT_MADE
        outcome = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "1")
        assert (outcome.status, outcome.result["result"]) == (NOT_MADE, "failed")
        host.start()
        assert names_in(backups) == [good.name]

    def test_when_a_table_stays_locked(self, host: Lab, backups: Path, good: Path) -> None:
        with table_locked(host, "paid"):
            outcome = run(host, SCRIPT, "--directory", backups, "--lock-wait", "1")
        assert outcome.status == NOT_MADE
        assert names_in(backups) == [good.name]

    @pytest.mark.parametrize("env", [{"PGUSER": "stranger"}, {"PGPORT": "1"}])
    def test_when_the_credentials_or_the_address_are_wrong(
        self, host: Lab, backups: Path, good: Path, env: dict[str, str]
    ) -> None:
        outcome = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "1", env=env)
        assert outcome.status == NOT_MADE
        assert names_in(backups) == [good.name]

    def test_when_the_account_may_read_no_passwords(self, host: Lab, backups: Path, good: Path) -> None:
        host.psql("CREATE ROLE reader LOGIN; GRANT SELECT ON paid TO reader")
        outcome = run(host, SCRIPT, "--directory", backups, env={"PGUSER": "reader"})
        assert outcome.status == NOT_MADE
        assert "--no-role-passwords" in outcome.messages
        arguments = ("--directory", backups, "--no-role-passwords")
        assert run(host, SCRIPT, *arguments, env={"PGUSER": "reader"}).status == COMPLETE
        host.psql("DROP OWNED BY reader; DROP ROLE reader")
        assert names_in(backups)[0] == good.name

    def test_when_a_program_is_missing(self, host: Lab, backups: Path, good: Path) -> None:
        for program in ("pg_dump", "pg_dumpall", "pg_restore", "psql", "flock", "sha256sum", "sync", "awk"):
            with missing(host, program) as env:
                outcome = run(host, SCRIPT, "--directory", backups, "--prune", "--keep", "1", env=env)
            assert (outcome.status, outcome.result["result"]) == (NOT_MADE, "failed")
            assert f"{program} is not on PATH" in outcome.messages
            assert names_in(backups) == [good.name]

    def test_when_it_is_told_to_end(self, host: Lab, backups: Path, good: Path) -> None:
        with table_locked(host, "paid"):
            started = Started(host, SCRIPT, "--directory", backups)
            wait_for_a_blocked_dump(host)
            os.kill(started.process.pid, signal.SIGTERM)
            assert started.outcome().status == 128 + signal.SIGTERM
        assert sorted(path.name for path in backups.iterdir()) == [".lock", good.name]


@pytest.mark.server
def test_a_table_that_vanishes_does_not_cost_the_backup(host: Lab, backups: Path) -> None:
    host.psql("CREATE TABLE brief AS SELECT 1")
    with table_locked(host, "brief", then="DROP TABLE brief;"):
        started = Started(host, SCRIPT, "--directory", backups)
        wait_for_a_blocked_dump(host)
    outcome = started.outcome()
    assert outcome.status == COMPLETE
    assert "something was dropped meanwhile" in outcome.messages
    assert_sound(host, Path(outcome.result["path"]))


@pytest.mark.server
def test_a_database_that_vanishes_is_named_as_left_out(host: Lab, backups: Path) -> None:
    host.psql("CREATE DATABASE zero")
    with table_locked(host, "paid"):
        started = Started(host, SCRIPT, "--directory", backups)
        wait_for_a_blocked_dump(host)
        host.psql("DROP DATABASE zero")
    outcome = started.outcome()
    assert outcome.status == COMPLETE
    assert outcome.result["databases"] == ["postgres"]
    assert outcome.result["left_out"] == ["template0", "template1", "zero"]
    assert_sound(host, Path(outcome.result["path"]))


@pytest.mark.server
def test_arguments_that_make_no_sense_are_refused(host: Lab, backups: Path) -> None:
    for arguments in (
        "--database",
        "--prune",
        "--keep 2",
        "--prune --keep 0",
        "--format plain",
        "--format custom --jobs 2",
        "--jobs many",
        "--force",
    ):
        outcome = run(host, SCRIPT, "--directory", backups, *arguments.split())
        assert (outcome.status, outcome.result["result"]) == (USAGE, "failed")
    assert run(host, SCRIPT).status == USAGE
    assert list(backups.iterdir()) == []


@pytest.mark.server
def test_a_dry_run_changes_nothing(host: Lab, backups: Path) -> None:
    outcome = run(host, SCRIPT, "--directory", backups, "--dry-run")
    assert (outcome.status, outcome.result["result"]) == (COMPLETE, "would_back_up")
    assert outcome.result["databases"] == ["postgres"]
    assert list(backups.iterdir()) == []
