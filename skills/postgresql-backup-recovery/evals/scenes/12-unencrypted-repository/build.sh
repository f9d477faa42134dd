# shellcheck shell=bash
# pgBackRest has a passphrase, and stores everything readable: the cipher's type is in a section that it never reads.
command -v pgbackrest >/dev/null || {
    say "this scene needs pgbackrest on PATH"
    exit 1
}
make_cluster
mkdir "$LAB/tmp"
printf 'export PGBACKREST_CONFIG=$LAB/pgbackrest.conf PGBACKREST_LOCK_PATH=$LAB/tmp PGBACKREST_LOG_PATH=$LAB/tmp PGBACKREST_SPOOL_PATH=$LAB/tmp\n' >>"$LAB/env.sh"
# shellcheck source=/dev/null
source "$LAB/env.sh"
cat >"$PGBACKREST_CONFIG" <<CONF
[Global]
repo1-cipher-type=aes-256-cbc

[global]
repo1-path=$BACKUP_DIR/repo
repo1-cipher-pass=correct-horse-battery-$RANDOM$RANDOM
repo1-retention-full=2
start-fast=y
log-level-console=warn

[main]
pg1-path=$PGDATA
pg1-socket-path=$PGHOST
CONF
printf "archive_mode = on\narchive_command = 'pgbackrest --stanza=main archive-push %%p'\n" >>"$PGDATA/postgresql.conf"
start_server
create_orders
make_orders 1 1000
pgbackrest --stanza=main stanza-create
pgbackrest --stanza=main --type=full backup
make_orders 1001 1300
archive_now >/dev/null
fingerprint orders | keep orders
sed -n 's/^repo1-cipher-pass=//p' "$PGBACKREST_CONFIG" | keep passphrase
find "$BACKUP_DIR/repo" -type f ! -name '*.info*' -exec sha256sum {} + | keep old.sums
printf 'Audit: everything that pgBackRest stores must be encrypted from today on. Find out whether it is. The repository that exists now is\nunder legal hold until June: nothing in it may be changed or removed.\n' >"$LAB/ticket.txt"
keep_production
