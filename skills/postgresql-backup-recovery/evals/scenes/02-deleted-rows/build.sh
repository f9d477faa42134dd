# shellcheck shell=bash
# Rows are deleted in the same second in which the last of them were written; the report has whole seconds.
make_cluster
archive_soundly
start_server
create_orders
make_orders 1 1500
pg_basebackup --pgdata="$BACKUP_DIR/base" --checkpoint=fast
make_orders 1501 2000
tell "UPDATE orders SET state = 'paid' WHERE id % 5 = 0"

# One session, so that what must happen in one second does, however busy the machine is.
cat >"$SECRET/mistake.sql" <<'SQL'
SELECT pg_sleep(1.02 - extract(second FROM clock_timestamp()) + floor(extract(second FROM clock_timestamp())));
SELECT date_trunc('second', clock_timestamp()) AS second \gset
INSERT INTO orders (id, region, state, token) SELECT n, 'north', 'new', md5(random()::text || n) FROM generate_series(:from, :from + 14) AS n;
UPDATE orders SET state = 'shipped' WHERE region = 'north' AND id % 11 = 0;
INSERT INTO orders (id, region, state, token) SELECT n, 'north', 'new', md5(random()::text || n) FROM generate_series(:from + 15, :from + 29) AS n;
SELECT count(*) || ' ' || md5(string_agg(o::text, ',' ORDER BY id)) AS deleted FROM orders AS o WHERE region = 'north' \gset
SELECT date_trunc('second', clock_timestamp()) = :'second' AS same \gset
\if :same
DELETE FROM orders WHERE region = 'north';
\echo :deleted
\echo :second
\endif
SQL
for attempt in {1..20}; do
    psql -XAtq -v ON_ERROR_STOP=1 -v from=$((2000 + attempt * 50)) -f "$SECRET/mistake.sql" >"$SECRET/mistake"
    if [[ $(grep -c . "$SECRET/mistake") -ge 2 ]]; then break; fi
done
grep . "$SECRET/mistake" | tail -n 2 | head -n 1 | keep deleted
second=$(grep . "$SECRET/mistake" | tail -n 1)
[[ $second ]]

make_orders 5001 5120
tell "UPDATE orders SET state = 'shipped' WHERE region <> 'north' AND id % 13 = 0"
fingerprint orders | keep now
fingerprint orders "region = 'north'" | keep new_north
archive_now >/dev/null
printf 'Support, %s: all orders of region north disappeared at %s. One statement, by hand.\nSince then new orders have come in, from region north too.\n' \
    "$(date --utc +%T)" "${second%+00}+00" >"$LAB/incident.txt"
keep_files backup "$BACKUP_DIR" "$ARCHIVE_DIR"
keep_production
