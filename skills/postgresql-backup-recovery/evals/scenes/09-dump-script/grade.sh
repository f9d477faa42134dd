# shellcheck shell=bash
# trial NAME COMMAND...: runs the script on a fresh copy of the dumps; its status is in $SECRET/NAME.status.
trial() {
    local name=$1
    shift
    rm -rf "${SECRET:?}/$name"
    cp -a "$SECRET/nights" "$SECRET/$name"
    (cd "$LAB" && unset PGOPTIONS && DUMP_DIR=$SECRET/$name timeout 60 "$@") </dev/null >"$SECRET/$name.log" 2>&1
    printf '%s\n' "$?" >"$SECRET/$name.status"
}

failed_loudly() {
    [[ $(cat "$SECRET/$1.status") != 0 ]]
}

# What has the name of a dump is one of the four old files, each of them is there, and none has changed.
nothing_changed() {
    failed_loudly "$1" &&
        diff <(cd "$SECRET/nights" && sha256sum ./*.sql.gz) <(cd "$SECRET/$1" && sha256sum ./*.sql.gz)
}

new_dump() {
    find "$SECRET/$1" -name '*.sql.gz' -newermt 2020-04-01 -print
}

sound_nights_are_there() { # TRIAL NIGHT...
    local name=$1 night
    shift
    for night in "$@"; do
        cmp "$SECRET/nights/${night}T020000Z.sql.gz" "$SECRET/$name/${night}T020000Z.sql.gz" || return 1
    done
}

# Into an empty cluster whose superuser has another name, so that each role of the dump is new.
restores_with_roles() {
    local dump other=(-h "$SECRET" -p 5499 -U grader -d postgres) result=1
    dump=$(new_dump good)
    [[ $(cat "$SECRET/good.status") == 0 && $(wc -l <<<"$dump") == 1 && -s $dump ]] || return 1
    rm -rf "$SECRET/other"
    initdb --no-sync --username=grader --auth=trust --pgdata="$SECRET/other" >/dev/null
    pg_ctl start --wait --silent --pgdata="$SECRET/other" --log="$SECRET/other.log" --options="-p 5499 -c listen_addresses='' -k '$SECRET' -c fsync=off"
    gunzip -c "$dump" | psql -XAtq "${other[@]}" -o /dev/null
    if same "$(fingerprint orders true "${other[@]}")" "$(kept orders)" &&
        [[ $(PGUSER=shop ask -h "$SECRET" -p 5499 "SELECT count(*) FROM orders") == 3000 ]]; then
        result=0
    fi
    pg_ctl stop --silent --mode=immediate --pgdata="$SECRET/other"
    return "$result"
}

script=$LAB/bin/backup.sh
trial unreachable env PGPORT=5999 "$script"
trial denied env PGUSER=clerk "$script"
trial full bash -c 'trap "" XFSZ; ulimit -f 40; exec "$0"' "$script"
trial good "$script"
check 1 "With the server unreachable it fails, and every dump is as before" nothing_changed unreachable
check 1 "When the dump breaks off half way it fails, and every dump is as before" nothing_changed denied
check 1 "When the disk is full it fails, and every dump is as before" nothing_changed full
check 2 "After a good run the new dump restores into an empty cluster, with all rows, roles and rights" restores_with_roles
check 2 "After a good run the three newest sound dumps are there; the one that was cut short is not counted as one" \
    eval 'sound_nights_are_there good 20200302 20200304 && [[ -n $(new_dump good) && $(cat "$SECRET/good.status") == 0 ]] && gzip --test "$(new_dump good)"'
check 1 "Production is unchanged" eval 'same_production && same "$(fingerprint orders)" "$(kept orders)"'
