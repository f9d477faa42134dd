# shellcheck shell=bash
pg_wal_is_small() {
    until_true 1 small_after_a_checkpoint
}

small_after_a_checkpoint() {
    tell CHECKPOINT && [[ $(ask "SELECT sum(size) < 24 * 1024 * 1024 FROM pg_ls_waldir()") == t ]]
}

slots_are_right() {
    [[ $(ask "SELECT string_agg(slot_name, ',') FROM pg_replication_slots") == replica_b ]] &&
        [[ $(ask "SELECT restart_lsn <= '$(kept replica_b)' AND wal_status IN ('reserved', 'extended') FROM pg_replication_slots") == t ]]
}

# From the first record of the backup to now, read from the archive alone.
archive_has_no_hole() {
    local start end
    start=$(sed -nE 's/^START WAL LOCATION: ([0-9A-F/]+) .*/\1/p' "$BACKUP_DIR/base/backup_label")
    end=$(ask "SELECT pg_current_wal_lsn()")
    [[ $archived && -z $(find "$ARCHIVE_DIR" -regextype posix-extended -regex '.*/[0-9A-F]{24}' ! -size 1048576c) ]] &&
        pg_waldump --quiet --path="$ARCHIVE_DIR" --start="$start" --end="$end"
}

archives() {
    local segment
    segment=$(ask "SELECT pg_walfile_name(pg_switch_wal()) FROM pg_create_restore_point('graded')") &&
        until_true 5 test -f "$PGDATA/pg_wal/archive_status/$segment.done" &&
        cmp --silent "$ARCHIVE_DIR/$segment" "$PGDATA/pg_wal/$segment"
}

archived=''
if archives; then archived=yes; fi
check 4 "The archive holds all WAL since the backup without a hole: every moment can be restored" archive_has_no_hole
check 1 "pg_wal holds less than 24 MB" pg_wal_is_small
check 2 "The slot without a reader is gone; replica_b's is there and has its WAL" slots_are_right
check 1 "A new segment is archived" test "$archived"
check 1 "Production was never restarted, and has all its orders" eval 'same_production && same "$(fingerprint orders)" "$(kept orders)"'
check 1 "The backup, and the other archived segments, are unchanged" eval 'files_kept backup && files_kept archive'
