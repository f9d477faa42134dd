# shellcheck shell=bash
# Wherever: in a copy of the crashed directory, or in the archive, where it belongs.
unarchived_is_saved() {
    local sum name file
    while read -r sum name; do
        while read -r file; do
            [[ $(sha256sum <"$file") != "$sum "* ]] || continue 2
        done < <(find "$LAB" -path "$PGDATA" -prune -o -type f -name "$name*" -print)
        return 1
    done <"$SECRET/unarchived"
}

archives_on_a_new_timeline() {
    local segment
    segment=$(archive_now) && [[ $segment != 00000001* && -s $ARCHIVE_DIR/$segment ]]
}

# What is missing on the server, as the shop's number of orders shows.
loss_is_stated() {
    local there
    there=$(ask "SELECT count(*) FROM orders") && [[ $(tr -d '[:space:]' <"$LAB/answer/lost.txt") == $((1677 - there)) ]]
}

check 5 "Every order that was confirmed is on the server at PGPORT, in its newest state" same "$(fingerprint orders)" "$(kept orders)"
check 1 "The server at PGPORT runs in PGDATA and accepts writes" eval 'accepts_writes && [[ $(ask "SHOW data_directory") == "$PGDATA" ]]'
check 1 "The segment that was never archived is saved outside the data directory in use" unarchived_is_saved
check 1 "The backup and what had been archived are unchanged" files_kept backup
check 1 "The server archives again, on a timeline of its own" archives_on_a_new_timeline
check 1 "lost.txt states how many confirmed orders are lost" loss_is_stated
