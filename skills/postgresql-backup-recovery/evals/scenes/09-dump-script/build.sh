# shellcheck shell=bash
# A nightly script that reports success whatever happens, and makes room first.
make_cluster
start_server
create_orders
make_orders 1 3000
tell "CREATE ROLE shop LOGIN; CREATE ROLE clerk LOGIN; GRANT SELECT, INSERT ON orders TO shop; GRANT SELECT ON orders TO clerk"
tell "CREATE TABLE secrets (id int); REVOKE ALL ON secrets FROM PUBLIC"
mkdir "$LAB/dumps"
cat >"$LAB/bin/backup.sh" <<'SCRIPT'
#!/bin/bash
# Nightly, from cron. The server is libpq's (PGHOST, PGPORT, PGUSER), the dumps go to DUMP_DIR. Keep three.
ls -1t "$DUMP_DIR"/*.sql.gz | tail -n +3 | xargs -r rm
pg_dump postgres | gzip > "$DUMP_DIR/$(date -u +%Y%m%dT%H%M%SZ).sql.gz"
echo "backup ok"
SCRIPT
chmod +x "$LAB/bin/backup.sh"
fingerprint orders | keep orders
# Three nights of sound dumps for each trial, and one that a full disk cut short.
mkdir "$SECRET/nights"
for night in 20200301 20200302 20200304; do
    pg_dumpall | gzip >"$SECRET/nights/${night}T020000Z.sql.gz"
done
head -c 20000 "$SECRET/nights/20200302T020000Z.sql.gz" >"$SECRET/nights/20200303T020000Z.sql.gz"
for night in 1 2 3 4; do touch --date="2020-03-0$night 02:00:00Z" "$SECRET/nights/2020030${night}T020000Z.sql.gz"; done
cp -a "$SECRET/nights/." "$LAB/dumps/"
keep_production
