# shellcheck shell=bash
# The blocked segment's archived copy is the first part of it: set it aside, and archive with a command that repairs this.
tail -n 3 server.log
blocked=$(cd "$PGDATA/pg_wal/archive_status" && printf '%s\n' *.ready | sort | sed -n '1s/\.ready$//p')
cmp --bytes="$(stat --format=%s "$ARCHIVE_DIR/$blocked")" "$ARCHIVE_DIR/$blocked" "$PGDATA/pg_wal/$blocked"
mv "$ARCHIVE_DIR/$blocked" "$LAB/answer/$blocked.cut-off"
install -m 0755 "$SCRIPTS/archive_wal.sh" "$LAB/bin/archive_wal.sh"
psql -X -v ON_ERROR_STOP=1 -c "ALTER SYSTEM SET archive_command = '$LAB/bin/archive_wal.sh \"%p\" \"%f\" $ARCHIVE_DIR'" \
    -c "SELECT pg_reload_conf()" -c "SELECT pg_drop_replication_slot('old_replica')"
timeout 60 bash -c 'until [[ $(psql -XAtc "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '"'%.ready'"'") == 0 ]]; do sleep 0.1; done'
psql -X -c CHECKPOINT
