#!/usr/bin/env bash
# Takes a full or incremental base backup that gets its name only when it, and the chain it needs, have been verified.
set -euo pipefail
readonly NOT_PRUNED=4
# shellcheck source-path=SCRIPTDIR source=lib/backup.bash
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/lib/backup.bash"

usage() {
    cat <<'EOF'
Usage: backup_physical.sh --directory DIRECTORY [OPTION]...

Takes a base backup of a PostgreSQL 14 to 18 server: DIRECTORY/TIME.full or TIME.incremental, with
the files in data/ and what they are in backup.json. It is made under another name, verified with
pg_verifybackup, synced and then renamed: what has its final name is complete. After a failure
nothing new is there, and every earlier backup still is.

  --directory DIRECTORY  where the backups are kept; must exist
  --incremental          only what changed since the newest backup here. Needs 17 or later with
                         summarize_wal on, and an earlier backup that is sound. Else a full backup
                         is taken, and "full_because" says why.
  --combine DIRECTORY    really combine the chain of an incremental backup, in a new folder inside
                         DIRECTORY, and verify what comes out; it is removed again. Needs the space.
                         Without it, pg_combinebackup --dry-run.
  --max-rate RATE        as pg_basebackup's
  --prune --keep N       afterwards remove older full backups of the same server, each with all its
                         incremental ones, for which N newer full ones exist that pass
                         pg_verifybackup; N is 1 or more
  --dry-run              show what would be taken and removed; change nothing

The connection is libpq's: PGHOST, PGPORT, PGUSER, PGSERVICE, a password file; the account needs
REPLICATION. Never prompts. A cluster with tablespaces is refused.

pg_verifybackup proves that the files are those the server sent, and that the WAL they need is there.
It doesn't prove that their content is sound: "data_checksums": "off" means that nothing looked. Only
a restore that reads everything proves that. WAL in an archive is never removed.

Restore a full backup: copy data/ into an empty directory. An incremental one: pg_combinebackup, with
the data/ of its full backup first, then those in "chain" in order, then its own.

Result: one JSON object on stdout. Exit status:
  0  complete and verified
  1  no backup was made; earlier ones are untouched
  2  wrong arguments
  3  another run holds the lock of DIRECTORY
  4  the backup is complete, but older ones could not be removed
  129, 130, 143  ended by a signal; a backup that has its final name is complete

Examples:
  backup_physical.sh --directory /srv/backup/base
  backup_physical.sh --directory /srv/backup/base --incremental
  backup_physical.sh --directory /srv/backup/base --prune --keep 2
  backup_physical.sh --directory /srv/backup/base --prune --keep 2 --dry-run
EOF
}

kind=full combine='' prune='' keep='' dry_run=''
options=()
while (($#)); do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --incremental) kind=incremental ;;
    --prune) prune=yes ;;
    --dry-run) dry_run=yes ;;
    --directory | --combine | --max-rate | --keep)
        [[ ${2-} ]] || fail "$USAGE" "$1 needs a value; see --help"
        case $1 in
        --directory) directory=${2%/} ;;
        --combine) combine=${2%/} ;;
        --max-rate) options+=("--max-rate=$2") ;;
        --keep) need_number "$1" "$2" && keep=$2 ;;
        esac
        shift
        ;;
    *) fail "$USAGE" "unknown argument $1; see --help" ;;
    esac
    shift
done
[[ $directory ]] || fail "$USAGE" "--directory is missing; see --help"
[[ -z $prune && -z $keep || $prune && $keep ]] || fail "$USAGE" "--prune and --keep N belong together"
[[ -z $combine || -d $combine ]] || fail "$USAGE" "$combine is not a directory"

need_programs psql pg_basebackup pg_verifybackup pg_waldump flock find xargs sync mktemp mv awk sed sort tail
prepare
need_directory

ask() {
    query "$1" | tr -d '\0'
}

# Prints the backups of this server, newest first.
backups() {
    local backup
    for backup in $(cd -- "$directory" && compgen -G '[0-9]*T*Z.*' | sort -r); do
        [[ -f $directory/$backup/backup.json ]] || continue
        [[ $(field "$directory/$backup/backup.json" system_identifier) == "$(json "$system_identifier")" ]] || continue
        printf '%s\n' "$backup"
    done
}

# Prints a value of backup.json without the quotes: names, which the script itself made.
name_in() {
    field "$directory/$1/backup.json" "$2" | tr -d '"'
}

is_sound() {
    run pg_verifybackup --quiet -- "$directory/$1/data"
}

chain=()
# Sets chain to the backups that a new incremental one needs, the full one first; or full_because.
find_chain() {
    local backup
    chain=()
    full_because=
    if ((server_version_num < 170000)); then
        full_because="the server is older than 17"
        return
    fi
    if [[ $(ask 'SHOW summarize_wal') != on ]]; then
        full_because="summarize_wal is off"
        return
    fi
    backup=$(backups | sed -n 1p)
    [[ $backup ]] || full_because="there is no earlier backup of this server"
    while [[ $backup ]]; do
        if ! is_sound "$backup"; then
            chain=()
            full_because="$backup is damaged"
            return
        fi
        chain=("$backup" "${chain[@]}")
        backup=$(name_in "$backup" previous)
    done
}

take() {
    local incremental=()
    [[ $kind == full ]] || incremental=("--incremental=$directory/${chain[-1]}/data/backup_manifest")
    run pg_basebackup -w --pgdata="$unfinished/data" --checkpoint=fast --wal-method=stream \
        --label="${0##*/} $name" "${options[@]}" "${incremental[@]}"
}

# The folder exists while pg_combinebackup runs, and never keeps the name of a backup.
check_chain() {
    local part paths=() result=0
    for part in "${chain[@]}"; do
        paths+=("$directory/$part/data")
    done
    paths+=("$unfinished/data")
    if [[ -z $combine ]]; then
        run pg_combinebackup --dry-run --output="$unfinished/combined" "${paths[@]}"
        return
    fi
    scratch=$(mktemp -d -- "$combine/combined.XXXXXX") || return 1
    run pg_combinebackup --output="$scratch/data" "${paths[@]}" && run pg_verifybackup --quiet -- "$scratch/data" || result=1
    rm -rf -- "$scratch"
    return "$result"
}

write_description() {
    local previous='' text
    ((${#chain[@]} == 0)) || previous=${chain[-1]}
    text=$(
        printf '{\n  "kind": "%s",\n  "name": %s,\n  "started": %s,\n' "$kind" "$(json "$name")" "$(json "$started")"
        printf '  "system_identifier": %s,\n' "$(json "$system_identifier")"
        printf '  "server_version": %s,\n' "$(json "$server_version")"
        printf '  "data_checksums": "%s",\n' "$data_checksums"
        printf '  "full_because": %s,\n' "$(json "$full_because")"
        printf '  "previous": %s,\n' "$(json "$previous")"
        printf '  "chain": %s\n}\n' "$(json_list "${chain[@]}")"
    )
    printf '%s\n' "$text" >"$unfinished/backup.json" || fail "$NOT_MADE" "cannot write backup.json"
}

# Removes a full backup after everything that needs it, the newest first.
remove_chain() {
    local full=$1 backup
    for backup in "${all[@]}"; do
        [[ -d $directory/$backup ]] || continue
        [[ $backup == "$full" || $(field "$directory/$backup/backup.json" chain) == "[\"$full\""* ]] || continue
        [[ $dry_run ]] || remove_backup "$backup" || return 1
        removed+=("$backup")
    done
}

removed=() damaged=() all=()
# A full backup goes only if as many newer ones as are to be kept have just been verified.
prune_backups() {
    local sound=0 backup
    [[ $prune ]] || return 0
    [[ $kind == incremental ]] || sound=1
    mapfile -t all < <(backups)
    for backup in "${all[@]}"; do
        [[ $backup == *.full && $backup != "$name" ]] || continue
        if ((sound >= keep)); then
            remove_chain "$backup" || return 1
        elif [[ $kind == incremental && $backup == "${chain[0]}" ]] || is_sound "$backup"; then
            sound=$((sound + 1))
        else
            say "$directory/$backup is damaged; it is kept, and not counted"
            damaged+=("$backup")
        fi
    done
}

report() {
    reported=yes
    printf '{"result": "%s", "kind": "%s", "path": %s, "full_because": %s, "chain": %s, "data_checksums": "%s", "bytes": %d, "removed": %s, "damaged": %s}\n' \
        "$1" "$kind" "$(json "$directory/$name")" "$(json "$full_because")" "$(json_list "${chain[@]}")" \
        "$data_checksums" "$2" "$(json_list "${removed[@]}")" "$(json_list "${damaged[@]}")"
}

started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
system_identifier=$(ask 'SELECT system_identifier FROM pg_control_system()') ||
    fail "$NOT_MADE" "cannot connect to the server; the message is above"
server_version=$(ask 'SHOW server_version') || fail "$NOT_MADE" "the connection was lost"
server_version_num=$(ask 'SHOW server_version_num') || fail "$NOT_MADE" "the connection was lost"
data_checksums=$(ask 'SHOW data_checksums') || fail "$NOT_MADE" "the connection was lost"
tablespaces=$(ask "SELECT count(*) FROM pg_tablespace WHERE pg_tablespace_location(oid) <> ''") ||
    fail "$NOT_MADE" "the connection was lost"
((tablespaces == 0)) ||
    fail "$NOT_MADE" "the cluster has tablespaces outside the data directory; use pgBackRest, Barman or pg_basebackup --tablespace-mapping"

full_because=''
[[ $dry_run ]] || {
    take_lock
    remove_unfinished
}
if [[ $kind == incremental ]]; then
    find_chain
    if [[ $full_because ]]; then
        kind=full
    else
        need_programs pg_combinebackup
    fi
fi
name=$(new_name).$kind

if [[ $dry_run ]]; then
    prune_backups
    report would_back_up 0
    exit 0
fi

begin_backup "$name"
if ! take; then
    if [[ $kind == full ]] || ! grep -qi 'wal summar' "$log"; then
        fail "$NOT_MADE" "pg_basebackup failed; its message is above"
    fi
    kind=full
    chain=()
    full_because="WAL summaries since the earlier backup are missing"
    name=${name%.incremental}.full
    rm -rf -- "$unfinished/data"
    take || fail "$NOT_MADE" "pg_basebackup failed; its message is above"
fi
[[ -z $full_because ]] || say "a full backup was taken: $full_because"
run pg_verifybackup --quiet -- "$unfinished/data" || fail "$NOT_MADE" "pg_verifybackup found the new backup damaged"
[[ $kind == full ]] || check_chain || fail "$NOT_MADE" "the chain ${chain[*]} can't be combined with the new backup"
write_description
bytes=$(bytes_in "$unfinished")
finish_backup "$name"

if ! prune_backups; then
    say "the backup is complete, but older ones could not be removed"
    report complete_not_pruned "$bytes"
    exit "$NOT_PRUNED"
fi
report complete "$bytes"
