# shellcheck shell=bash
# Restored and promoted, with the archive_command that came with the backup.
cp -a "$BACKUP_DIR/base" "$LAB/copy"
printf "port = 5433\nrestore_command = 'cp %s/%%f %%p'\nrecovery_target_action = promote\n" "$ARCHIVE_DIR" >>"$LAB/copy/postgresql.auto.conf"
touch "$LAB/copy/recovery.signal"
pg_ctl start --silent --wait --pgdata="$LAB/copy" --log="$LAB/copy.log"
timeout 60 bash -c 'until [[ $(psql -XAt -p 5433 -c "SELECT pg_is_in_recovery()" 2>/dev/null) == f ]]; do sleep 0.1; done'
