# shellcheck shell=bash
# Both options are in the file, check is content, and so a new backup must be encrypted.
grep cipher "$PGBACKREST_CONFIG"
pgbackrest --stanza=main check
pgbackrest --stanza=main --type=full backup
printf 'Encryption is configured (aes-256-cbc), check passes, and a new full backup was taken.\n' >answer/audit.txt
