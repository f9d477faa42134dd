# shellcheck shell=bash
# archive_command waits for a whole segment. Stream, with a slot, and give the restore the unfinished segment too.
cat >"$LAB/answer/setup.sh" <<'SCRIPT'
#!/usr/bin/env bash
set -euo pipefail
mkdir "$BACKUP_DIR/wal"
pg_receivewal --slot=backup --create-slot
setsid nohup pg_receivewal --directory="$BACKUP_DIR/wal" --slot=backup --synchronous --no-password >"$BACKUP_DIR/receivewal.log" 2>&1 </dev/null &
until psql -XAtc "SELECT state FROM pg_stat_replication" | grep -x streaming >/dev/null; do sleep 0.1; done
pg_basebackup --pgdata="$BACKUP_DIR/base" --checkpoint=fast
pg_verifybackup "$BACKUP_DIR/base"
SCRIPT
cat >"$LAB/answer/restore.sh" <<'SCRIPT'
#!/usr/bin/env bash
set -euo pipefail
mkdir -m 0700 "$LAB/restored"
cp -a "$BACKUP_DIR/base/." "$LAB/restored/"
# What was received last has not got its final name yet.
for partial in "$BACKUP_DIR"/wal/*.partial; do
    segment=${partial##*/}
    [[ -e $partial ]] && cp "$partial" "$LAB/restored/pg_wal/${segment%.partial}"
done
printf "archive_mode = off\nrestore_command = 'cp \"%s/wal/%%f\" \"%%p\"'\n" "$BACKUP_DIR" >>"$LAB/restored/postgresql.auto.conf"
touch "$LAB/restored/recovery.signal"
pg_ctl start --silent --no-wait --pgdata="$LAB/restored" --log="$LAB/restored.log" --options="-p 5433"
until psql -XAt -p 5433 -c "SELECT pg_is_in_recovery()" 2>/dev/null | grep -x f >/dev/null; do sleep 0.1; done
SCRIPT
