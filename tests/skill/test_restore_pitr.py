"""restore_pitr.sh says "restored" only of a copy that runs, holds the rows, and can't reach production."""

import json
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.skill.interrupted import (
    SCRIPTS,
    at_once,
    killed_after,
    on_a_small_disk,
    small_disks_exist,
    without,
)
from tests.skill.sources import archive_plainly, archive_to_barman, archive_with_pgbackrest, stream_to_barman
from tests.support.lab import Lab

RESTORE = SCRIPTS / "restore_pitr.sh"


def plain(lab: Lab, *options: str, into: str = "copy") -> list[str]:
    source = ["--backup", f"{lab.env['BACKUP_DIR']}/base", "--archive", lab.env["ARCHIVE_DIR"]]
    return [str(RESTORE), *source, "--into", f"{lab.directory}/{into}", *options, "--execute"]


def restored(lab: Lab, command: Sequence[str | Path]) -> dict[str, Any]:
    done = lab.run(command, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert result["status"] == "restored"
    return result


def not_restored(done: CompletedProcess[str], status: int, reason: str) -> None:
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert reason in done.stderr


def on_copy(lab: Lab, sql: str, into: str = "copy") -> str:
    command: list[str | Path] = [
        "psql",
        "-XAtq",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        lab.directory / into,
        "-p",
        "54999",
        "-c",
        sql,
    ]
    return lab.run(command).stdout.strip()


def stop_copy(lab: Lab, into: str = "copy") -> None:
    lab.run(["pg_ctl", "-s", "-w", "-m", "immediate", "-D", lab.directory / into, "stop"])


def state(lab: Lab) -> str:
    """Return what is in the backup and the archive, with sums."""
    return lab.run('find "$BACKUP_DIR" "$ARCHIVE_DIR" -type f -exec sha256sum {} + | sort').stdout


def paid_then_deleted(lab: Lab) -> str:
    """Back up, pay 1 and 2, delete both, archive all of it, and return a moment before the deletion."""
    archive_plainly(lab)
    lab.psql("CREATE TABLE paid (id int); INSERT INTO paid VALUES (1)")
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast')
    lab.psql("INSERT INTO paid VALUES (2)")
    moment = lab.psql("SELECT clock_timestamp()")
    lab.psql("DELETE FROM paid")
    lab.archive_now()
    return moment


@pytest.mark.majors(14, 18)
def test_the_rows_before_the_mistake_are_in_a_copy_that_harms_nobody(lab: Lab) -> None:
    moment = paid_then_deleted(lab)
    before = state(lab)

    result = restored(lab, plain(lab, "--target-time", moment, "--before"))

    assert (result["state"], result["server"]["archive_mode"]) == ("paused", "off")
    assert on_copy(lab, "SELECT id FROM paid ORDER BY id") == "1\n2"
    assert lab.psql("SELECT count(*) FROM paid") == "0"
    shown = "SELECT current_setting('archive_mode'), current_setting('max_logical_replication_workers'), "
    shown += (
        "current_setting('listen_addresses'), current_setting('primary_conninfo'), current_setting('port')"
    )
    assert on_copy(lab, shown) == "off|0|||54999"
    assert state(lab) == before


@pytest.mark.majors(14, 18)
def test_without_a_target_all_archived_wal_is_replayed_and_none_is_archived(lab: Lab) -> None:
    paid_then_deleted(lab)
    lab.psql("INSERT INTO paid VALUES (3)")
    lab.archive_now()
    lab.kill()
    before = state(lab)

    result = restored(lab, plain(lab))

    assert result["state"] == "open"
    assert on_copy(lab, "SELECT id FROM paid") == "3"
    on_copy(lab, "SELECT pg_switch_wal()")
    assert state(lab) == before


@pytest.mark.majors(18)
def test_the_saved_pg_wal_gives_back_what_was_never_archived(lab: Lab) -> None:
    paid_then_deleted(lab)
    lab.psql("INSERT INTO paid VALUES (4)")
    lab.kill()

    restored(lab, plain(lab, "--wal", f"{lab.env['PGDATA']}/pg_wal"))

    assert on_copy(lab, "SELECT id FROM paid") == "4"


@pytest.mark.majors(18)
def test_each_target_stops_where_it_says(lab: Lab) -> None:
    archive_plainly(lab)
    lab.psql("CREATE TABLE paid (id int)")
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast')
    xid = lab.psql("BEGIN; INSERT INTO paid VALUES (1); SELECT txid_current(); COMMIT").splitlines()[-1]
    lsn = lab.psql("SELECT pg_current_wal_insert_lsn()")
    lab.psql(
        "INSERT INTO paid VALUES (2); SELECT pg_create_restore_point('two'); INSERT INTO paid VALUES (3)"
    )
    lab.archive_now()

    for options, rows in (
        (["--target-immediate"], ""),
        (["--target-xid", xid, "--before"], ""),
        (["--target-xid", xid], "1"),
        (["--target-lsn", lsn, "--before"], "1"),
        (["--target-name", "two"], "1\n2"),
    ):
        restored(lab, plain(lab, *options))
        assert on_copy(lab, "SELECT id FROM paid ORDER BY id") == rows, options
        stop_copy(lab)
        lab.run('rm -r "$LAB"/copy*')


@pytest.mark.majors(18)
def test_tablespaces_are_replayed_beside_the_copy_never_over_the_live_ones(lab: Lab) -> None:
    archive_plainly(lab)
    lab.run('mkdir "$LAB/fast"')
    lab.psql(f"CREATE TABLESPACE fast LOCATION '{lab.directory}/fast'")
    lab.psql("CREATE TABLE paid (id int) TABLESPACE fast")
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast --tablespace-mapping="$LAB/fast=$BACKUP_DIR/fast"')
    lab.psql("INSERT INTO paid VALUES (1)")
    lab.archive_now()
    lab.psql("CHECKPOINT")
    before = lab.run('find "$LAB/fast" "$BACKUP_DIR" -type f -exec sha256sum {} + | sort').stdout

    restored(lab, plain(lab))

    assert on_copy(lab, "SELECT id FROM paid") == "1"
    location = on_copy(lab, "SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = 'fast'")
    assert location.startswith(f"{lab.directory}/copy.tablespaces/")
    on_copy(lab, "CHECKPOINT")
    assert lab.run('find "$LAB/fast" "$BACKUP_DIR" -type f -exec sha256sum {} + | sort').stdout == before


@pytest.mark.majors(18)
def test_pgbackrest_restores_to_a_moment(lab: Lab) -> None:
    archive_with_pgbackrest(lab)
    lab.psql("CREATE TABLE paid (id int); INSERT INTO paid VALUES (1)")
    lab.run(["pgbackrest", "--stanza=main", "--type=full", "backup"])
    # pgBackRest knows the end of a backup to the second.
    moment = lab.psql("SELECT pg_sleep(1.1); SELECT clock_timestamp()").strip()
    lab.psql("DELETE FROM paid")
    lab.archive_now()
    command: list[str | Path] = [
        RESTORE,
        "--pgbackrest-stanza",
        "main",
        "--into",
        lab.directory / "copy",
        "--execute",
    ]

    restored(lab, [*command, "--target-time", moment, "--before"])

    assert on_copy(lab, "SELECT id FROM paid") == "1"
    stop_copy(lab)
    lab.run('rm -r "$LAB"/copy*; rm -r "$BACKUP_DIR"/*')
    not_restored(lab.run(command, check=False), 1, "could not be restored")
    assert not (lab.directory / "copy").exists()


@pytest.mark.majors(18)
def test_barman_restores_to_a_transaction(lab: Lab) -> None:
    stream_to_barman(lab)
    lab.psql("CREATE TABLE paid (id int); INSERT INTO paid VALUES (1)")
    lab.run(["barman", "backup", "--immediate-checkpoint", "--wait", "main"])
    xid = lab.psql("BEGIN; DELETE FROM paid; SELECT txid_current(); COMMIT").splitlines()[-1]
    archive_to_barman(lab)
    command: list[str | Path] = [
        RESTORE,
        "--barman-server",
        "main",
        "--into",
        lab.directory / "copy",
        "--execute",
    ]

    restored(lab, [*command, "--target-xid", xid, "--before"])

    assert on_copy(lab, "SELECT id FROM paid") == "1"


@pytest.mark.majors(18)
def test_barmans_unfinished_segment_is_restored_too(lab: Lab) -> None:
    stream_to_barman(lab)
    lab.psql("CREATE TABLE paid (id int)")
    lab.run(["barman", "backup", "--immediate-checkpoint", "--wait", "main"])
    lab.psql("INSERT INTO paid VALUES (1)")
    written = lab.psql("SELECT pg_current_wal_insert_lsn()")
    lab.wait_until(f"SELECT write_lsn >= '{written}' FROM pg_stat_replication")  # noqa: S608 - the server's own words

    restored(lab, [RESTORE, "--barman-server", "main", "--into", lab.directory / "copy", "--execute"])

    assert on_copy(lab, "SELECT id FROM paid") == "1"


@pytest.mark.majors(18)
def test_a_barman_backup_with_tablespaces_is_refused_for_they_would_go_over_the_live_ones(lab: Lab) -> None:
    lab.run('mkdir "$LAB/fast"')
    lab.psql(f"CREATE TABLESPACE fast LOCATION '{lab.directory}/fast'")
    stream_to_barman(lab)
    lab.run(["barman", "backup", "--immediate-checkpoint", "--wait", "main"])

    done = lab.run(
        [RESTORE, "--barman-server", "main", "--into", lab.directory / "copy", "--execute"], check=False
    )

    not_restored(done, 3, "over the live ones")


@pytest.mark.majors(18)
def test_the_plan_changes_nothing(lab: Lab) -> None:
    paid_then_deleted(lab)
    before = lab.run('find "$LAB" -path "$PGDATA" -prune -o -print | sort').stdout

    done = lab.run([part for part in plain(lab) if part != "--execute"])

    assert json.loads(done.stdout)["status"] == "plan"
    assert lab.run('find "$LAB" -path "$PGDATA" -prune -o -print | sort').stdout == before


@pytest.mark.majors(18)
def test_it_refuses_what_would_lose_something(lab: Lab) -> None:
    paid_then_deleted(lab)
    before = state(lab)
    lab.run('mkdir "$LAB/used" "$LAB/closed"')
    not_restored(lab.run(plain(lab, into="used"), check=False), 3, "never goes over something")
    not_restored(lab.run(plain(lab, into="data"), check=False), 3, "never goes over something")
    not_restored(lab.run(plain(lab, into="backup/base/x"), check=False), 3, "is inside the backup")
    not_restored(lab.run(plain(lab, into="missing/copy"), check=False), 3, "is it mounted?")
    lab.run('chmod 0500 "$LAB/closed"')
    not_restored(lab.run(plain(lab, into="closed/copy"), check=False), 3, "missing or read-only")
    for program in ("pg_verifybackup", "pg_ctl"):
        done = lab.run(plain(lab), check=False, env=without(lab, program))
        not_restored(done, 3, f"{program} is not on PATH")
    lab.run('printf "17\\n" >"$BACKUP_DIR/base/PG_VERSION"')
    not_restored(lab.run(plain(lab), check=False), 3, "of PostgreSQL 17")
    lab.run('printf "18\\n" >"$BACKUP_DIR/base/PG_VERSION"')
    lab.run('mv "$BACKUP_DIR/base/backup_label" "$LAB/label"')
    not_restored(lab.run(plain(lab), check=False), 3, "has no backup_label")
    lab.run('mv "$LAB/label" "$BACKUP_DIR/base/backup_label"')
    assert state(lab) == before
    assert not list(lab.directory.glob("copy*"))


@pytest.mark.majors(18)
def test_a_damaged_backup_is_refused_before_anything_is_copied(lab: Lab) -> None:
    paid_then_deleted(lab)
    file = lab.psql("SELECT pg_relation_filepath('pg_class')")
    lab.run(f'printf x | dd of="$BACKUP_DIR/base/{file}" bs=1 seek=9000 conv=notrunc status=none')

    not_restored(lab.run(plain(lab), check=False), 3, "checksum mismatch")
    assert not list(lab.directory.glob("copy*"))


@pytest.mark.majors(18)
def test_a_target_that_is_never_reached_is_no_success(lab: Lab) -> None:
    paid_then_deleted(lab)

    done = lab.run(plain(lab, "--target-time", "2099-01-01 00:00:00+00"), check=False)

    not_restored(done, 1, "stopped before the target")
    assert "recovery ended before configured recovery target was reached" in done.stderr


@pytest.mark.majors(18)
def test_a_superuser_that_does_not_exist_is_no_success(lab: Lab) -> None:
    paid_then_deleted(lab)

    done = lab.run(plain(lab, "--timeout", "3"), check=False, env={"PGUSER": "nobody_known"})

    not_restored(done, 1, "is PGUSER a superuser")
    assert not (lab.directory / "copy/postmaster.pid").exists()


@pytest.mark.majors(18)
def test_a_wrong_argument_changes_nothing(lab: Lab) -> None:
    for options in (
        ["--target-time", "2026-03-01 14:05:00"],
        ["--target-xid", "1", "--target-name", "x"],
        ["--target-name", "it's"],
        ["--port", "0"],
        ["--before"],
        ["--frobnicate"],
    ):
        assert lab.run(plain(lab, *options), check=False).returncode == 2, options
    assert "Exit status:" in lab.run([RESTORE, "--help"]).stdout


@pytest.mark.majors(18)
def test_killed_at_any_point_it_leaves_no_copy_that_starts_unfinished(lab: Lab) -> None:
    paid_then_deleted(lab)
    before = state(lab)
    for seconds in (0.1, 0.2, 0.35, 0.5):
        killed_after(lab, plain(lab), seconds)
        copy = lab.directory / "copy"
        if (copy / "global/pg_control").exists():
            # Then it is complete: it has its settings and starts into recovery, if it hasn't been started already.
            assert (copy / "recovery.signal").exists() or (copy / "pg_wal/00000002.history").exists()
            assert "archive_mode = off" in (copy / "postgresql.auto.conf").read_text()
        if copy.exists():
            assert lab.run(plain(lab), check=False).returncode == 3
            lab.run('pg_ctl -s -D "$LAB/copy" -m immediate stop', check=False)
            lab.run('rm -rf "$LAB"/copy*')
    assert state(lab) == before
    restored(lab, plain(lab, "--target-immediate"))


@pytest.mark.majors(18)
def test_of_two_at_once_one_restores_and_the_other_is_refused(lab: Lab) -> None:
    paid_then_deleted(lab)

    done = at_once(lab, plain(lab), plain(lab))

    assert sorted(each.returncode for each in done) == [0, 3]
    assert on_copy(lab, "SELECT count(*) FROM paid") == "0"


@pytest.mark.majors(18)
@pytest.mark.not_here
def test_on_a_full_disk_nothing_is_reported_and_nothing_is_left(lab: Lab) -> None:
    if not small_disks_exist(lab):
        pytest.skip("no file systems in namespaces here")
    paid_then_deleted(lab)
    before = state(lab)
    lab.run('mkdir "$LAB/small"')

    listing = f'"$@"; status=$?; ls -A {lab.directory}/small >&2; exit $status'
    command: list[str | Path] = ["bash", "-c", listing, "bash", *plain(lab, into="small/copy")]
    done = on_a_small_disk(lab, command, lab.directory / "small", 20)

    not_restored(done, 1, "No space left on device")
    assert done.stderr.splitlines()[-1].startswith("restore_pitr.sh: ")
    assert state(lab) == before


@pytest.mark.majors(18)
def test_an_archive_that_vanishes_before_the_target_is_no_success(lab: Lab) -> None:
    moment = paid_then_deleted(lab)
    lab.psql("SELECT pg_switch_wal()")
    lab.run('rm "$ARCHIVE_DIR"/*')

    not_restored(lab.run(plain(lab, "--target-time", moment), check=False), 1, "stopped before the target")
    lab.run('rm -r "$LAB"/copy* && rmdir "$ARCHIVE_DIR"')
    not_restored(lab.run(plain(lab, "--target-time", moment), check=False), 3, "is it mounted?")
