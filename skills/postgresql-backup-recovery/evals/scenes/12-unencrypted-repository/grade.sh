# shellcheck shell=bash
repository=''
for number in 1 2 3 4; do
    if pgbackrest --stanza=main --repo="$number" --output=json info 2>/dev/null | grep -q '"cipher":"aes-256-cbc"'; then
        repository=$number
        break
    fi
done

# Its own word for it, and the file on the disk.
has_an_encrypted_backup() {
    local info
    info=$(pgbackrest --stanza=main --repo="$repository" --output=json info) && grep -q '"label":"[0-9]' <<<"$info" &&
        find "$BACKUP_DIR" "$LAB/answer" -path '*/backup/main/backup.info' -exec head -c 6 {} \; | grep -qa Salted
}

# The segment is archived, and nowhere as something that a stranger can read.
new_wal_is_encrypted() {
    local segment file found=
    segment=$(archive_now) || return 1
    while read -r file; do
        head -c 6 "$file" | grep -qa Salted || return 1
        found=yes
    done < <(find "$BACKUP_DIR" -type f -name "$segment-*")
    [[ $found ]]
}

restores() {
    local result=1
    rm -rf "$SECRET/restored"
    [[ $repository ]] && pgbackrest --stanza=main --repo="$repository" --pg1-path="$SECRET/restored" --archive-mode=off restore || return 1
    pg_ctl start --silent --no-wait --pgdata="$SECRET/restored" --log="$SECRET/restored.log" --options="-p 5499"
    until_true 60 eval '[[ $(ask -p 5499 "SELECT pg_is_in_recovery()") == f ]]'
    if same "$(fingerprint orders true -p 5499)" "$(kept orders)"; then result=0; fi
    pg_ctl stop --silent --mode=immediate --pgdata="$SECRET/restored"
    return "$result"
}

check 2 "A backup is in an encrypted repository" has_an_encrypted_backup
check 1 "New WAL is archived encrypted, and nowhere readable" new_wal_is_encrypted
check 2 "The encrypted repository alone gives back every order" restores
check 1 "The encrypted repository has the passphrase that was configured" eval '[[ $repository ]] && grep -qF "repo$repository-cipher-pass=$(kept passphrase)" "$PGBACKREST_CONFIG"'
check 2 "The old repository is unchanged, under legal hold, and readable" eval 'files_kept old && grep -q "^\[backup:current\]" "$BACKUP_DIR/repo/backup/main/backup.info"'
check 1 "Production was never restarted and still archives" eval 'same_production && archive_now'
