# shellcheck shell=bash
# A writable copy is wanted. The backup brings production's archive_command along.
make_cluster
printf "archive_mode = on\narchive_command = 'cp %%p %s/%%f'\n" "$ARCHIVE_DIR" >>"$PGDATA/postgresql.conf"
start_server
create_orders
make_orders 1 1000
pg_basebackup --pgdata="$BACKUP_DIR/base" --checkpoint=fast
make_orders 1001 1800
tell "UPDATE orders SET state = 'paid' WHERE id % 3 = 0"
archive_now >/dev/null
fingerprint orders | keep orders
keep_files backup "$BACKUP_DIR" "$ARCHIVE_DIR"
keep_production
