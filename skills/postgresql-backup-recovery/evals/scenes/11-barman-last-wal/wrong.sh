# shellcheck shell=bash
# Without it Barman copies finished segments alone: the server starts, a little too early in time.
barman -q restore main latest "$LAB/restored"
pg_ctl start --silent --no-wait --pgdata="$LAB/restored" --log="$LAB/restored.log" --options="-p 5433"
timeout 60 bash -c 'until [[ $(psql -XAt -p 5433 -c "SELECT pg_is_in_recovery()" 2>/dev/null) == f ]]; do sleep 0.1; done'
