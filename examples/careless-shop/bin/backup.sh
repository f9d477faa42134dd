#!/bin/bash
# The backup of the shop, every night.
pg_dump --username=shop shop | gzip >/srv/backup/shop.sql.gz
find /srv/backup -name '*.sql*' -mtime +7 -delete
