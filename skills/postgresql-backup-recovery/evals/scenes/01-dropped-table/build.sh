# shellcheck shell=bash
# A table is dropped in a transaction that stays open for a while, as a migration's does, while others commit.
make_cluster
archive_soundly
printf "log_statement = 'ddl'\nlog_line_prefix = '%%m [%%p] '\n" >>"$PGDATA/postgresql.conf"
start_server
create_orders
make_orders 1 1000
tell "CREATE TABLE payments (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)"
tell "INSERT INTO payments (note) SELECT 'paid ' || n FROM generate_series(1, 100) AS n"
pg_basebackup --pgdata="$BACKUP_DIR/base" --checkpoint=fast
make_orders 1001 1400
tell "UPDATE orders SET state = 'shipped' WHERE id % 7 = 0"
fingerprint orders | keep orders

mkfifo "$SECRET/session"
psql -XAtq -v ON_ERROR_STOP=1 <"$SECRET/session" >"$SECRET/session.log" 2>&1 &
exec 7>"$SECRET/session"
printf '%s\n' "BEGIN; DROP TABLE orders; SELECT 'dropped';" >&7
until_true 30 grep -q dropped "$SECRET/session.log"
for n in {1..5}; do
    tell "INSERT INTO payments (note) VALUES ('paid during the migration $n')"
done
printf '%s\n' "COMMIT;" >&7
exec 7>&-
wait
tell "INSERT INTO payments (note) SELECT 'paid after the migration ' || n FROM generate_series(1, 20) AS n"
archive_now >/dev/null
fingerprint payments | keep payments
keep_files backup "$BACKUP_DIR" "$ARCHIVE_DIR"
keep_production
