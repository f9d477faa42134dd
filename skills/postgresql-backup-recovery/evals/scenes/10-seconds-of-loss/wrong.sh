# shellcheck shell=bash
# The same, restored from the finished segments alone.
cat >"$LAB/answer/setup.sh" <<'SCRIPT'
#!/usr/bin/env bash
set -euo pipefail
mkdir "$BACKUP_DIR/wal"
pg_receivewal --slot=backup --create-slot
setsid nohup pg_receivewal --directory="$BACKUP_DIR/wal" --slot=backup >"$BACKUP_DIR/receivewal.log" 2>&1 </dev/null &
pg_basebackup --pgdata="$BACKUP_DIR/base" --checkpoint=fast
SCRIPT
cat >"$LAB/answer/restore.sh" <<'SCRIPT'
#!/usr/bin/env bash
set -euo pipefail
cp -a "$BACKUP_DIR/base" "$LAB/restored"
printf "restore_command = 'cp %s/wal/%%f %%p'\n" "$BACKUP_DIR" >>"$LAB/restored/postgresql.auto.conf"
touch "$LAB/restored/recovery.signal"
pg_ctl start --silent --wait --pgdata="$LAB/restored" --log="$LAB/restored.log" --options="-p 5433"
until psql -XAt -p 5433 -c "SELECT pg_is_in_recovery()" 2>/dev/null | grep -x f >/dev/null; do sleep 0.1; done
SCRIPT
