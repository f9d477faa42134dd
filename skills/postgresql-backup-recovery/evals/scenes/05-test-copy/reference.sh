# shellcheck shell=bash
"$SCRIPTS/restore_pitr.sh" --backup "$BACKUP_DIR/base" --archive "$ARCHIVE_DIR" --into "$LAB/copy" --execute
# The script's copy hides in its own directory; the testers want it at the usual socket.
pg_ctl restart --silent --wait --pgdata="$LAB/copy" --log="$LAB/copy.log" --options="-p 5433 -c unix_socket_directories='$PGHOST'"
psql -X -p 5433 -c "SHOW archive_mode" -c "SELECT pg_is_in_recovery(), count(*) FROM orders"
