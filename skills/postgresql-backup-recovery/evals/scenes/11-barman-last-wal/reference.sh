# shellcheck shell=bash
# get-wal gives the unfinished segment too, and makes it an archive recovery: with a new timeline.
barman -q restore --get-wal main latest "$LAB/restored"
pg_ctl start --silent --no-wait --pgdata="$LAB/restored" --log="$LAB/restored.log" --options="-p 5433"
timeout 60 bash -c 'until [[ $(psql -XAt -p 5433 -c "SELECT pg_is_in_recovery()" 2>/dev/null) == f ]]; do sleep 0.1; done'
