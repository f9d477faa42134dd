# shellcheck shell=bash
# The same without the timeline: replay follows the newest, and finds rows with the right numbers.
"$SCRIPTS/restore_pitr.sh" --backup "$BACKUP_DIR/base_1" --archive "$ARCHIVE_DIR" --into "$LAB/copy" --execute
psql -X -h "$LAB/copy" -p 54999 -v ON_ERROR_STOP=1 -c "\\copy (SELECT * FROM invoices WHERE id > 300) TO 'given_up.copy'"
psql -X -v ON_ERROR_STOP=1 --single-transaction -c "CREATE TABLE recovered_invoices (LIKE invoices INCLUDING ALL)" -c "\\copy recovered_invoices FROM 'given_up.copy'"
pg_ctl stop --silent --mode=fast --pgdata="$LAB/copy"
