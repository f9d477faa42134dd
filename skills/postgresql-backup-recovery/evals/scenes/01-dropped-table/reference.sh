# shellcheck shell=bash
cp -r "$SCRIPTS" "$LAB/answer/scripts"
cat >"$LAB/answer/recover.sh" <<'SCRIPT'
#!/usr/bin/env bash
# Paused at the commit of the DROP, the table would be there and locked: stop before its transaction took the lock.
set -euo pipefail
scripts=$LAB/answer/scripts
"$scripts/restore_pitr.sh" --backup "$BACKUP_DIR/base" --archive "$ARCHIVE_DIR" --into "$LAB/look" --target-immediate --execute >"$LAB/look.json"
moment=$(PGHOST=$LAB/look PGPORT=54999 "$scripts/find_moment.sh" --wal "$ARCHIVE_DIR" --backup "$BACKUP_DIR/base" --table orders)
pg_ctl stop --silent --mode=immediate --pgdata="$LAB/look"
stop_before=$(sed -E 's/.*"stop_before": "([^"]*)".*/\1/' <<<"$moment")
# shellcheck disable=SC2086 # these are several options
"$scripts/restore_pitr.sh" --backup "$BACKUP_DIR/base" --archive "$ARCHIVE_DIR" --into "$LAB/copy" $stop_before --execute >"$LAB/copy.json"
pg_dump --host="$LAB/copy" --port=54999 --table=orders --lock-wait-timeout=10s >"$LAB/orders.sql"
psql -X -q -v ON_ERROR_STOP=1 --single-transaction --file="$LAB/orders.sql"
pg_ctl stop --silent --mode=fast --pgdata="$LAB/copy"
SCRIPT
