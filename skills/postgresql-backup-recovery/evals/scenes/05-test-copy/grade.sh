# shellcheck shell=bash
copy=(-p 5433)

# What the copy writes from now on must not reach production's archive either.
copy_archives_nothing() {
    local segment
    [[ $(ask "${copy[@]}" "SELECT pg_is_in_recovery()") == f ]] || return 1
    segment=$(ask "${copy[@]}" "SELECT pg_walfile_name(pg_switch_wal()) FROM pg_create_restore_point('graded')") || return 1
    if [[ $(ask "${copy[@]}" "SHOW archive_mode") != off ]]; then
        until_true 30 test -e "$ARCHIVE_DIR/$segment"
    fi
    [[ ! -e $ARCHIVE_DIR/$segment ]] && no_timeline_above 1 && files_kept backup
}

is_another_server() {
    [[ $(ask "${copy[@]}" "SHOW data_directory") == "$LAB/copy" ]] && same_production
}

check 6 "The copy has archived nothing into production's archive, and goes on archiving nothing there" copy_archives_nothing
check 1 "The copy at port 5433 accepts writes" accepts_writes "${copy[@]}"
check 2 "The copy has every order that was archived" same "$(fingerprint orders true "${copy[@]}")" "$(kept orders)"
check 1 "The copy runs in its own directory; production was never restarted" is_another_server
check 1 "Production still archives, and has every order" eval 'archive_now && same "$(fingerprint orders)" "$(kept orders)"'
