# shellcheck shell=bash
# Zero the page, then fill in what is missing from the older backup as it was.
psql -X -q -v ON_ERROR_STOP=1 -c "SET zero_damaged_pages = on" -c "VACUUM FULL orders" -c "REINDEX TABLE orders"
cp -a "$BACKUP_DIR/sunday" "$LAB/copy"
pg_ctl start --silent --wait --pgdata="$LAB/copy" --log="$LAB/copy.log" --options="-p 5433 -c archive_mode=off"
psql -X -p 5433 -v ON_ERROR_STOP=1 -c "\\copy orders TO 'sunday.copy'"
psql -X -v ON_ERROR_STOP=1 --single-transaction <<'SQL'
CREATE TEMP TABLE sunday (LIKE orders);
\copy sunday FROM 'sunday.copy'
INSERT INTO orders SELECT * FROM sunday ON CONFLICT DO NOTHING;
SQL
pg_ctl stop --silent --mode=fast --pgdata="$LAB/copy"
