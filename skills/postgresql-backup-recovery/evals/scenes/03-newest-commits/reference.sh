# shellcheck shell=bash
# Save what only the crashed directory has, put its WAL into the copy, and let the copy archive once it is production.
mv "$PGDATA" "$LAB/crashed"
mkdir -m 0700 "$PGDATA"
cp -a "$BACKUP_DIR/base/." "$PGDATA/"
find "$LAB/crashed/pg_wal" -maxdepth 1 -type f -exec cp -t "$PGDATA/pg_wal" {} +
printf "restore_command = 'cp \"%s/%%f\" \"%%p\"'\n" "$ARCHIVE_DIR" >>"$PGDATA/postgresql.auto.conf"
touch "$PGDATA/recovery.signal"
pg_ctl start --silent --no-wait --pgdata="$PGDATA" --log="$LAB/restored.log"
timeout 60 bash -c 'until [[ $(psql -XAtc "SELECT pg_is_in_recovery()" 2>/dev/null) == f ]]; do sleep 0.1; done'
psql -XAt -c "SELECT 1677 - count(*) FROM orders" >answer/lost.txt
