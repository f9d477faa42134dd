"""find_moment.sh names the transaction that took a table, and the place just before it, at which a restore has all rows."""

import json
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
from tests.skill.sources import archive_plainly
from tests.support.lab import Lab

FIND = SCRIPTS / "find_moment.sh"


def find(lab: Lab, *options: str) -> list[str]:
    return [str(FIND), "--wal", lab.env["ARCHIVE_DIR"], *options]


def found(lab: Lab, *options: str) -> dict[str, Any]:
    done = lab.run(find(lab, *options), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert result["status"] == "found"
    return result


def not_searched(done: CompletedProcess[str], reason: str) -> None:
    assert (done.returncode, done.stdout) == (3, ""), done.stdout
    assert reason in done.stderr


def dropped(
    lab: Lab, drop: str = "BEGIN; SELECT txid_current(); DROP TABLE orders; COMMIT"
) -> tuple[str, str, int]:
    """Back up, order twice, empty another table, drop the orders; return their file, OID and the transaction."""
    archive_plainly(lab)
    lab.psql("CREATE TABLE orders (id int PRIMARY KEY, what text); CREATE TABLE buffer (line text)")
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast')
    lab.psql("INSERT INTO orders VALUES (1, 'a'), (2, 'b'); INSERT INTO buffer VALUES ('x')")
    file, oid = lab.psql("SELECT pg_relation_filepath('orders'), 'orders'::regclass::oid").split("|")
    lab.psql("TRUNCATE buffer")
    xid = int(lab.psql(drop).splitlines()[0])
    lab.psql("INSERT INTO buffer VALUES ('sold after the mistake')")
    lab.archive_now()
    return file, oid, xid


def restored_before(lab: Lab, event: dict[str, Any]) -> str:
    """Restore with the options that the event names and return the rows of the dropped table."""
    source = ["--backup", f"{lab.env['BACKUP_DIR']}/base", "--archive", lab.env["ARCHIVE_DIR"]]
    copy = lab.directory / "copy"
    lab.run(
        [SCRIPTS / "restore_pitr.sh", *source, "--into", copy, *event["stop_before"].split(), "--execute"]
    )
    sql = "SET lock_timeout = '1s'; SELECT id FROM orders ORDER BY id"
    return lab.run(["psql", "-XAtq", "-h", copy, "-p", "54999", "-c", sql]).stdout.strip()


@pytest.mark.majors(14, 18)
def test_a_restore_to_the_place_it_names_has_the_dropped_table_with_all_rows(lab: Lab) -> None:
    file, oid, xid = dropped(lab)

    result = found(lab, "--backup", f"{lab.env['BACKUP_DIR']}/base", "--file", file, "--oid", oid)

    (event,) = result["events"]
    assert (event["xid"], event["kind"]) == (xid, "removed")
    assert file in event["files"]
    ago = f"SELECT now() - '{event['committed']}'::timestamptz BETWEEN interval '0' AND interval '1 minute'"
    assert lab.psql(ago) == "t"
    assert restored_before(lab, event) == "1\n2"


@pytest.mark.majors(14, 18)
def test_without_a_file_all_transactions_that_removed_some_are_listed(lab: Lab) -> None:
    _, _, xid = dropped(lab)

    result = found(lab, "--backup", f"{lab.env['BACKUP_DIR']}/base")

    assert [event["kind"] for event in result["events"]] == ["replaced", "removed"]
    assert result["events"][1]["xid"] == xid
    assert [event["xid"] for event in found(lab, "--limit", "1")["events"]] == [xid]


@pytest.mark.majors(18)
def test_a_drop_in_a_savepoint_is_found_with_its_lock(lab: Lab) -> None:
    drop = "BEGIN; SELECT txid_current(); SAVEPOINT s; DROP TABLE orders; RELEASE s; COMMIT"
    file, oid, xid = dropped(lab, drop)

    (event,) = found(lab, "--file", file, "--oid", oid)["events"]

    assert (event["xid"], event["lock_lsn"] is not None) == (xid, True)
    assert restored_before(lab, event) == "1\n2"


@pytest.mark.majors(18)
def test_a_copy_is_asked_for_the_file_of_a_table(lab: Lab) -> None:
    _, oid, xid = dropped(lab)
    source = ["--backup", f"{lab.env['BACKUP_DIR']}/base", "--archive", lab.env["ARCHIVE_DIR"]]
    copy = lab.directory / "copy"
    lab.run([SCRIPTS / "restore_pitr.sh", *source, "--into", copy, "--target-immediate", "--execute"])

    done = lab.run(find(lab, "--table", "orders"), env={"PGHOST": str(copy), "PGPORT": "54999"})

    result = json.loads(done.stdout)
    assert (result["oid"], result["events"][0]["xid"]) == (int(oid), xid)
    not_searched(lab.run(find(lab, "--table", "orders"), check=False), "ask a copy in which it still exists")
    done = lab.run(find(lab, "--table", "orders"), check=False, env={"PGUSER": "nobody_known"})
    not_searched(done, "can't be asked")


@pytest.mark.majors(18)
def test_what_is_not_archived_yet_is_found_in_pg_wal(lab: Lab) -> None:
    file, _, _ = dropped(lab, "SELECT 0")
    assert lab.run(find(lab, "--file", file), check=False).returncode == 1
    lab.psql("DROP TABLE orders")

    result = found(lab, "--wal", f"{lab.env['PGDATA']}/pg_wal", "--file", file)

    assert [event["kind"] for event in result["events"]] == ["removed"]
    assert "invalid record length" in result["stopped"]


@pytest.mark.majors(18)
def test_a_table_that_is_still_there_is_not_found_and_a_gap_is_no_answer(lab: Lab) -> None:
    dropped(lab)
    backup = f"{lab.env['BACKUP_DIR']}/base"
    done = lab.run(find(lab, "--backup", backup, "--file", "base/5/99999"), check=False)
    assert (done.returncode, json.loads(done.stdout)["events"]) == (1, [])
    assert json.loads(done.stdout)["stopped"] == ""

    segments = sorted(path.name for path in Path(lab.env["ARCHIVE_DIR"]).iterdir() if len(path.name) == 24)
    lab.psql("INSERT INTO buffer VALUES ('more')")
    lab.archive_now()
    lab.run(["rm", f"{lab.env['ARCHIVE_DIR']}/{segments[-1]}"])
    done = lab.run(find(lab, "--file", "base/5/99999"), check=False)
    not_searched(done, f"segment {segments[-1]} is missing")
    lab.run('rm "$ARCHIVE_DIR"/000000010000000000000002')
    done = lab.run(find(lab, "--backup", backup), check=False)
    not_searched(done, "where the search begins")


@pytest.mark.majors(18)
def test_what_cannot_be_read_is_no_answer(lab: Lab) -> None:
    dropped(lab)
    not_searched(lab.run([FIND, "--wal", "/nowhere"], check=False), "is it mounted?")
    lab.run('mkdir "$LAB/empty"; mkdir -m 0000 "$LAB/closed"')
    not_searched(lab.run([FIND, "--wal", f"{lab.directory}/empty"], check=False), "no WAL segment")
    not_searched(lab.run([FIND, "--wal", f"{lab.directory}/closed"], check=False), "is it mounted?")
    done = lab.run(find(lab), check=False, env=without(lab, "pg_waldump"))
    not_searched(done, "pg_waldump is not on PATH")
    lab.run('mkdir "$LAB/short"; head -c 1000 /dev/zero >"$LAB/short/000000010000000000000001"')
    not_searched(lab.run([FIND, "--wal", f"{lab.directory}/short"], check=False), "which no WAL segment has")
    lab.run('head -c 16M /dev/zero >"$LAB/short/000000010000000000000001"')
    not_searched(lab.run([FIND, "--wal", f"{lab.directory}/short"], check=False), "read no record")
    not_searched(lab.run(find(lab, "--timeline", "7"), check=False), "of timeline 7")
    not_searched(lab.run(f'{FIND} --wal "$ARCHIVE_DIR" >/dev/full', check=False), "cannot write the result")


@pytest.mark.majors(18)
def test_a_wrong_argument_is_refused(lab: Lab) -> None:
    for options in (
        ["--file", "orders; x"],
        ["--start", "yesterday"],
        ["--limit", "0"],
        ["--frobnicate"],
        ["--oid"],
    ):
        done = lab.run(find(lab, *options), check=False)
        assert (done.returncode, done.stdout) == (2, "")
    assert lab.run([FIND], check=False).returncode == 2
    assert "Exit status:" in lab.run([FIND, "--help"]).stdout


@pytest.mark.majors(18)
def test_killed_twice_at_once_or_on_a_full_disk_it_changes_no_wal(lab: Lab) -> None:
    file, _, _ = dropped(lab)
    sums = 'find "$ARCHIVE_DIR" -type f -exec sha256sum {} + | sort'
    before = lab.run(sums).stdout
    for seconds in (0.02, 0.06, 0.12):
        killed_after(lab, find(lab), seconds)
    one, two = at_once(lab, find(lab, "--file", file), find(lab, "--file", file))
    assert (one.returncode, two.returncode, one.stdout) == (0, 0, two.stdout)
    if small_disks_exist(lab):
        full = ["bash", "-c", 'head -c 2M /dev/zero >"$TMPDIR/x"; exec "$@"', "bash", *find(lab)]
        done = on_a_small_disk(lab, full, lab.env["TMPDIR"], 1)
        assert (done.returncode, bool(done.stdout)) in {(0, True), (3, False)}
    assert lab.run(sums).stdout == before
