# shellcheck shell=bash
# pg_wal grows for two reasons at once: half a segment in the archive blocks the archiver, and a slot has no reader.
make_cluster --wal-segsize=1
cat >>"$PGDATA/postgresql.conf" <<CONF
archive_mode = on
archive_command = 'test ! -f $ARCHIVE_DIR/%f && cp %p $ARCHIVE_DIR/%f'
min_wal_size = 2MB
max_wal_size = 8MB
CONF
start_server
create_orders
make_orders 1 500
pg_basebackup --pgdata="$BACKUP_DIR/base" --checkpoint=fast
tell "SELECT pg_create_physical_replication_slot('old_replica', true)"
archive_now >/dev/null
# Half a segment, as a crash of the archive leaves it, under its final name.
mv "$ARCHIVE_DIR" "$LAB/away"
blocked=$(ask "SELECT pg_walfile_name(pg_current_wal_insert_lsn()) FROM pg_create_restore_point('in use')")
write() { # FROM TO, a segment each
    local n
    for ((n = $1; n <= $2; n++)); do
        printf "INSERT INTO orders (id, region, state, token) SELECT %d + n, 'south', 'new', md5(random()::text || n) FROM generate_series(1, 50) AS n;\n" $((n * 100))
        printf 'SELECT pg_switch_wal();\n'
    done | psql -XAtq -v ON_ERROR_STOP=1 -o /dev/null
}
write 9 10
head -c 400000 "$PGDATA/pg_wal/$blocked" >"$LAB/away/$blocked"
mv "$LAB/away" "$ARCHIVE_DIR"
write 11 40
tell "SELECT pg_create_physical_replication_slot('replica_b', true)"
write 41 45
ask "SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'replica_b'" | keep replica_b
tell "CHECKPOINT"
fingerprint orders | keep orders
printf 'Monitoring, %s: the volume of pg_wal is at 96%% and growing. What is in pg_wal must shrink below 24 MB.\nreplica_b is down for maintenance until Monday and must be able to catch up by streaming. Of old_replica nobody knows; its machine was\nscrapped in spring.\n' \
    "$(date --utc +%T)" >"$LAB/incident.txt"
keep_files backup "$BACKUP_DIR"
find "$ARCHIVE_DIR" -type f ! -name "$blocked" -exec sha256sum {} + | keep archive.sums
keep_production
