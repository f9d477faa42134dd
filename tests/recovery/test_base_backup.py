"""A base backup and the archived WAL give back what was committed after the backup, on every major."""

from tests.support.lab import Lab

ARCHIVE_COMMAND = 'test ! -f "$ARCHIVE_DIR/%f" && cp "%p" "$ARCHIVE_DIR/%f"'


def test_rows_committed_after_the_backup_come_back_from_the_archive(lab: Lab) -> None:
    lab.configure(f"archive_mode = on\narchive_command = '{ARCHIVE_COMMAND}'")
    lab.restart()
    lab.psql("CREATE TABLE paid (id int); INSERT INTO paid VALUES (1)")
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast -X none')
    lab.psql("INSERT INTO paid VALUES (2)")
    lab.archive_now()

    lab.kill()
    lab.run('rm -r "$PGDATA" && cp -a "$BACKUP_DIR/base" "$PGDATA" && touch "$PGDATA/recovery.signal"')
    lab.configure('restore_command = \'cp "$ARCHIVE_DIR/%f" "%p"\'')
    lab.start()
    lab.wait_until("SELECT NOT pg_is_in_recovery()")

    assert lab.psql("SELECT id FROM paid ORDER BY id") == "1\n2"


def test_without_the_archive_the_same_backup_gives_back_nothing_that_came_after_it(lab: Lab) -> None:
    lab.psql("CREATE TABLE paid (id int); INSERT INTO paid VALUES (1)")
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast -X stream')
    lab.psql("INSERT INTO paid VALUES (2)")

    lab.kill()
    lab.run('rm -r "$PGDATA" && cp -a "$BACKUP_DIR/base" "$PGDATA"')
    lab.start()

    assert lab.psql("SELECT id FROM paid ORDER BY id") == "1"


def test_recovery_stops_at_the_target_time(lab: Lab) -> None:
    lab.configure(f"archive_mode = on\narchive_command = '{ARCHIVE_COMMAND}'")
    lab.restart()
    lab.run('pg_basebackup -D "$BACKUP_DIR/base" -c fast -X none')
    lab.psql("CREATE TABLE paid (id int); INSERT INTO paid VALUES (1)")
    before_the_mistake = lab.psql("SELECT clock_timestamp()")
    lab.psql("DELETE FROM paid")
    lab.archive_now()

    lab.stop()
    lab.run('rm -r "$PGDATA" && cp -a "$BACKUP_DIR/base" "$PGDATA" && touch "$PGDATA/recovery.signal"')
    lab.configure(f"""
        restore_command = 'cp "$ARCHIVE_DIR/%f" "%p"'
        recovery_target_time = '{before_the_mistake}'
        recovery_target_action = 'promote'
    """)
    lab.start()
    lab.wait_until("SELECT NOT pg_is_in_recovery()")

    assert lab.psql("SELECT id FROM paid") == "1"
