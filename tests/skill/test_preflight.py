"""preflight.sh reports what it saw, or fails: it never passes over what it could not see."""

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.skill.interrupted import SCRIPTS, at_once, killed_after, without
from tests.skill.sources import (
    archive_plainly,
    archive_with,
    archive_with_pgbackrest,
    stream_to_barman,
)
from tests.support.lab import Lab

PREFLIGHT = SCRIPTS / "preflight.sh"


def run(lab: Lab, *options: str, env: dict[str, str] | None = None) -> CompletedProcess[str]:
    return lab.run([PREFLIGHT, *options], check=False, env=env)


def look(lab: Lab, *options: str, status: int) -> dict[str, Any]:
    done = run(lab, *options)
    assert done.returncode == status, done.stdout + done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    assert seen["status"] == ("problems" if status else "nothing found")
    return seen


def cannot_look(done: CompletedProcess[str], reason: str) -> None:
    assert (done.returncode, done.stdout) == (3, "")
    assert reason in done.stderr
    assert done.stderr.splitlines()[-1].startswith("preflight.sh: ")


def findings(seen: dict[str, Any], severity: str = "problem") -> str:
    return "\n".join(row["finding"] for row in seen["findings"] if row["severity"] == severity)


@pytest.mark.majors(14, 18)
def test_a_server_that_archives_and_has_a_new_backup_is_reported_without_problems(lab: Lab) -> None:
    archive_plainly(lab)
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast')
    lab.archive_now()
    lab.wait_until("SELECT last_archived_wal IS NOT NULL FROM pg_stat_archiver")  # on 14 some time later
    before = lab.psql("SELECT pg_snapshot_xmax(pg_current_snapshot())")

    seen = look(lab, "--backup-dir", lab.env["BACKUP_DIR"], status=0)

    assert seen["server"]["data_directory"] == lab.env["PGDATA"]
    assert seen["server"]["system_identifier"] == lab.psql(
        "SELECT system_identifier FROM pg_control_system()"
    )
    assert Path(lab.env["ARCHIVE_DIR"], seen["archiver"]["last_archived_wal"]).exists()
    assert [(row["name"], row["usable"]) for row in seen["backups"]] == [("base", True)]
    assert lab.psql("SELECT pg_snapshot_xmax(pg_current_snapshot())") == before


@pytest.mark.majors(14, 18)
def test_what_loses_data_is_named(lab: Lab) -> None:
    archive_with(lab, "/bin/false")
    lab.configure("full_page_writes = off\nmax_slot_wal_keep_size = -1")
    lab.run(["pg_ctl", "-s", "reload"])
    lab.psql("SELECT pg_create_physical_replication_slot('dead', true)")
    lab.psql("SELECT pg_switch_wal()")
    lab.wait_until("SELECT failed_count > 0 FROM pg_stat_archiver")
    lab.run('mkdir "$BACKUP_DIR/interrupted" && touch "$BACKUP_DIR/interrupted/PG_VERSION"')

    seen = look(lab, "--backup-dir", lab.env["BACKUP_DIR"], status=1)

    assert "the archiver fails at 0000" in findings(seen)
    assert "full_page_writes is off" in findings(seen)
    assert "pg_basebackup: no usable backup" in findings(seen)
    assert "slot dead is inactive" in findings(seen, "warning")
    assert seen["slots"][0]["can_fill_the_disk"]


@pytest.mark.majors(18)
def test_a_command_that_stores_nothing_is_a_problem(lab: Lab) -> None:
    archive_with(lab, "/bin/true")

    assert "succeeds without storing anything" in findings(look(lab, status=1))


@pytest.mark.majors(18)
def test_a_backup_older_than_allowed_is_a_problem(lab: Lab) -> None:
    archive_plainly(lab)
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast')
    lab.run('touch -d "3 days ago" "$BACKUP_DIR/base/backup_manifest"')

    seen = look(lab, "--backup-dir", lab.env["BACKUP_DIR"], status=1)
    assert "72 hours old" in findings(seen)
    look(lab, "--backup-dir", lab.env["BACKUP_DIR"], "--max-age", "100", status=0)


@pytest.mark.majors(18)
def test_pgbackrest_is_asked_for_its_backups(lab: Lab) -> None:
    archive_with_pgbackrest(lab)
    assert "pgbackrest: no usable backup" in findings(look(lab, "--pgbackrest-stanza", "main", status=1))

    lab.run(["pgbackrest", "--stanza=main", "--type=full", "backup"])

    seen = look(lab, "--pgbackrest-stanza", "main", status=0)
    assert [(row["source"], row["usable"]) for row in seen["backups"]] == [("pgbackrest", True)]


@pytest.mark.majors(18)
def test_barman_is_asked_for_its_backups(lab: Lab) -> None:
    lab.configure("archive_mode = on\narchive_command = 'test -d $ARCHIVE_DIR'")
    lab.restart()
    stream_to_barman(lab)
    assert "barman: no usable backup" in findings(look(lab, "--barman-server", "main", status=1))

    lab.run(["barman", "backup", "--immediate-checkpoint", "main"])

    seen = look(lab, "--barman-server", "main", status=0)
    assert [(row["source"], row["usable"]) for row in seen["backups"]] == [("barman", True)]


@pytest.mark.majors(18)
def test_what_it_cannot_see_makes_it_fail(lab: Lab) -> None:
    lab.psql("CREATE ROLE visitor LOGIN")
    cannot_look(run(lab, env={"PGUSER": "visitor"}), "permission denied")
    cannot_look(run(lab, env={"PGUSER": "nobody_known"}), "check PGHOST")
    cannot_look(run(lab, "--backup-dir", "/nowhere"), "is it mounted?")
    lab.run('mkdir -m 0000 "$BACKUP_DIR/closed"')
    cannot_look(run(lab, "--backup-dir", f"{lab.env['BACKUP_DIR']}/closed"), "is it mounted?")
    cannot_look(run(lab, env=dict(without(lab, "psql"))), "psql is not on PATH")
    cannot_look(run(lab, "--barman-server", "main"), "barman is not on PATH")
    cannot_look(lab.run(f"{PREFLIGHT} >/dev/full", check=False), "cannot write the result")
    alone = Path(lab.directory / "preflight.sh")
    lab.run(["cp", PREFLIGHT, alone])
    cannot_look(lab.run([alone], check=False), "copy the whole folder")
    lab.stop()
    cannot_look(run(lab), "the server cannot be asked")


@pytest.mark.majors(18)
def test_wrong_arguments_are_refused(lab: Lab) -> None:
    for options in (["--backup-dir"], ["--max-age", "1; DROP TABLE x"], ["production"]):
        done = run(lab, *options)
        assert (done.returncode, done.stdout) == (2, "")
    assert "Exit status:" in run(lab, "--help").stdout


@pytest.mark.majors(18)
def test_killed_or_twice_at_once_it_leaves_nothing_behind(lab: Lab) -> None:
    archive_plainly(lab)
    before = lab.run('find "$LAB" -path "$PGDATA" -prune -o -print | sort').stdout
    for seconds in (0.02, 0.08, 0.2):
        killed_after(lab, [PREFLIGHT], seconds)
    assert [done.returncode for done in at_once(lab, [PREFLIGHT], [PREFLIGHT])] == [0, 0]
    assert lab.run('find "$LAB" -path "$PGDATA" -prune -o -print | sort').stdout == before


@pytest.mark.majors(18)
@pytest.mark.parametrize("name", ["readiness", "archiver_status", "slots", "checksum_status"])
def test_each_statement_runs_on_its_own(lab: Lab, name: str) -> None:
    lab.run(["psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", SCRIPTS / "sql" / f"{name}.sql"])
