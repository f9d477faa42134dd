# shellcheck shell=bash
deleted="region = 'north' AND id < 5000"
check 4 "Every deleted order is back, each column as it was when it was deleted" same "$(fingerprint orders "$deleted")" "$(kept deleted)"
check 1 "Every deleted order is back, in whatever state" same "$(ask "SELECT count(*) FROM orders WHERE $deleted")" "$(cut -d ' ' -f 1 "$SECRET/deleted")"
check 1 "All other orders are as production had them, changes since the mistake included" same "$(fingerprint orders "NOT ($deleted)")" "$(kept now)"
check 1 "Production was never restarted" same_production
check 1 "The backup and the archived WAL are unchanged, and nothing of the copy is in the archive" eval 'files_kept backup && no_timeline_above 1'
