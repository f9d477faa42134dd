#!/usr/bin/env bash
# Looks at a server and its backups, changes nothing, and says what a disaster would find there.
set -euo pipefail

readonly NOTHING_FOUND=0 PROBLEMS=1 USAGE=2 CANNOT_LOOK=3

usage() {
    cat <<'HELP'
Usage: preflight.sh [OPTION]...

Reads settings, archiver, replication slots and checksums of the server that PGHOST, PGPORT, PGUSER and
PGDATABASE (or PGSERVICE) name, and the last backups of each source given. Prints one JSON object. Changes
nothing: the session is read-only. The account needs the role pg_monitor. A password comes from ~/.pgpass.

  --backup-dir DIR         look for base backups of pg_basebackup in the subdirectories of DIR
  --pgbackrest-stanza NAME ask pgbackrest info
  --barman-server NAME     ask barman list-backups
  --max-age HOURS          the newest usable backup of each source must not be older (default 48)
  -h, --help               this text

The object: {"status", "server", "findings", "archiver", "slots", "checksums", "backups"}. "status" is
"nothing found" or "problems". Nothing found is no proof of a restore: restore_drill.sh is.

Exit status:
  0  looked at everything, no problem found (there may be warnings)
  1  at least one problem; see "findings"
  2  wrong arguments
  3  could not look at everything asked for; nothing is printed on stdout

Examples:
  preflight.sh --backup-dir /srv/backup
  PGSERVICE=production preflight.sh --pgbackrest-stanza main
HELP
}

fail() {
    local status=$1
    shift
    printf 'preflight.sh: %s\n' "$*" >&2
    exit "$status"
}

json_string() {
    local text=$1
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    text=${text//$'\n'/\\n}
    text=${text//$'\t'/\\t}
    printf '"%s"' "${text//[[:cntrl:]]/}"
}

need() {
    command -v "$1" >/dev/null || fail "$CANNOT_LOOK" "$1 is not on PATH; install it or extend PATH"
}

# The statement of a file, to stand in parentheses.
statement() {
    local text
    text=$(cat -- "$sql/$1") || fail "$CANNOT_LOOK" "cannot read $sql/$1; copy the whole folder scripts"
    printf '%s' "${text%;*}"
}

# Base backups in the subdirectories, as JSON. pg_basebackup gives backup_manifest its name last, so one without
# it was interrupted or has no manifest to be verified with.
plain_backups() {
    local directory=$1 entry manifest finished usable rows=()
    [[ -d $directory && -r $directory && -x $directory ]] ||
        fail "$CANNOT_LOOK" "$directory is not a readable directory; is it mounted?"
    for entry in "$directory"/*/; do
        entry=${entry%/}
        manifest=$entry/backup_manifest
        [[ -e $manifest || -e $entry/PG_VERSION || -e $entry/base.tar || -e $entry/base.tar.gz ]] || continue
        usable=false
        finished=$(date --utc --reference="$entry" +%FT%TZ) || fail "$CANNOT_LOOK" "cannot read $entry"
        if [[ -s $manifest ]]; then
            usable=true
            finished=$(date --utc --reference="$manifest" +%FT%TZ) || fail "$CANNOT_LOOK" "cannot read $manifest"
        fi
        rows+=("{\"name\": $(json_string "${entry##*/}"), \"finished\": \"$finished\", \"usable\": $usable}")
    done
    local IFS=,
    printf '[%s]' "${rows[*]-}"
}

backup_dir='' stanza='' barman_server='' max_age=48
while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --backup-dir | --pgbackrest-stanza | --barman-server | --max-age)
        [[ -n ${2-} ]] || fail "$USAGE" "$1 needs a value; see --help"
        case $1 in
        --backup-dir) backup_dir=${2%/} ;;
        --pgbackrest-stanza) stanza=$2 ;;
        --barman-server) barman_server=$2 ;;
        --max-age) max_age=$2 ;;
        esac
        shift 2
        ;;
    *) fail "$USAGE" "unknown argument $1; see --help" ;;
    esac
done
[[ $max_age =~ ^[0-9]{1,6}$ ]] || fail "$USAGE" "--max-age is a number of hours, got $max_age"

sql=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/sql
readonly sql
need psql

# Each source's answer, and how to read it as rows (name, finished, usable).
sources=()
add_source() {
    local quote=\$answer_${RANDOM}_${RANDOM}\$
    sources+=("SELECT '$1' AS source, name, finished, usable FROM (SELECT $quote$2$quote::jsonb AS answer) AS asked,
        LATERAL ($3) AS backup")
    asked+=("('$1')")
}
asked=()
if [[ -n $backup_dir ]]; then
    answer=$(plain_backups "$backup_dir")
    add_source pg_basebackup "$answer" "SELECT row->>'name' AS name, (row->>'finished')::timestamptz AS finished,
        (row->>'usable')::boolean AS usable FROM jsonb_array_elements(answer) AS row"
fi
if [[ -n $stanza ]]; then
    need pgbackrest
    answer=$(pgbackrest --stanza="$stanza" --output=json --log-level-console=off --log-level-stderr=error info) ||
        fail "$CANNOT_LOOK" "pgbackrest info fails for stanza $stanza"
    add_source pgbackrest "$answer" "SELECT row->>'label' AS name, to_timestamp((row#>>'{timestamp,stop}')::float) AS finished,
        NOT coalesce((row->>'error')::boolean, false) AS usable
        FROM jsonb_array_elements(answer) AS stanza, jsonb_array_elements(stanza->'backup') AS row"
fi
if [[ -n $barman_server ]]; then
    need barman
    answer=$(barman --format json list-backups "$barman_server") ||
        fail "$CANNOT_LOOK" "barman list-backups fails for server $barman_server"
    add_source barman "$answer" "SELECT row->>'backup_id' AS name,
        to_timestamp(nullif(row->>'end_time_timestamp', '')::float) AS finished,
        row->>'status' IN ('DONE', 'WAITING_FOR_WALS') OR row ? 'end_time_timestamp' AND NOT row ? 'status' AS usable
        FROM jsonb_each(answer) AS server, jsonb_array_elements(
            CASE jsonb_typeof(server.value) WHEN 'array' THEN server.value ELSE '[]' END) AS row"
fi

backups="SELECT NULL AS source, NULL AS name, NULL::timestamptz AS finished, false AS usable WHERE false"
for part in "${sources[@]}"; do
    backups+=" UNION ALL $part"
done
names=$(
    IFS=,
    printf '%s' "${asked[*]:-(NULL)}"
)

report=$(
    cat <<SQL
WITH backups AS ($backups),
sources AS (SELECT source FROM (VALUES $names) AS asked (source) WHERE source IS NOT NULL),
findings AS (
    SELECT severity, finding FROM ($(statement readiness.sql)) AS readiness
    UNION ALL
    SELECT 'problem', CASE WHEN newest IS NULL THEN format('%s: no usable backup', source)
        ELSE format('%s: the newest usable backup is %s hours old', source, extract(epoch FROM now() - newest)::bigint / 3600) END
    FROM (SELECT sources.source, max(finished) FILTER (WHERE usable) AS newest FROM sources
          LEFT JOIN backups USING (source) GROUP BY sources.source) AS newest_of_each
    WHERE newest IS NULL OR newest < now() - interval '$max_age hours'
    UNION ALL
    SELECT 'warning', 'no source of backups was named: whether there is one was not looked at'
    WHERE NOT EXISTS (SELECT FROM sources)
)
SELECT json_build_object(
    'status', CASE WHEN EXISTS (SELECT FROM findings WHERE severity = 'problem') THEN 'problems' ELSE 'nothing found' END,
    'server', json_build_object('version', current_setting('server_version'),
        'system_identifier', (SELECT system_identifier::text FROM pg_control_system()),
        'data_directory', current_setting('data_directory'), 'in_recovery', pg_is_in_recovery(),
        'started', pg_postmaster_start_time(), 'looked_at', now(),
        'settings', (SELECT json_object_agg(name, current_setting(name) ORDER BY name) FROM pg_settings WHERE name IN (
            'archive_mode', 'archive_timeout', 'fsync', 'full_page_writes', 'hot_standby', 'max_slot_wal_keep_size',
            'max_wal_senders', 'summarize_wal', 'synchronous_commit', 'wal_level', 'wal_log_hints', 'wal_segment_size'))),
    'findings', (SELECT coalesce(json_agg(f), '[]') FROM findings AS f),
    'archiver', (SELECT row_to_json(r) FROM ($(statement archiver_status.sql)) AS r),
    'slots', (SELECT coalesce(json_agg(r), '[]') FROM ($(statement slots.sql)) AS r),
    'checksums', (SELECT json_agg(r) FROM ($(statement checksum_status.sql)) AS r),
    'backups', (SELECT coalesce(json_agg(r), '[]') FROM
        (SELECT * FROM backups ORDER BY finished DESC NULLS LAST LIMIT 10) AS r));
SQL
)

export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
export PGOPTIONS="${PGOPTIONS-} -c default_transaction_read_only=on -c statement_timeout=60s -c timezone=UTC"
object=$(psql -XAtq --no-password -v ON_ERROR_STOP=1 <<<"$report") ||
    fail "$CANNOT_LOOK" "the server cannot be asked; check PGHOST, PGPORT, PGUSER, ~/.pgpass and that the account has pg_monitor"
[[ $object == '{"status"'* ]] || fail "$CANNOT_LOOK" "the server gave no answer"

printf '%s\n' "$object" || fail "$CANNOT_LOOK" "cannot write the result"
case $object in
'{"status" : "nothing found"'*) exit "$NOTHING_FOUND" ;;
*) exit "$PROBLEMS" ;;
esac
