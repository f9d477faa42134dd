# shellcheck shell=bash
# A repository can't change its cipher: a new one, whose cipher is where pgBackRest reads it. The old one stays as it is.
pgbackrest --stanza=main --output=json info | grep -o '"cipher":"[^"]*"' | sort -u
cp "$PGBACKREST_CONFIG" answer/pgbackrest-of-the-old-repository.conf
sed -i -e '/^\[Global\]$/d' -e '/^repo1-cipher-type=/d' -e "s|^repo1-path=.*|repo1-path=$BACKUP_DIR/encrypted\nrepo1-cipher-type=aes-256-cbc|" "$PGBACKREST_CONFIG"
pgbackrest --stanza=main stanza-create
pgbackrest --stanza=main check
pgbackrest --stanza=main --type=full backup
pgbackrest --stanza=main --output=json info | grep -o '"cipher":"[^"]*"' | sort -u
