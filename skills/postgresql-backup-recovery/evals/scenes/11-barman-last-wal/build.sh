# shellcheck shell=bash
# Only Barman's host is left. It has the newest commits in a segment that is not finished.
barman=$(command -v barman) || {
    say "this scene needs barman on PATH"
    exit 1
}
make_cluster
start_server
printf '#!/bin/sh\nexec %q -c %q "$@"\n' "$barman" "$LAB/barman.conf" >"$LAB/bin/barman"
chmod +x "$LAB/bin/barman"
cat >"$LAB/barman.conf" <<CONF
[barman]
barman_user = $(id -un)
barman_home = $BACKUP_DIR
barman_lock_directory = $BACKUP_DIR
log_file = $BACKUP_DIR/barman.log
log_level = INFO

[main]
description = the shop's database
conninfo = host=$PGHOST user=postgres dbname=postgres
streaming_conninfo = host=$PGHOST user=postgres
backup_method = postgres
streaming_archiver = on
slot_name = barman
CONF
"$LAB/bin/barman" receive-wal --create-slot main >"$SECRET/barman.log"
setsid "$LAB/bin/barman" receive-wal main >"$SECRET/receive-wal.log" 2>&1 </dev/null &
until_true 60 eval '[[ $(ask "SELECT state FROM pg_stat_replication") == streaming ]]'
# Closes the segment, and waits until Barman has it. On an idle server its end is sent with the next record.
stored() {
    local segment
    segment=$(ask "SELECT pg_walfile_name(pg_switch_wal()) FROM pg_create_restore_point('segment')")
    tell "SELECT txid_current()"
    until_true 60 test -f "$BACKUP_DIR/main/streaming/$segment"
    "$LAB/bin/barman" -q archive-wal main
}
create_orders
make_orders 1 1000
stored
"$LAB/bin/barman" -q backup --immediate-checkpoint main
make_orders 1001 1500
stored
make_orders 1501 1577
tell "UPDATE orders SET state = 'paid' WHERE id % 4 = 0"
fingerprint orders | keep orders
# A message behind the last commit: when Barman has it, it has all of them.
marker=$(ask "SELECT md5(random()::text)")
tell "SELECT pg_logical_emit_message(false, 'marker', '$marker')"
tell "SELECT txid_current()"
until_true 60 grep --quiet --text --recursive "$marker" "$BACKUP_DIR/main/streaming"
crash
wait
rm -rf "$PGDATA"
printf 'Operator, %s: the database machine burnt. The shop had confirmed 1577 orders. This is the host with Barman (server "main").\n' "$(date --utc +%T)" >"$LAB/incident.txt"
# Its catalog (backup.info, xlog.db) Barman writes anew when it likes.
find "$BACKUP_DIR"/main/base/*/data "$BACKUP_DIR"/main/wals/0* -type f -exec sha256sum {} + | keep backup.sums
