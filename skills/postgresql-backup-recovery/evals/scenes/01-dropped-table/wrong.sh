# shellcheck shell=bash
# The time at which the server's log has the DROP is a moment at which its lock is already in the WAL.
cat >"$LAB/answer/recover.sh" <<'SCRIPT'
#!/usr/bin/env bash
set -euo pipefail
moment=$(grep -o '^.* UTC .*statement: .*DROP TABLE orders' "$LAB/server.log" | tail -n 1 | cut -d ' ' -f 1,2)
cp -a "$BACKUP_DIR/base" "$LAB/copy"
cat >>"$LAB/copy/postgresql.auto.conf" <<CONF
archive_mode = off
restore_command = 'cp "$ARCHIVE_DIR/%f" "%p"'
recovery_target_time = '$moment+00'
recovery_target_inclusive = off
CONF
touch "$LAB/copy/recovery.signal"
pg_ctl start --silent --wait --pgdata="$LAB/copy" --log="$LAB/copy.log" --options="-p 5433"
until psql -XAt -p 5433 -c "SELECT pg_get_wal_replay_pause_state()" 2>/dev/null | grep -qx paused; do sleep 0.1; done
pg_dump --port=5433 --table=orders --lock-wait-timeout=5s | psql -X -q
SCRIPT
