"""The lab's server backed up in three ways, as the scripts find them."""

import tempfile

from tests.skill.interrupted import SCRIPTS
from tests.support.lab import Lab
from tests.support.software import barman, pgbackrest


def archive_with(lab: Lab, command: str) -> None:
    """Let the server archive with a command, and restart it."""
    lab.configure(f"archive_mode = on\narchive_command = '{command}'\narchive_timeout = 60s")
    lab.restart()


def archive_plainly(lab: Lab) -> None:
    """Let the server archive into $ARCHIVE_DIR with archive_wal.sh."""
    archive_with(lab, f'{SCRIPTS}/archive_wal.sh "%p" "%f" $ARCHIVE_DIR')


def archive_with_pgbackrest(lab: Lab) -> None:
    """Let the server archive into a repository of pgBackRest, stanza main, that has no backup yet."""
    lab.add_to_path(pgbackrest().parent)
    lab.env["PGBACKREST_CONFIG"] = str(
        lab.write(
            "pgbackrest.conf",
            f"[global]\nrepo1-path={lab.env['BACKUP_DIR']}\nrepo1-retention-full=2\nstart-fast=y\n"
            f"[main]\npg1-path={lab.env['PGDATA']}\npg1-socket-path={lab.env['PGHOST']}\n",
        )
    )
    archive_with(lab, "pgbackrest --stanza=main archive-push %p")
    lab.run(["pgbackrest", "--stanza=main", "stanza-create"])


def stream_to_barman(lab: Lab) -> None:
    """Let Barman receive the server's WAL; it calls the server main and has no backup yet."""
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
    archive_to_barman(lab)


def archive_to_barman(lab: Lab) -> None:
    """Close the current segment and let Barman archive it."""
    segment = lab.psql("SELECT pg_walfile_name(pg_switch_wal())")
    # On an idle server the end of a closed segment is sent with the next record, up to 15 seconds later.
    lab.psql("SELECT txid_current()")
    received = f"{lab.env['BACKUP_DIR']}/main/streaming/{segment}"
    lab.wait_until(f"SELECT (pg_stat_file('{received}', true)).size IS NOT NULL")
    lab.run(["barman", "archive-wal", "main"])
