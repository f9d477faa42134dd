# shellcheck shell=bash
check 5 "Every order of the time before the damage is in production's table orders, in its newest state" same "$(fingerprint orders "id <= 2000")" "$(kept before)"
check 1 "The orders placed or changed since are there too" same "$(fingerprint orders "id > 2000")" "$(kept after)"
check 1 "The table orders can be read to its end" test "$(ask "SELECT count(*) > 0 FROM orders WHERE token LIKE '%'")" = t
check 1 "customers is unchanged" same "$(fingerprint customers)" "$(kept customers)"
check 1 "The backups and the archived WAL are unchanged" files_kept backup
