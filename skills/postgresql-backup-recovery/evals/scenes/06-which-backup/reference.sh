# shellcheck shell=bash
# A moment can be restored from a sound backup that had ended, if all WAL up to a later commit is there.
to_number() {
    printf '%d' $((16#${1%/*} * 4294967296 + 16#${1#*/}))
}
separator='{'
: >found.txt
for backup in base_1 base_2 base_3; do
    if [[ -e $BACKUP_DIR/$backup/backup_manifest ]] && ! pg_verifybackup --quiet "$BACKUP_DIR/$backup"; then
        continue
    fi
    start=$(sed -nE 's/^START WAL LOCATION: ([0-9A-F/]+) .*/\1/p' "$BACKUP_DIR/$backup/backup_label")
    history=$(grep -l "^START WAL LOCATION: $start " "$ARCHIVE_DIR"/*.backup)
    stop=$(sed -nE 's/^STOP WAL LOCATION: ([0-9A-F/]+) .*/\1/p' "$history")
    # It reads until a segment is missing. The position and the time of each commit:
    pg_waldump --rmgr=Transaction --path="$ARCHIVE_DIR" --start="$start" 2>/dev/null |
        sed -nE 's/.*lsn: ([0-9A-F/]+),.*desc: COMMIT ([0-9-]+ [0-9:.]+) .*/\1 \2/p' >commits.txt || true
    while read -r letter when; do
        # Recovery stops at the first commit behind the moment: it must be there, and behind the end of the backup.
        lsn=$(awk -v when="${when%+00}" '$2 " " $3 > when { print $1; exit }' commits.txt)
        if [[ $lsn ]] && (($(to_number "$lsn") >= $(to_number "$stop"))); then printf '%s %s\n' "$letter" "$backup" >>found.txt; fi
    done <moments.txt
done
for letter in A B C D E F; do
    backup=$(sed -n "s/^$letter //p" found.txt | tail -n 1)
    printf '%s"%s": %s' "$separator" "$letter" "$([[ $backup ]] && printf '"%s"' "$backup" || printf null)"
    separator=', '
done >answer/answer.json
printf '}\n' >>answer/answer.json
