# shellcheck shell=bash
if [[ -f $LAB/answer/recover.sh && ! -e $SECRET/ran ]]; then
    : >"$SECRET/ran"
    # shellcheck source=/dev/null
    (cd "$LAB" && source "$LAB/env.sh" && unset SECRET PGOPTIONS && timeout --kill-after=5 60 bash "$LAB/answer/recover.sh") \
        </dev/null >"$LAB/answer/recover.log" 2>&1
    printf '%s\n' "$?" >"$SECRET/ran"
fi

orders_are_back() {
    same "$(fingerprint orders)" "$(kept orders)"
}

works_on() {
    orders_are_back && [[ $(ask "INSERT INTO orders (id, region, state, token) VALUES (0, 'south', 'new', '') RETURNING id") == 0 ]] &&
        ask "DELETE FROM orders WHERE id = 0" &&
        [[ $(ask "SELECT count(*) FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype = 'p'") == 1 ]]
}

check 4 "recover.sh, run once, brought back every order as it was just before the table was dropped" orders_are_back
check 1 "The table has its primary key and takes new orders" works_on
check 1 "recover.sh ended with status 0 within 60 seconds" test "$(cat "$SECRET/ran" 2>/dev/null)" = 0
check 1 "Every payment is still there, those during and after the mistake too" same "$(fingerprint payments)" "$(kept payments)"
check 1 "Production was never restarted" same_production
check 1 "The backup and the archived WAL are unchanged, and nothing of the copy is in the archive" eval 'files_kept backup && no_timeline_above 1'
