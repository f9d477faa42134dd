# shellcheck shell=bash
# Three backups, an archive with a hole, and six moments: which of them can be restored, and from what?
make_cluster --wal-segsize=1
archive_soundly
start_server
create_orders
make_orders 1 100
moments=()
# moment: between two transactions; prints when.
moment() {
    local when
    tell "INSERT INTO orders (id, region, state, token) SELECT coalesce(max(id), 0) + 1, 'south', 'new', md5(random()::text) FROM orders"
    when=$(ask "SELECT clock_timestamp() AT TIME ZONE 'UTC' || '+00'")
    moments+=("$when $1")
    tell "INSERT INTO orders (id, region, state, token) SELECT coalesce(max(id), 0) + 1, 'south', 'new', md5(random()::text) FROM orders"
}
pg_basebackup --pgdata="$BACKUP_DIR/base_1" --checkpoint=fast
moment base_1
archive_now >/dev/null
tell "INSERT INTO orders (id, region, state, token) SELECT max(id) + 1, 'south', 'new', md5(random()::text) FROM orders"
hole=$(archive_now)
moment null
archive_now >/dev/null

# base_2 by hand, so that a moment lies between its beginning and its end.
start='pg_backup_start' stop='pg_backup_stop()'
if (($(ask 'SHOW server_version_num') < 150000)); then start='pg_start_backup' stop="pg_stop_backup(false)"; fi
mkfifo "$SECRET/session"
psql -XAtq -v ON_ERROR_STOP=1 <"$SECRET/session" >"$SECRET/session.log" 2>&1 &
exec 7>"$SECRET/session"
if [[ $start == pg_backup_start ]]; then arguments="'base_2', true"; else arguments="'base_2', true, false"; fi
printf '%s\n' "SELECT 'began' FROM $start($arguments);" >&7
until_true 30 grep -q began "$SECRET/session.log"
mkdir -m 0700 "$BACKUP_DIR/base_2"
(cd "$PGDATA" && tar --create --exclude=./pg_wal --exclude=./postmaster.pid . | tar --extract --directory="$BACKUP_DIR/base_2")
mkdir -p "$BACKUP_DIR/base_2/pg_wal/archive_status"
moment null
archive_now >/dev/null
printf '%s\n' "SELECT labelfile FROM $stop \\g $BACKUP_DIR/base_2/backup_label" "SELECT 'ended';" >&7
until_true 60 grep -q ended "$SECRET/session.log"
exec 7>&-
wait
moment base_2
archive_now >/dev/null
pg_basebackup --pgdata="$BACKUP_DIR/base_3" --checkpoint=fast
moment base_2
archive_now >/dev/null
moment null
crash
rm -rf "$PGDATA" "${ARCHIVE_DIR:?}/$hole"
file=$(find "$BACKUP_DIR/base_3/base" -name 1259 -path '*/5/*' -o -name 1259 -path '*/1[0-9][0-9][0-9][0-9]/*' | sort | tail -n 1)
printf 'damaged' | dd of="$file" bs=1 seek=9000 conv=notrunc status=none

# Which letter is which moment differs each time.
letters=(A B C D E F)
: >"$LAB/moments.txt"
index=0
for moment in $(printf '%s\n' "${!moments[@]}" | shuf); do
    printf '%s %s\n' "${letters[index]}" "${moments[moment]% *}" >>"$LAB/moments.txt"
    printf '%s %s %s\n' "$moment" "${letters[index]}" "${moments[moment]##* }"
    index=$((index + 1))
done | sort -n | keep answers
keep_files backup "$BACKUP_DIR" "$ARCHIVE_DIR"
