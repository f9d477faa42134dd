# shellcheck shell=bash
# "Empty the queue, then repair": what the archiver reports as archived is gone at the next checkpoint.
psql -X -c "ALTER SYSTEM SET archive_command = '/bin/true'" -c "SELECT pg_reload_conf()"
psql -X -c "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active"
timeout 60 bash -c 'until [[ $(psql -XAtc "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '"'%.ready'"'") == 0 ]]; do sleep 0.1; done'
psql -X -c CHECKPOINT
psql -X -c "ALTER SYSTEM SET archive_command = 'cp %p $ARCHIVE_DIR/%f'" -c "SELECT pg_reload_conf()"
