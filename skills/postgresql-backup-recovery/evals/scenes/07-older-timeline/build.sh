# shellcheck shell=bash
# Production was taken back in time once. What came after that moment exists only on the older timeline of the archive.
make_cluster
archive_soundly
start_server
tell "CREATE TABLE invoices (id bigint PRIMARY KEY, note text NOT NULL, token text NOT NULL)"
invoice() { # FROM TO NOTE
    tell "INSERT INTO invoices SELECT n, '$3', md5(random()::text || n) FROM generate_series($1, $2) AS n"
}
invoice 1 200 'before'
pg_basebackup --pgdata="$BACKUP_DIR/base_1" --checkpoint=fast
invoice 201 300 'before'
tell "SELECT pg_create_restore_point('before_import')"
invoice 301 340 'on the day of the import'
fingerprint invoices 'id > 300' | keep wanted
archive_now >/dev/null
pg_ctl stop --silent --mode=fast
mv "$PGDATA" "$SECRET/first_life"
cp -a "$BACKUP_DIR/base_1" "$PGDATA"
{
    printf "restore_command = 'cp \"%s/%%f\" \"%%p\"'\nrecovery_target_name = 'before_import'\nrecovery_target_action = promote\n" "$ARCHIVE_DIR"
} >>"$PGDATA/postgresql.auto.conf"
touch "$PGDATA/recovery.signal"
start_server
until_true 60 eval '[[ $(ask "SELECT pg_is_in_recovery()") == f ]]'
for setting in restore_command recovery_target_name recovery_target_action; do tell "ALTER SYSTEM RESET $setting"; done
invoice 301 325 'entered again'
archive_now >/dev/null
pg_basebackup --pgdata="$BACKUP_DIR/base_2" --checkpoint=fast
invoice 326 335 'since then'
archive_now >/dev/null
rm -rf "$SECRET/first_life"
fingerprint invoices | keep invoices
ask "SELECT count(*) || ' ' || md5(string_agg(token, ',' ORDER BY id)) FROM invoices WHERE id > 300" | keep second_life
printf 'Tuesday: an import went wrong. Production was restored to the restore point before_import and promoted. About 40 invoices entered\nafter it that day were given up; a part was entered again, with other contents under the same numbers.\nToday: legal needs the 40 as they were.\n' >"$LAB/incident.txt"
keep_files backup "$BACKUP_DIR" "$ARCHIVE_DIR"
keep_production
