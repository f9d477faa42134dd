# shellcheck shell=bash
# A time is not exact enough: the transaction is. It deletes from the table's file; stop before its commit.
file=$(ask "SELECT pg_relation_filepath('orders')")
relation=$(ask "SELECT '1663/' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || pg_relation_filenode('orders')")
first=$(awk '/^START WAL LOCATION/ { gsub(/\)/, ""); print $NF }' "$BACKUP_DIR/base/backup_label")
last=$(cd "$ARCHIVE_DIR" && printf '%s\n' * | grep -E '^[0-9A-F]{24}$' | tail -n 1)
say "$file is $relation; its deletions are in:"
xid=$(pg_waldump --path="$ARCHIVE_DIR" --rmgr=Heap "$first" "$last" 2>/dev/null |
    awk -v relation="rel $relation " '/desc: DELETE/ && index($0, relation) { sub(/.*tx: +/, ""); sub(/,.*/, ""); print }' | sort | uniq -c | sort -n | awk 'END { print $2 }')
"$SCRIPTS/restore_pitr.sh" --backup "$BACKUP_DIR/base" --archive "$ARCHIVE_DIR" --into "$LAB/copy" --target-xid "$xid" --before --execute
psql -X -h "$LAB/copy" -p 54999 -v ON_ERROR_STOP=1 -c "\copy (SELECT * FROM orders WHERE region = 'north') TO 'north.copy'"
psql -X -v ON_ERROR_STOP=1 --single-transaction <<'SQL'
CREATE TEMP TABLE deleted (LIKE orders);
\copy deleted FROM 'north.copy'
INSERT INTO orders SELECT * FROM deleted ON CONFLICT DO NOTHING;
SQL
pg_ctl stop --silent --mode=fast --pgdata="$LAB/copy"
