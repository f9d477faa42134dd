# shellcheck shell=bash
# The textbook restore, without the WAL of the crashed server: it ends where the archive ends, without an error.
mv "$PGDATA" "$LAB/crashed"
cp -a "$BACKUP_DIR/base" "$PGDATA"
printf "restore_command = 'cp \"%s/%%f\" \"%%p\"'\n" "$ARCHIVE_DIR" >>"$PGDATA/postgresql.auto.conf"
touch "$PGDATA/recovery.signal"
pg_ctl start --silent --no-wait --pgdata="$PGDATA" --log="$LAB/restored.log"
timeout 60 bash -c 'until [[ $(psql -XAtc "SELECT pg_is_in_recovery()" 2>/dev/null) == f ]]; do sleep 0.1; done'
printf '0\n' >answer/lost.txt
