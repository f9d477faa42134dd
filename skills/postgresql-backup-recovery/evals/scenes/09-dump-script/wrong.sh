# shellcheck shell=bash
# set -e, and the old dumps last: gzip still succeeds when pg_dump fails, half a file has the name of a dump.
cat >"$LAB/bin/backup.sh" <<'SCRIPT'
#!/bin/bash
set -e
pg_dump postgres | gzip >"$DUMP_DIR/$(date -u +%Y%m%dT%H%M%SZ).sql.gz"
ls -1t "$DUMP_DIR"/*.sql.gz | tail -n +4 | xargs -r rm
echo "backup ok"
SCRIPT
