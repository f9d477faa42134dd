#!/bin/bash
# Makes the cluster on a new machine.
set -eu

sudo -u postgres /usr/lib/postgresql/16/bin/initdb -D /srv/pgdata --encoding=UTF8
sudo -u postgres cp postgresql/postgresql.conf /srv/pgdata/
