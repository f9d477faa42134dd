# shellcheck shell=bash
# WAL holds the changes, not the damage: the older backup with all WAL behind it gives back today's table.
segment=$(psql -XAt -c "SELECT pg_walfile_name(pg_switch_wal()) FROM pg_create_restore_point('before the repair')")
timeout 60 bash -c 'until [[ -e $0 ]]; do sleep 0.1; done' "$PGDATA/pg_wal/archive_status/$segment.done"
"$SCRIPTS/restore_pitr.sh" --backup "$BACKUP_DIR/sunday" --archive "$ARCHIVE_DIR" --into "$LAB/copy" --execute
pg_dump --host="$LAB/copy" --port=54999 --table=orders >orders.sql
psql -X -q -v ON_ERROR_STOP=1 --single-transaction -o /dev/null -c "ALTER TABLE orders RENAME TO orders_damaged" \
    -c "ALTER INDEX orders_pkey RENAME TO orders_damaged_pkey" --file=orders.sql
pg_ctl stop --silent --mode=fast --pgdata="$LAB/copy"
