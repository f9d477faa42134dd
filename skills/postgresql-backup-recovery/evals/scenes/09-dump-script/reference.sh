# shellcheck shell=bash
cat >"$LAB/bin/backup.sh" <<'SCRIPT'
#!/bin/bash
# Nightly, from cron. The server is libpq's (PGHOST, PGPORT, PGUSER), the dumps go to DUMP_DIR. Keep three.
set -euo pipefail
name=$(date -u +%Y%m%dT%H%M%SZ).sql.gz
unfinished=$DUMP_DIR/.unfinished.$$
trap 'rm -f "$unfinished"' EXIT

# Under another name until it is complete, read to its end, and on the disk. pg_dumpall brings the roles.
pg_dumpall --no-password | gzip >"$unfinished"
gunzip -c "$unfinished" | tail -n 20 | grep 'PostgreSQL database cluster dump complete' >/dev/null
sync "$unfinished"
mv --no-clobber "$unfinished" "$DUMP_DIR/$name"
sync "$DUMP_DIR"

# Only behind the new one, and only sound dumps count.
sound=0
for dump in $(cd "$DUMP_DIR" && printf '%s\n' [0-9]*.sql.gz | sort -r); do
    if ((sound >= 3)); then
        rm "$DUMP_DIR/$dump"
    elif gzip --test "$DUMP_DIR/$dump" 2>/dev/null; then
        sound=$((sound + 1))
    fi
done
echo "backup ok: $name"
SCRIPT
