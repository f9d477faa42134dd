# shellcheck shell=bash
copy=(-p 5433)

on_a_timeline_of_its_own() {
    ask "${copy[@]}" CHECKPOINT
    [[ $(ask "${copy[@]}" "SELECT timeline_id > 1 FROM pg_control_checkpoint()") == t ]]
}

check 4 "Every confirmed order is on the server at port 5433, in its newest state" same "$(fingerprint orders true "${copy[@]}")" "$(kept orders)"
check 1 "It accepts writes, and runs in \$LAB/restored" eval '[[ $(ask "${copy[@]}" "SHOW data_directory") == "$LAB/restored" ]] && accepts_writes "${copy[@]}"'
check 1 "It is on a timeline of its own" on_a_timeline_of_its_own
check 1 "Barman's backups and archived WAL are unchanged" files_kept backup
