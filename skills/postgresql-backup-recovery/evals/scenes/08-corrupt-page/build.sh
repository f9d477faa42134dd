# shellcheck shell=bash
# One page is damaged on disk, and in the newest backup. The older backup was sound, and the archive is complete.
checksums=()
if (($(postgres --version | sed -E 's/.* ([0-9]+)\..*/\1/') < 18)); then checksums=(--data-checksums); fi
make_cluster "${checksums[@]}"
archive_soundly
start_server
create_orders
make_orders 1 2000
tell "CREATE TABLE customers (id bigint PRIMARY KEY, token text)"
tell "INSERT INTO customers SELECT n, md5(random()::text) FROM generate_series(1, 300) AS n"
pg_basebackup --pgdata="$BACKUP_DIR/sunday" --checkpoint=fast
# A new version of each third row, on the same page, where there is room for it.
tell "UPDATE orders SET state = 'paid' WHERE id % 3 = 0"
make_orders 2001 2200
fingerprint orders "id <= 2000" | keep before
tell CHECKPOINT
file=$PGDATA/$(ask "SELECT pg_relation_filepath('orders')")
pg_ctl stop --silent --mode=fast
head -c 600 /dev/urandom | dd of="$file" bs=1 seek=$((3 * 8192 + 2000)) conv=notrunc status=none
# From here on the scene itself must not read that page.
export PGOPTIONS='-c enable_seqscan=off'
start_server
pg_basebackup --pgdata="$BACKUP_DIR/monday" --checkpoint=fast --no-verify-checksums
make_orders 2201 2300
tell "UPDATE orders SET state = 'shipped' WHERE id BETWEEN 2100 AND 2150"
tell "INSERT INTO customers SELECT n, md5(random()::text) FROM generate_series(301, 320) AS n"
fingerprint orders "id > 2000" | keep after
fingerprint customers | keep customers
archive_now >/dev/null
printf 'Application, %s: SELECT * FROM orders fails: invalid page in block 3. New orders can still be placed; the shop is closed for now.\n' "$(date --utc +%T)" >"$LAB/incident.txt"
keep_files backup "$BACKUP_DIR" "$ARCHIVE_DIR"
