# shellcheck shell=bash
# Once: the scripts are run, customers order for some seconds, and then the machine is gone.
if [[ -f $LAB/answer/setup.sh && ! -e $SECRET/disaster ]]; then
    : >"$SECRET/disaster"
    as_asked() {
        # shellcheck source=/dev/null
        (cd "$LAB" && source "$LAB/env.sh" && unset SECRET PGOPTIONS && timeout --kill-after=5 90 bash "$@") </dev/null >>"$SECRET/answer.log" 2>&1
    }
    cp -a "$LAB/answer" "$SECRET/answer"
    as_asked "$LAB/answer/setup.sh"
    printf '%s\n' "$?" >"$SECRET/setup.status"
    until_true 30 accepts_writes
    for n in {1..400}; do
        printf "INSERT INTO orders (id, region, state, token) VALUES (%d, 'south', 'new', md5(random()::text)) RETURNING id, clock_timestamp();\n" $((n + 10000))
        if ((n > 350)); then printf 'SELECT pg_sleep(0.1);\n'; fi
    done | psql -XAtq -F ' ' | grep . >"$SECRET/confirmed"
    ask "SELECT id, token FROM orders WHERE id > 10000 ORDER BY id" >"$SECRET/rows"
    last=$(tail -n 1 "$SECRET/confirmed" | cut -d ' ' -f 2-)
    crash
    # The machine is gone. What receives WAL into BACKUP_DIR runs on another.
    find "$LAB" -mindepth 1 -maxdepth 1 ! -name backup ! -name env.sh -exec rm -rf {} +
    mkdir "$PGHOST"
    cp -a "$SECRET/answer" "$LAB/answer"
    as_asked "$LAB/answer/restore.sh"
    printf '%s\n' "$?" >"$SECRET/restore.status"
    ask -p 5433 "SELECT id, token FROM orders WHERE id > 10000 ORDER BY id" >"$SECRET/restored"
    # Confirmed more than four seconds before the last one was.
    ask -p 5433 "SELECT timestamptz '$last' - interval '4 seconds'" >"$SECRET/limit"
    awk -v limit="$(cat "$SECRET/limit")" '{ split(limit, day, " "); when = $2 " " $3; if (when <= limit) print $1 }' "$SECRET/confirmed" >"$SECRET/promised"
fi

keeps_the_promise() {
    [[ -s $SECRET/promised && -s $SECRET/restored ]] &&
        awk -F '|' 'NR == FNR { there[$1]; next } !($1 in there) { missing = 1 } END { exit missing }' "$SECRET/restored" "$SECRET/promised"
}

# Each row that came back is as it was, and none between two others is missing.
is_a_prefix() {
    [[ -s $SECRET/restored ]] && cmp "$SECRET/restored" <(head -n "$(wc -l <"$SECRET/restored")" "$SECRET/rows")
}

check 1 "setup.sh ended with status 0 on the running server" eval '[[ $(cat "$SECRET/setup.status") == 0 && -s $SECRET/confirmed ]]'
check 1 "restore.sh ended with status 0, and the server at port 5433 in \$LAB/restored accepts writes" \
    eval '[[ $(cat "$SECRET/restore.status") == 0 && $(ask -p 5433 "SHOW data_directory") == "$LAB/restored" ]] && accepts_writes -p 5433'
check 1 "Every order from before is there" same "$(fingerprint orders "id <= 2000" -p 5433)" "$(kept orders)"
check 4 "Every order confirmed more than four seconds before the end is there" keeps_the_promise
check 1 "What came back has no gap and is unchanged" is_a_prefix
