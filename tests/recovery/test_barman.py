"""Barman backs up PostgreSQL 18 by streaming alone, and recovers it."""

import tempfile

import pytest

from tests.support.lab import Lab
from tests.support.software import barman

pytestmark = pytest.mark.majors(18)


@pytest.fixture
def streaming(lab: Lab) -> Lab:
    """Return a lab whose WAL streams to Barman, which calls the server `main`."""
    lab.add_to_path(barman())
    home = lab.env["BACKUP_DIR"]
    lab.write(
        ".barman.conf",
        f"""[barman]
barman_user = {lab.run(["id", "-un"]).stdout.strip()}
barman_home = {home}
barman_lock_directory = {home}
log_file = {home}/barman.log
log_level = INFO
configuration_files_directory = {home}

[main]
description = the cluster of the lab
conninfo = host={lab.env["PGHOST"]} user=postgres dbname=postgres
streaming_conninfo = host={lab.env["PGHOST"]} user=postgres
backup_method = postgres
archiver = off
streaming_archiver = on
slot_name = barman
create_slot = auto
""",
    )
    with tempfile.TemporaryFile() as output:
        lab.run(["barman", "receive-wal", "--create-slot", "main"])
        lab.start_process(["barman", "receive-wal", "main"], output, output, output)
    lab.wait_until("SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'")
    # Barman refuses a backup until a first segment has arrived.
    archive(lab)
    return lab


def archive(lab: Lab) -> None:
    """Close the current segment and archive it, as `barman switch-wal --archive` does, but at once."""
    segment = lab.psql("SELECT pg_walfile_name(pg_switch_wal())")
    # On an idle server the end of a closed segment is sent with the next record, up to 15 seconds later.
    lab.psql("SELECT txid_current()")
    received = f"{lab.env['BACKUP_DIR']}/main/streaming/{segment}"
    lab.wait_until(f"SELECT (pg_stat_file('{received}', true)).size IS NOT NULL")
    lab.run(["barman", "archive-wal", "main"])


def test_rows_committed_after_a_barman_backup_come_back(streaming: Lab) -> None:
    lab = streaming
    lab.psql("CREATE TABLE paid (id int); INSERT INTO paid VALUES (1)")
    lab.run(["barman", "backup", "--immediate-checkpoint", "--wait", "main"])
    lab.psql("INSERT INTO paid VALUES (2)")
    archive(lab)
    lab.run(["barman", "check", "main"])

    lab.kill()
    lab.run('rm -r "$PGDATA" && barman recover main latest "$PGDATA"')
    lab.start()
    lab.wait_until("SELECT NOT pg_is_in_recovery()")

    assert lab.psql("SELECT id FROM paid ORDER BY id") == "1\n2"
