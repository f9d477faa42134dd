# shellcheck shell=bash
# The default target timeline is the newest: name the older one, and begin with a backup from before the fork.
"$SCRIPTS/restore_pitr.sh" --backup "$BACKUP_DIR/base_1" --archive "$ARCHIVE_DIR" --into "$LAB/copy" --timeline 1 --execute
psql -X -h "$LAB/copy" -p 54999 -v ON_ERROR_STOP=1 -c "\\copy (SELECT * FROM invoices WHERE id > 300) TO 'given_up.copy'"
psql -X -v ON_ERROR_STOP=1 --single-transaction -c "CREATE TABLE recovered_invoices (LIKE invoices INCLUDING ALL)" -c "\\copy recovered_invoices FROM 'given_up.copy'"
pg_ctl stop --silent --mode=fast --pgdata="$LAB/copy"
