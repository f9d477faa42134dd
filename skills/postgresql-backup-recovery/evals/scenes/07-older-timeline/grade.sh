# shellcheck shell=bash
recovered() {
    ask "SELECT count(*) || ' ' || coalesce(md5(string_agg(i::text, ',' ORDER BY id)), '') FROM (SELECT id, note, token FROM recovered_invoices) AS i"
}

check 4 "recovered_invoices holds exactly the invoices given up, each as it was" same "$(recovered)" "$(kept wanted)"
check 1 "invoices is unchanged" same "$(fingerprint invoices)" "$(kept invoices)"
check 1 "Production was never restarted" same_production
check 1 "The backups and the archived WAL are unchanged, and no third timeline is in the archive" eval 'files_kept backup && no_timeline_above 2'
