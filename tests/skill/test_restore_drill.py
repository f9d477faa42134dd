"""restore_drill.sh passes only what is really in the restored cluster, and cleans up after itself."""

import json
import time
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

DRILL = SCRIPTS / "restore_drill.sh"
NEWEST = ["--newest-row", "SELECT max(at) FROM paid"]


def drill(lab: Lab, *options: str, source: tuple[str, ...] = ()) -> list[str]:
    plain = ("--backup", f"{lab.env['BACKUP_DIR']}/base", "--archive", lab.env["ARCHIVE_DIR"])
    places = ["--scratch", f"{lab.directory}/scratch", "--evidence-dir", f"{lab.directory}/evidence"]
    return [str(DRILL), *(source or plain), *places, *options, "--execute"]


def furnish(lab: Lab) -> None:
    lab.run('mkdir "$LAB/scratch" "$LAB/evidence"')
    lab.psql("CREATE TABLE paid (id int PRIMARY KEY, at timestamptz DEFAULT clock_timestamp())")
    lab.psql("INSERT INTO paid SELECT generate_series(1, 1000)")


def paid_after_the_backup(lab: Lab) -> str:
    """Back up, pay once more, archive that, and return when it was paid."""
    archive_plainly(lab)
    furnish(lab)
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast')
    return pay_and(lab)


def pay_and(lab: Lab) -> str:
    paid = lab.psql("SET timezone = 'UTC'; INSERT INTO paid VALUES (1001) RETURNING extract(epoch FROM at)")
    lab.archive_now()
    return paid


def state(lab: Lab) -> str:
    return lab.run('find "$BACKUP_DIR" "$ARCHIVE_DIR" -type f -exec sha256sum {} + | sort').stdout


def evidence(lab: Lab) -> list[dict[str, Any]]:
    return [
        json.loads(path.read_text()) for path in sorted((lab.directory / "evidence").glob("drill-*.json"))
    ]


def ended(lab: Lab, done: CompletedProcess[str], status: str) -> dict[str, Any]:
    """Assert how a drill ended, that its evidence is what it printed, and that it left nothing else."""
    assert done.returncode == (0 if status == "passed" else 1), done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert result["status"] == status
    assert json.loads(Path(result["evidence"]).read_text()) == result
    assert [path.name for path in (lab.directory / "scratch").iterdir()] == ["restore_drill.lock"]
    return result


def results(result: dict[str, Any]) -> dict[str, str]:
    return {Path(row["check"]).name: row["result"] for row in result["checks"]}


@pytest.mark.majors(14, 18)
def test_the_evidence_says_what_is_really_in_the_restored_cluster(lab: Lab) -> None:
    paid = float(paid_after_the_backup(lab))
    lab.write("shop.sql", "SELECT count(*) = 1001 FROM paid;\nSELECT max(id) = 1001 FROM paid;\n")
    before = state(lab)
    began = time.time()

    done = lab.run(drill(lab, *NEWEST, "--max-row-age", "600", "--assert", "shop.sql"), check=False)

    result = ended(lab, done, "passed")
    checksums = "passed" if lab.postgresql.major >= 18 else "not possible: the cluster has none"
    assert results(result) == {"pg_amcheck": "passed", "shop.sql": "passed", "pg_checksums": checksums}
    assert result["newest_row"] == lab.psql(
        "SELECT to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM paid"
    )
    assert began - paid - 1 <= result["newest_row_age_seconds"] <= began - paid + 20
    assert 0 < result["seconds_to_restore"] < time.time() - began
    identifier = lab.psql("SELECT system_identifier FROM pg_control_system()")
    assert result["restored"]["server"]["system_identifier"] == identifier
    assert evidence(lab) == [result]
    assert state(lab) == before


@pytest.mark.majors(18)
def test_pgbackrest_and_what_vanishes_from_it(lab: Lab) -> None:
    archive_with_pgbackrest(lab)
    furnish(lab)
    lab.run(["pgbackrest", "--stanza=main", "--type=full", "backup"])
    pay_and(lab)
    command = drill(lab, *NEWEST, source=("--pgbackrest-stanza", "main"))

    result = ended(lab, lab.run(command, check=False), "passed")
    newest = "SELECT to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM paid"
    assert result["newest_row"] == lab.psql(newest)

    lab.run('rm -r "$BACKUP_DIR"/backup/main/2*')
    assert "not restored" in ended(lab, lab.run(command, check=False), "failed")["reason"]


@pytest.mark.majors(18)
def test_barman(lab: Lab) -> None:
    stream_to_barman(lab)
    furnish(lab)
    lab.run(["barman", "backup", "--immediate-checkpoint", "--wait", "main"])
    lab.psql("INSERT INTO paid VALUES (1001)")
    archive_to_barman(lab)
    lab.write("shop.sql", "SELECT count(*) = 1001 FROM paid")

    command = drill(lab, "--assert", "shop.sql", source=("--barman-server", "main"))

    assert results(ended(lab, lab.run(command, check=False), "passed"))["shop.sql"] == "passed"


@pytest.mark.majors(18)
def test_a_damaged_backup_fails_and_the_reason_names_the_file(lab: Lab) -> None:
    paid_after_the_backup(lab)
    file = lab.psql("SELECT pg_relation_filepath('paid')")
    lab.run(f'printf x | dd of="$BACKUP_DIR/base/{file}" bs=1 seek=9000 conv=notrunc status=none')

    result = ended(lab, lab.run(drill(lab, *NEWEST), check=False), "failed")

    assert f'checksum mismatch for file "{file}"' in result["reason"]
    assert (result["newest_row"], result["restored"]) == (None, None)


@pytest.mark.majors(18)
def test_damage_that_was_backed_up_as_it_was_fails(lab: Lab) -> None:
    archive_plainly(lab)
    furnish(lab)
    file = lab.psql("SELECT pg_relation_filepath('paid')")
    lab.stop()
    lab.run(f'printf xxxx | dd of="$PGDATA/{file}" bs=1 seek=9000 conv=notrunc status=none')
    lab.start()
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast --no-verify-checksums')
    lab.archive_now()

    result = ended(lab, lab.run(drill(lab), check=False), "failed")

    assert results(result) == {"pg_amcheck": "failed", "pg_checksums": "failed"}
    assert "pg_amcheck: " in result["reason"]


@pytest.mark.majors(18)
def test_rows_that_are_missing_fail(lab: Lab) -> None:
    paid_after_the_backup(lab)
    lab.write("count.sql", "SELECT count(*) = 1002 FROM paid")
    lab.write("silent.sql", "SELECT true WHERE false")
    lab.write("broken.sql", "SELECT true; SELECT nothing_like_it;")
    lab.write("writes.sql", "DELETE FROM paid; SELECT true;")
    names = ("count", "silent", "broken", "writes")

    options = [option for name in names for option in ("--assert", f"{name}.sql")]
    result = ended(lab, lab.run(drill(lab, *options), check=False), "failed")
    assert [results(result)[f"{name}.sql"] for name in names] == ["failed"] * 4
    assert result["reason"].startswith("count.sql: not every row is t")

    # The server calls a gap in the archive a success: it opens with what it has.
    lab.psql("SELECT pg_sleep(1)")
    lab.run('rm "$ARCHIVE_DIR"/00000001000000000000000[3-9]')
    result = ended(lab, lab.run(drill(lab, *NEWEST, "--max-row-age", "1"), check=False), "failed")
    assert "newer ones are lost" in result["reason"]
    result = ended(lab, lab.run(drill(lab, "--newest-row", "SELECT NULL"), check=False), "failed")
    assert result["reason"] == "--newest-row gave no row"


@pytest.mark.majors(18)
def test_what_is_missing_or_read_only_or_unknown_is_no_success(lab: Lab) -> None:
    paid_after_the_backup(lab)
    before = state(lab)
    done = lab.run(drill(lab, "--timeout", "3"), check=False, env={"PGUSER": "nobody_known"})
    assert "is PGUSER a superuser" in ended(lab, done, "failed")["reason"]
    gone = ("--backup", "/nowhere", "--archive", lab.env["ARCHIVE_DIR"])
    assert "is it mounted?" in ended(lab, lab.run(drill(lab, source=gone), check=False), "failed")["reason"]
    assert len(evidence(lab)) == 2
    for program in ("pg_amcheck", "flock"):
        done = lab.run(drill(lab), check=False, env=without(lab, program))
        assert (done.returncode, done.stdout) == (3, "")
        assert f"{program} is not on PATH" in done.stderr
    done = lab.run(drill(lab, "--assert", "missing.sql"), check=False)
    assert (done.returncode, done.stdout) == (3, "")
    for directory in ("scratch", "evidence"):
        lab.run(f'chmod 0500 "$LAB/{directory}"')
        done = lab.run(drill(lab), check=False)
        assert (done.returncode, done.stdout) == (3, "")
        assert "missing or read-only" in done.stderr
        lab.run(f'chmod 0700 "$LAB/{directory}"')
    assert lab.run(drill(lab, "--restore-command", "cp"), check=False).returncode == 2
    assert "Exit status:" in lab.run([DRILL, "--help"]).stdout
    plan = json.loads(lab.run([part for part in drill(lab) if part != "--execute"]).stdout)
    assert (plan["status"], plan["restore"]["status"]) == ("plan", "plan")
    assert len(evidence(lab)) == 2
    assert state(lab) == before


@pytest.mark.majors(18)
def test_after_a_kill_the_next_drill_names_what_is_left_and_removes_it_when_told(lab: Lab) -> None:
    paid_after_the_backup(lab)
    before = state(lab)
    for seconds in (0.3, 0.6, 1.2):
        killed_after(lab, drill(lab), seconds)
        if list((lab.directory / "scratch").glob("drill.*")):
            done = lab.run(drill(lab), check=False)
            assert done.returncode == 3
            assert "--remove-leftovers" in done.stderr
        assert all(each["status"] == "passed" for each in evidence(lab))
        ended(lab, lab.run(drill(lab, "--remove-leftovers"), check=False), "passed")
    assert state(lab) == before


@pytest.mark.majors(18)
def test_of_two_at_once_in_one_scratch_place_one_is_refused(lab: Lab) -> None:
    paid_after_the_backup(lab)

    done = at_once(lab, drill(lab), drill(lab))

    assert sorted(each.returncode for each in done) == [0, 3]
    assert [each["status"] for each in evidence(lab)] == ["passed"]


@pytest.mark.majors(18)
@pytest.mark.not_here
def test_a_full_disk_is_a_failed_drill_and_no_evidence_of_another(lab: Lab) -> None:
    if not small_disks_exist(lab):
        pytest.skip("no file systems in namespaces here")
    paid_after_the_backup(lab)
    before = state(lab)

    done = on_a_small_disk(lab, drill(lab), lab.directory / "scratch", 20)
    lab.run(["touch", lab.directory / "scratch/restore_drill.lock"])  # its own was on the small disk
    assert "No space left on device" in ended(lab, done, "failed")["reason"]

    full = ["bash", "-c", 'head -c 2M /dev/zero >"$LAB/evidence/x"; exec "$@"', "bash", *drill(lab)]
    done = on_a_small_disk(lab, full, lab.directory / "evidence", 1)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the drill doesn't count" in done.stderr
    assert len(evidence(lab)) == 1
    assert state(lab) == before
