# shellcheck shell=bash
# The time of the report as the target: what was committed within that second is not in the copy.
moment=$(sed -nE 's/.*disappeared at ([0-9: +-]*[0-9])\..*/\1/p' incident.txt)
"$SCRIPTS/restore_pitr.sh" --backup "$BACKUP_DIR/base" --archive "$ARCHIVE_DIR" --into "$LAB/copy" --target-time "$moment" --execute
psql -X -h "$LAB/copy" -p 54999 -v ON_ERROR_STOP=1 -c "\\copy (SELECT * FROM orders WHERE region = 'north') TO 'north.copy'"
psql -X -v ON_ERROR_STOP=1 --single-transaction <<'SQL'
CREATE TEMP TABLE deleted (LIKE orders);
\copy deleted FROM 'north.copy'
INSERT INTO orders SELECT * FROM deleted ON CONFLICT DO NOTHING;
SQL
pg_ctl stop --silent --mode=fast --pgdata="$LAB/copy"
