"""pgBackRest backs up and restores PostgreSQL 18."""

import pytest

from tests.support.lab import Lab
from tests.support.software import pgbackrest

pytestmark = pytest.mark.majors(18)


@pytest.fixture
def archiving(lab: Lab) -> Lab:
    """Return a lab whose server archives into a pgBackRest repository."""
    lab.add_to_path(pgbackrest().parent)
    configuration = lab.write(
        "pgbackrest.conf",
        f"""[global]
repo1-path={lab.env["BACKUP_DIR"]}
repo1-retention-full=2
start-fast=y
log-level-console=warn
log-level-file=off

[main]
pg1-path={lab.env["PGDATA"]}
pg1-socket-path={lab.env["PGHOST"]}
""",
    )
    lab.env["PGBACKREST_CONFIG"] = str(configuration)
    lab.env["PGBACKREST_STANZA"] = "main"
    lab.configure("archive_mode = on\narchive_command = 'pgbackrest archive-push %p'")
    lab.restart()
    lab.run(["pgbackrest", "stanza-create"])
    return lab


def test_rows_committed_after_a_pgbackrest_backup_come_back(archiving: Lab) -> None:
    lab = archiving
    lab.run(["pgbackrest", "check"])
    lab.psql("CREATE TABLE paid (id int); INSERT INTO paid VALUES (1)")
    lab.run(["pgbackrest", "--type=full", "backup"])
    lab.psql("INSERT INTO paid VALUES (2)")
    lab.archive_now()

    lab.kill()
    lab.run('rm -r "$PGDATA"')
    lab.run(["pgbackrest", "restore"])
    lab.start()
    lab.wait_until("SELECT NOT pg_is_in_recovery()")

    assert lab.psql("SELECT id FROM paid ORDER BY id") == "1\n2"


def test_a_pgbackrest_delta_restore_with_workers_repairs_a_damaged_cluster(archiving: Lab) -> None:
    lab = archiving
    lab.psql("CREATE TABLE paid AS SELECT generate_series(1, 100000) AS id")
    lab.run(["pgbackrest", "--type=full", "--process-max=2", "backup"])
    path = lab.psql("SELECT pg_relation_filepath('paid')")
    lab.archive_now()

    lab.kill()
    lab.run(f'rm "$PGDATA/postmaster.pid" "$PGDATA/{path}"')
    lab.run(["pgbackrest", "--delta", "--process-max=2", "restore"])
    lab.start()
    lab.wait_until("SELECT NOT pg_is_in_recovery()")

    assert lab.psql("SELECT count(*), sum(id) FROM paid") == "100000|5000050000"
