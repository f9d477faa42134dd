#!/usr/bin/env bash
# Writes what to watch about backup and recovery as Prometheus metrics: of the server, its archive, backups and drills.
set -euo pipefail

readonly NOT_ASKED=1 USAGE=2 NOT_WRITTEN=3

usage() {
    cat <<'HELP'
Usage: metrics.sh [OPTION]...

Asks the server that PGHOST, PGPORT, PGUSER and PGDATABASE (or PGSERVICE) name, looks at the directories given, and
prints metrics as Prometheus reads them. Changes nothing but FILE. The account needs the role pg_monitor; a
password comes from ~/.pgpass. Alerts for these metrics: assets/prometheus-alerts.yml.

  --output FILE        write to FILE, at once and whole: a *.prom in the directory of node_exporter's textfile collector
  --archive DIR        whether the file that was archived last is in DIR, under its name with or without a suffix
  --backups DIR        when the newest backup that backup_physical.sh or backup_logical.sh completed in DIR began;
                       may be repeated; 0 if there is none
  --evidence-dir DIR   when the last drill of restore_drill.sh that passed began, 0 if there is none; and whether the
                       newest one failed
  --disk DIR           size and free space of the file system of DIR; may be repeated
  -h, --help           this text

If the server gives no answer, pgsurvive_up is 0 and the rest is written all the same. An option whose directory
can't be read is an error: no old number stands for it.

Exit status:
  0  written
  1  written, but the server could not be asked
  2  wrong arguments
  3  not written: a directory can't be read, or FILE can't be written; FILE is as it was

Examples:
  metrics.sh --disk /var/lib/postgresql/data/pg_wal
  metrics.sh --output /var/lib/node_exporter/pgsurvive.prom --archive /srv/wal_archive --backups /srv/backup/base \
      --evidence-dir /srv/evidence --disk /var/lib/postgresql/data/pg_wal --disk /srv/wal_archive
HELP
}

fail() {
    local status=$1
    shift
    printf 'metrics.sh: %s\n' "$*" >&2
    exit "$status"
}

output='' archive='' evidence='' backups=() disks=()
while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --output | --archive | --backups | --evidence-dir | --disk)
        [[ -n ${2-} ]] || fail "$USAGE" "$1 needs a value; see --help"
        case $1 in
        --output) output=$2 ;;
        --archive) archive=${2%/} ;;
        --backups) backups+=("${2%/}") ;;
        --evidence-dir) evidence=${2%/} ;;
        --disk) disks+=("$2") ;;
        esac
        shift 2
        ;;
    *) fail "$USAGE" "unknown argument $1; see --help" ;;
    esac
done
command -v psql >/dev/null || fail "$NOT_WRITTEN" "psql is not on PATH; install it or extend PATH"

need_directory() {
    [[ -d $1 && -r $1 && -x $1 ]] || fail "$NOT_WRITTEN" "$1 is not a readable directory; is it mounted?"
}

for directory in ${archive:+"$archive"} ${evidence:+"$evidence"} "${backups[@]}" "${disks[@]}"; do
    need_directory "$directory"
done

lines=()
# metric NAME HELP, then value NAME NUMBER [LABEL VALUE].
metric() {
    lines+=("# HELP pgsurvive_$1 $2" "# TYPE pgsurvive_$1 gauge")
}

value() {
    local labels=''
    if [[ ${3-} ]]; then
        local text=$4
        text=${text//\\/\\\\}
        text=${text//\"/\\\"}
        labels="{$3=\"${text//$'\n'/\\n}\"}"
    fi
    lines+=("pgsurvive_$1$labels $2")
}

# Prints the time that a file's key names, as seconds since 1970.
seconds_in() {
    local time
    time=$(sed -n "s/.*\"$2\": \"\([^\"]*\)\".*/\1/p" -- "$1") || fail "$NOT_WRITTEN" "cannot read $1"
    [[ $time ]] || fail "$NOT_WRITTEN" "$1 holds no time \"$2\""
    date --utc --date="${time%%$'\n'*}" +%s || fail "$NOT_WRITTEN" "$1 holds no time that can be read: $time"
}

newest_backup() {
    local directory=$1 file seconds newest=0
    for file in "$directory"/[0-9]*T*Z*/backup.json; do
        [[ -f $file ]] || continue
        seconds=$(seconds_in "$file" started) || return
        ((seconds <= newest)) || newest=$seconds
    done
    printf '%s' "$newest"
}

sql=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/sql
export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
export PGOPTIONS="${PGOPTIONS-} -c default_transaction_read_only=on -c statement_timeout=60s"
up=1
from_server=$(psql -XAtq --no-password -v ON_ERROR_STOP=1 -f "$sql/metrics.sql") || up=0 from_server=''
[[ $up == 0 || $from_server == '# HELP'* ]] || fail "$NOT_WRITTEN" "the server gave no answer"

metric up "Whether the server could be asked"
value up "$up"
metric collected_timestamp_seconds "When these metrics were collected"
value collected_timestamp_seconds "$(date +%s)"

if [[ $archive ]]; then
    last=$(psql -XAtq --no-password -c "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver" 2>/dev/null) || last=''
    if [[ $last ]]; then
        found=0
        [[ ! -e $archive/$last ]] && ! compgen -G "$archive/${last}[.-]*" >/dev/null || found=1
        metric archive_holds_last_archived "Whether the file that was archived last is in the archive"
        value archive_holds_last_archived "$found"
    fi
fi

if ((${#backups[@]})); then
    metric backup_last_timestamp_seconds "When the newest complete and verified backup began, 0 if there is none"
    for directory in "${backups[@]}"; do
        newest=$(newest_backup "$directory") || exit
        value backup_last_timestamp_seconds "$newest" directory "$directory"
    done
fi

if [[ $evidence ]]; then
    passed=0 newest_failed=0
    for file in "$evidence"/drill-*.json; do # in the order of their times
        [[ -f $file ]] || continue
        newest_failed=1
        if grep -q '^{"status": "passed"' -- "$file"; then
            newest_failed=0
            passed=$(seconds_in "$file" began) || exit
        fi
    done
    metric drill_last_passed_timestamp_seconds "When the last restore drill that passed began, 0 if none has"
    value drill_last_passed_timestamp_seconds "$passed"
    metric drill_newest_failed "Whether the newest restore drill failed"
    value drill_newest_failed "$newest_failed"
fi

if ((${#disks[@]})); then
    free=() size=()
    for directory in "${disks[@]}"; do
        row=$(df --block-size=1 --output=avail,size -- "$directory") || fail "$NOT_WRITTEN" "df fails for $directory"
        read -r bytes_free bytes_size <<<"${row##*$'\n'}"
        free+=("$bytes_free") size+=("$bytes_size")
    done
    metric disk_free_bytes "Free space of the file system of a directory"
    for i in "${!disks[@]}"; do
        value disk_free_bytes "${free[i]}" directory "${disks[i]}"
    done
    metric disk_size_bytes "Size of the file system of a directory"
    for i in "${!disks[@]}"; do
        value disk_size_bytes "${size[i]}" directory "${disks[i]}"
    done
fi

everything=$(printf '%s\n' "${lines[@]}" ${from_server:+"$from_server"})
if [[ $output ]]; then
    # Another name until it is whole: the collector reads every *.prom at any moment.
    temporary=$(mktemp -- "$(dirname -- "$output")/.metrics.XXXXXXXX") || fail "$NOT_WRITTEN" "cannot write beside $output"
    trap 'rm -f -- "$temporary"' EXIT
    { printf '%s\n' "$everything" >"$temporary" && chmod 0644 -- "$temporary" && mv -fT -- "$temporary" "$output"; } ||
        fail "$NOT_WRITTEN" "cannot write $output"
else
    printf '%s\n' "$everything" || fail "$NOT_WRITTEN" "cannot write the metrics"
fi
((up)) || fail "$NOT_ASKED" "the server could not be asked; its message is above"
