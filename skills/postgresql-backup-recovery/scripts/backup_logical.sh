#!/usr/bin/env bash
# Dumps every database and the globals into one directory that appears only when all of it is complete.
set -euo pipefail
readonly NOT_PRUNED=4
# shellcheck source-path=SCRIPTDIR source=lib/backup.bash
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/backup.bash"

usage() {
    cat <<'EOF'
Usage: backup_logical.sh --directory DIRECTORY [OPTION]...

Dumps all databases of a PostgreSQL 14 to 18 server, and its roles and tablespaces, into
DIRECTORY/TIME: globals.sql, databases/, manifest.json and SHA256SUMS. It is made under another name,
verified, synced and then renamed: what has its final name is complete. After a failure nothing new
is there, and every earlier backup still is.

  --directory DIRECTORY  where the backups are kept; must exist
  --database NAME        only this database (and the globals); may be repeated
  --format FORMAT        directory (default) or custom
  --jobs N               parallel connections per database; needs the format directory
  --lock-wait SECONDS    give up on a table that stays locked for so long (default 300)
  --no-role-passwords    dump roles without passwords, for an account that isn't a superuser
  --prune --keep N       afterwards remove older backups of the same server and the same databases
                         for which N newer ones exist that pass their checksums; N is 1 or more
  --dry-run              show what would be dumped and removed; change nothing

The connection is libpq's: PGHOST, PGPORT, PGUSER, PGSERVICE, a password file. Never prompts.
Template databases, and those that accept no connections, are left out and named in "left_out".

Each dump is read to its end with pg_restore, and its database's name is compared. That proves
that the files are whole. It doesn't prove that they restore into a given server: only restoring does.
Each database is consistent in itself; two databases are not of the same moment.

Restore on an empty server: psql -X -v ON_ERROR_STOP=1 -d postgres -f globals.sql, without the
CREATE ROLE lines of roles that exist; then, for each database in databases/,
pg_restore --create --exit-on-error -d postgres FILE. For "postgres", which exists, leave out --create.

Result: one JSON object on stdout. Exit status:
  0  complete and verified
  1  no backup was made; earlier ones are untouched
  2  wrong arguments
  3  another run holds the lock of DIRECTORY
  4  the backup is complete, but older ones could not be removed
  129, 130, 143  ended by a signal; a backup that has its final name is complete

Examples:
  backup_logical.sh --directory /srv/backup/dumps
  backup_logical.sh --directory /srv/backup/dumps --jobs 4 --prune --keep 7
  backup_logical.sh --directory /srv/backup/dumps --database shop --dry-run
EOF
}

format=directory jobs=1 lock_wait=300 prune='' keep='' dry_run=''
wanted=() globals_options=()
while (($#)); do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --prune) prune=yes ;;
    --dry-run) dry_run=yes ;;
    --no-role-passwords) globals_options=(--no-role-passwords) ;;
    --directory | --database | --format | --jobs | --lock-wait | --keep)
        [[ ${2-} ]] || fail "$USAGE" "$1 needs a value; see --help"
        case $1 in
        --directory) directory=${2%/} ;;
        --database) wanted+=("$2") ;;
        --format) format=$2 ;;
        --jobs) need_number "$1" "$2" && jobs=$2 ;;
        --lock-wait) need_number "$1" "$2" && lock_wait=$2 ;;
        --keep) need_number "$1" "$2" && keep=$2 ;;
        esac
        shift
        ;;
    *) fail "$USAGE" "unknown argument $1; see --help" ;;
    esac
    shift
done
[[ $directory ]] || fail "$USAGE" "--directory is missing; see --help"
[[ $format == directory || $format == custom ]] || fail "$USAGE" "--format is directory or custom, not $format"
[[ $jobs == 1 || $format == directory ]] || fail "$USAGE" "--jobs needs --format directory"
[[ -z $prune && -z $keep || $prune && $keep ]] || fail "$USAGE" "--prune and --keep N belong together"

need_programs psql pg_dump pg_dumpall pg_restore flock sha256sum find xargs sync mktemp mv awk sed sort tail
prepare
need_directory

names=() oids=() left_out=() dumped=()
list_databases() {
    local found=() entry oid use name missing
    query "SELECT entry FROM (
            SELECT 1, datname, oid || ' ' || (datallowconn AND NOT datistemplate AND datconnlimit <> -2) || ' ' || datname
            FROM pg_database UNION ALL SELECT 2, '', 'end') AS entries (position, name, entry)
        ORDER BY position, name" >"$log" || fail "$NOT_MADE" "cannot list the databases; the message is above"
    mapfile -d '' -t found <"$log"
    # psql doesn't report a full disk, and a list cut short would pass for a server with fewer databases.
    [[ ${#found[@]} -gt 0 && ${found[-1]} == end ]] || fail "$NOT_MADE" "cannot write to ${TMPDIR:-/tmp}"
    unset 'found[-1]'
    for entry in "${found[@]}"; do
        read -r oid use _ <<<"$entry"
        name=${entry#* * }
        if ((${#wanted[@]})); then
            is_among "$name" "${wanted[@]}" || continue
        elif [[ $use == false ]]; then
            left_out+=("$name")
            continue
        fi
        names+=("$name")
        oids+=("$oid")
    done
    for missing in "${wanted[@]}"; do
        is_among "$missing" "${names[@]}" || fail "$NOT_MADE" "there is no database $missing"
    done
    ((${#names[@]})) || fail "$NOT_MADE" "there is no database to dump"
}

is_among() {
    local searched=$1 item
    shift
    for item in "$@"; do
        [[ $item != "$searched" ]] || return 0
    done
    return 1
}

# Prints the file name for a database: its own where that is harmless.
file_of() {
    if [[ $1 =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$ && $1 != oid-* ]]; then
        printf '%s' "$1"
    else
        printf 'oid-%s' "$2"
    fi
}

still_exists() {
    local answer
    answer=$(query "SELECT count(*) FROM pg_database WHERE oid = $1" | tr -d '\0') ||
        fail "$NOT_MADE" "the connection was lost"
    [[ $answer == 1 ]]
}

# A service file's dbname beats PGDATABASE, and a plain argument may be read as a connection string: so it is one.
dump() {
    local quoted=${1//\\/\\\\}
    quoted=${quoted//\'/\\\'}
    rm -rf -- "$2"
    run pg_dump -w --format="$format" --jobs="$jobs" --lock-wait-timeout="${lock_wait}s" --file="$2" --dbname="dbname='$quoted'"
}

# A table that is dropped after pg_dump has listed it fails the dump: the next one doesn't see it.
dump_in_spite_of_drops() {
    local attempt
    for attempt in 1 2 3; do
        if dump "$1" "$3"; then
            return 0
        fi
        still_exists "$2" && grep -Eq 'does not exist|could not open relation|cache lookup failed' "$log" || return 1
        say "attempt $attempt to dump the database $1: something was dropped meanwhile"
    done
    return 1
}

# Reading all of it is what finds a file that is cut short: --list reads the table of contents only.
verify() {
    run pg_restore --list --file="$unfinished/.list" "$1" && run pg_restore --file=/dev/null "$1"
}

entries=()
dump_database() {
    local name=$1 oid=$2 path tables bytes
    path=databases/$(file_of "$name" "$oid")
    if ! dump_in_spite_of_drops "$name" "$oid" "$unfinished/$path"; then
        if ((${#wanted[@]})) || still_exists "$oid"; then
            fail "$NOT_MADE" "pg_dump of the database $name failed; its message is above"
        fi
        rm -rf -- "${unfinished:?}/$path"
        say "the database $name was dropped while the backup was being made"
        left_out+=("$name")
        return
    fi
    verify "$unfinished/$path" || fail "$NOT_MADE" "the dump of the database $name can't be read back"
    [[ $path == databases/oid-* ]] || grep -qxF ";     dbname: $name" "$unfinished/.list" ||
        fail "$NOT_MADE" "the dump of the database $name is one of another database"
    tables=$(grep -c ' TABLE DATA ' "$unfinished/.list" || true)
    rm -f -- "$unfinished/.list"
    bytes=$(bytes_in "$unfinished/$path")
    ((bytes > 0)) || fail "$NOT_MADE" "the dump of the database $name is empty"
    dumped+=("$name")
    entries+=("{\"name\": $(json "$name"), \"path\": $(json "$path"), \"tables\": $tables, \"bytes\": $bytes}")
}

dump_globals() {
    run pg_dumpall -w --globals-only "${globals_options[@]}" --lock-wait-timeout="${lock_wait}s" --file="$unfinished/globals.sql" ||
        fail "$NOT_MADE" "pg_dumpall failed; without a superuser use --no-role-passwords"
    grep -q '^-- PostgreSQL database cluster dump complete' "$unfinished/globals.sql" ||
        fail "$NOT_MADE" "globals.sql is cut short"
}

write_manifest() {
    local separator='' entry sums text
    text=$(
        printf '{\n  "kind": "logical",\n  "name": %s,\n  "started": %s,\n' "$(json "$name")" "$(json "$started")"
        printf '  "system_identifier": %s,\n' "$(json "$system_identifier")"
        printf '  "server_version": %s,\n' "$(json "$server_version")"
        printf '  "program": %s,\n' "$(json "$(pg_dump --version)")"
        printf '  "format": "%s",\n  "scope": %s,\n  "left_out": %s,\n' "$format" "$scope" "$(json_list "${left_out[@]}")"
        printf '  "databases": ['
        for entry in "${entries[@]}"; do
            printf '%s\n    %s' "$separator" "$entry"
            separator=,
        done
        printf '\n  ]\n}\n'
    )
    printf '%s\n' "$text" >"$unfinished/manifest.json" || fail "$NOT_MADE" "cannot write the manifest"
    sums=$(cd -- "$unfinished" && find . -type f -printf '%P\0' | sort -z | xargs -0 sha256sum --) ||
        fail "$NOT_MADE" "cannot compute the checksums"
    printf '%s\n' "$sums" >"$unfinished/SHA256SUMS" || fail "$NOT_MADE" "cannot write the checksums"
}

passes_checksums() {
    run env -C "$directory/$1" sha256sum --quiet --strict --check SHA256SUMS >/dev/null
}

removed=() damaged=()
# A backup goes only if as many newer ones as are to be kept hold the same databases and have just been read whole.
prune_backups() {
    local sound=$1 backup manifest
    [[ $prune ]] || return 0
    for backup in $(cd -- "$directory" && compgen -G '[0-9]*T*Z' | sort -r); do
        manifest=$directory/$backup/manifest.json
        [[ $backup != "$name" && -f $manifest ]] || continue
        [[ $(field "$manifest" system_identifier) == "$(json "$system_identifier")" ]] || continue
        [[ $(field "$manifest" scope) == "$scope" ]] || continue
        if ((sound < keep)); then
            if passes_checksums "$backup"; then
                sound=$((sound + 1))
            else
                say "$directory/$backup is damaged; it is kept, and not counted"
                damaged+=("$backup")
            fi
            continue
        fi
        [[ $dry_run ]] || remove_backup "$backup" || return 1
        removed+=("$backup")
    done
}

report() {
    reported=yes
    printf '{"result": "%s", "path": %s, "databases": %s, "left_out": %s, "bytes": %d, "removed": %s, "damaged": %s}\n' \
        "$1" "$(json "$directory/$name")" "$(json_list "${dumped[@]}")" "$(json_list "${left_out[@]}")" "$2" \
        "$(json_list "${removed[@]}")" "$(json_list "${damaged[@]}")"
}

started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
system_identifier=$(query 'SELECT system_identifier FROM pg_control_system()' | tr -d '\0') ||
    fail "$NOT_MADE" "cannot connect to the server; the message is above"
server_version=$(query 'SHOW server_version' | tr -d '\0') || fail "$NOT_MADE" "the connection was lost"
list_databases
scope='"all"'
((${#wanted[@]} == 0)) || scope=$(json_list "${names[@]}")

if [[ $dry_run ]]; then
    name=$(new_name)
    dumped=("${names[@]}")
    prune_backups 1
    report would_back_up 0
    exit 0
fi

take_lock
remove_unfinished
name=$(new_name)
begin_backup "$name"
mkdir -- "$unfinished/databases"
dump_globals
for ((index = 0; index < ${#names[@]}; index++)); do
    dump_database "${names[index]}" "${oids[index]}"
done
((${#entries[@]})) || fail "$NOT_MADE" "every database was dropped meanwhile"
write_manifest
bytes=$(bytes_in "$unfinished")
finish_backup "$name"

if ! prune_backups 1; then
    say "the backup is complete, but older ones could not be removed"
    report complete_not_pruned "$bytes"
    exit "$NOT_PRUNED"
fi
report complete "$bytes"
