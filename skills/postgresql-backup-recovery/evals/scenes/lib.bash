# What the scenes share. run.sh sources it with LAB, the solver's directory, and SECRET, the grader's, set.
# shellcheck shell=bash

umask 077
unset PGSERVICE PGHOSTADDR PGOPTIONS
export PGDATA=$LAB/data PGHOST=$LAB/socket PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
export BACKUP_DIR=$LAB/backup ARCHIVE_DIR=$LAB/archive
export PGCONNECT_TIMEOUT=10 PGTZ=UTC LC_ALL=C.UTF-8 TZ=UTC

readonly NO_PROCESS=4194305 # one more than Linux gives

say() {
    printf '%s\n' "$*" >&2
}

# until_true SECONDS COMMAND...: polls, for at least so long, and fails if it never succeeds. No clock is asked: it may jump.
until_true() {
    local left=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        ((left-- > 0)) || return 1
        sleep 0.05
    done
}

# ask [PSQL OPTION]... SQL: an answer as unaligned text. No query waits for long, not even for a lock.
ask() {
    PGOPTIONS="${PGOPTIONS-} -c statement_timeout=15s" timeout 30 psql -XAtq -v ON_ERROR_STOP=1 "${@:1:$#-1}" -c "${!#}" || {
        local status=$?
        say "status $status of: ${!#}"
        return "$status"
    }
}

# tell SQL: runs what the scene is made of.
tell() {
    psql -XAtq -v ON_ERROR_STOP=1 -o /dev/null -c "$1"
}

# make_cluster [INITDB OPTION]...: production, not started yet.
make_cluster() {
    mkdir "$PGHOST" "$BACKUP_DIR" "$ARCHIVE_DIR" "$LAB/bin"
    initdb --no-sync --username=postgres --auth=trust "$@" >"$SECRET/initdb.log"
    cat >>"$PGDATA/postgresql.conf" <<CONF

listen_addresses = ''
unix_socket_directories = '$PGHOST'
timezone = 'UTC'
log_timezone = 'UTC'
autovacuum = off
CONF
}

# archive_soundly: archives with the skill's script. The solver gets a copy of it, as part of production.
archive_soundly() {
    install -m 0755 "$SCRIPTS/archive_wal.sh" "$LAB/bin/archive_wal.sh"
    printf "archive_mode = on\narchive_command = '%s/bin/archive_wal.sh \"%%p\" \"%%f\" %s'\n" "$LAB" "$ARCHIVE_DIR" \
        >>"$PGDATA/postgresql.conf"
}

# start_server [DATA DIRECTORY [PORT]]
start_server() {
    pg_ctl start --wait --timeout=120 --silent --pgdata="${1:-$PGDATA}" --log="$LAB/server.log" --options="-p ${2:-$PGPORT}" >/dev/null
}

# crash: what a power cut does to production.
crash() {
    local pid
    read -r pid <"$PGDATA/postmaster.pid"
    # Of a session that its postmaster started, the group is its own.
    kill -KILL "$pid"
    until_true 30 no_process_in "$PGDATA" || return 1
    # After a power cut /run is empty, and no process has the number. In a container whose init takes no note of the dead
    # it is there for good, and a server would take it for a running one.
    rm -f "$PGHOST"/.s.PGSQL.*
    [[ ! -e /proc/$pid ]] || sed -i "1s/.*/$NO_PROCESS/" "$PGDATA/postmaster.pid"
}

no_process_in() {
    local process program
    for process in /proc/[0-9]*; do
        read -r program 2>/dev/null <"$process/comm" || continue
        [[ $program != postgres || $(readlink "$process/cwd" 2>/dev/null) != "$1" ]] || return 1
    done
}

# archive_now: closes production's current segment, waits until it is in the archive, and prints its name.
archive_now() {
    local segment
    segment=$(ask "SELECT pg_walfile_name(pg_switch_wal()) FROM pg_create_restore_point('segment')") || return 1
    until_true 60 test -f "$PGDATA/pg_wal/archive_status/$segment.done" || {
        say "$segment is not archived"
        return 1
    }
    printf '%s\n' "$segment"
}

# make_orders FROM TO: orders that nobody can guess.
make_orders() {
    tell "INSERT INTO orders (id, region, state, token)
        SELECT n, (ARRAY['north', 'south', 'east'])[1 + n % 3], 'new', md5(random()::text || n) FROM generate_series($1, $2) AS n"
}

create_orders() {
    tell "CREATE TABLE orders (id bigint PRIMARY KEY, region text NOT NULL, state text NOT NULL, token text NOT NULL,
        placed timestamptz NOT NULL DEFAULT clock_timestamp()) WITH (fillfactor = 60)"
}

# fingerprint TABLE [CONDITION [PSQL OPTION]...]: of all rows, each column of them.
fingerprint() {
    local condition=${2:-true}
    ask "${@:3}" "SELECT count(*) || ' ' || coalesce(md5(string_agg(o::text, ',' ORDER BY id)), '') FROM $1 AS o WHERE $condition"
}

# sums DIRECTORY...: of every file, by name and content.
sums() {
    (cd / && find "$@" -type f -exec sha256sum {} + | LC_ALL=C sort -k 2)
}

# keep NAME: remembers its input for the grader. kept NAME: prints it.
keep() {
    cat >"$SECRET/$1"
}

kept() {
    cat "$SECRET/$1"
}

# keep_production: when it was started, and which it is.
keep_production() {
    ask "SELECT pg_postmaster_start_time(), (SELECT system_identifier FROM pg_control_system())" | keep production
}

same_production() {
    [[ $(ask "SELECT pg_postmaster_start_time(), (SELECT system_identifier FROM pg_control_system())") == "$(kept production)" ]]
}

# keep_files NAME DIRECTORY...: files that must still be there, unchanged, when files_kept NAME is asked.
keep_files() {
    sums "${@:2}" | keep "$1.sums"
}

files_kept() {
    [[ -s $SECRET/$1.sums ]] && (cd / && sha256sum --quiet --check "$SECRET/$1.sums" >/dev/null 2>&1)
}

# no_timeline_above N: whether the archive has only WAL of timelines up to N.
no_timeline_above() {
    local file name
    for file in "$ARCHIVE_DIR"/*; do
        name=${file##*/}
        [[ $name =~ ^[0-9A-F]{8} ]] || continue
        ((16#${name:0:8} <= $1)) || return 1
    done
}

accepts_writes() {
    [[ $(ask "$@" "SELECT NOT pg_is_in_recovery()") == t ]] &&
        ask "$@" "CREATE TABLE graders_table (); DROP TABLE graders_table" >/dev/null
}

json() {
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

# same FOUND EXPECTED: what can't be found equals nothing.
same() {
    [[ $1 && $1 == "$2" ]]
}

points=0 possible=0 verdicts=()

# check WEIGHT ASSERTION COMMAND...: one assertion, passed if the command succeeds.
check() {
    local weight=$1 assertion=$2 passed=false
    shift 2
    if "$@" >/dev/null 2>>"$SECRET/grader.log"; then
        passed=true
        points=$((points + weight))
    fi
    possible=$((possible + weight))
    verdicts+=("{\"name\": $(json "$assertion"), \"passed\": $passed, \"weight\": $weight}")
}

# report EVAL: prints the score and each assertion as a JSON object.
report() {
    local verdict separator=''
    printf '{"eval": %s, "score": %s, "assertions": [' "$(json "$1")" \
        "$(awk -v points="$points" -v possible="$possible" 'BEGIN { printf "%.2f", points / possible }')"
    for verdict in "${verdicts[@]}"; do
        printf '%s%s' "$separator" "$verdict"
        separator=', '
    done
    printf ']}\n'
}
