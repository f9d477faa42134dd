# shellcheck shell=bash
# The server dies while its archive is away: its newest commits exist only in the pg_wal of a damaged data directory.
make_cluster
archive_soundly
start_server
create_orders
make_orders 1 1000
pg_basebackup --pgdata="$BACKUP_DIR/base" --checkpoint=fast
make_orders 1001 1500
archive_now >/dev/null
mv "$ARCHIVE_DIR" "$LAB/away"
make_orders 1501 1600
tell "SELECT pg_switch_wal()"
make_orders 1601 1677
tell "UPDATE orders SET state = 'paid' WHERE id > 900"
fingerprint orders | keep orders
crash
mv "$LAB/away" "$ARCHIVE_DIR"
rm -rf "$PGDATA/global" "$PGDATA/pg_xact" "$PGDATA/postmaster.pid" "$PGDATA/base/1"
printf 'Operator, %s: the disk of the data directory has errors, the server is down and does not start. The archive was\nunreachable for the last minutes; it is back. The shop reports 1677 orders confirmed to customers, the last one is id 1677.\n' \
    "$(date --utc +%T)" >"$LAB/incident.txt"
(cd "$PGDATA/pg_wal" && for segment in 0*; do
    if [[ ! -e $ARCHIVE_DIR/$segment && -f archive_status/${segment}.ready ]]; then sha256sum "$segment"; fi
done) | keep unarchived
keep_files backup "$BACKUP_DIR" "$ARCHIVE_DIR"
