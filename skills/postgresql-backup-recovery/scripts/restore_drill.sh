#!/usr/bin/env bash
# Proves a backup: restores it to a scratch place, reads and checks the copy, writes down what came of it, cleans up.
set -euo pipefail

readonly FAILED=1 USAGE=2 REFUSED=3

usage() {
    cat <<'HELP'
Usage: restore_drill.sh SOURCE --scratch DIR --evidence-dir DIR [OPTION]... [--execute]

Without --execute prints the plan and changes nothing. With it restores the newest state that the source gives with
restore_pitr.sh, checks it with pg_amcheck, with pg_checksums where the cluster has checksums, and with your own SQL,
removes the copy, and writes DIR/drill-TIME.json. The backup, the archive and the live server are only read.
Run it as an unprivileged account that may read the backup, on another host than production if you can.

Source, one of
  --backup DIR             a base backup in plain format, with --archive DIR, or with --restore-command COMMAND
  --pgbackrest-stanza NAME
  --barman-server NAME
  --backup-id ID           another than the newest backup of pgBackRest or Barman

  --scratch DIR            exists and has room for the cluster; the copy is made and removed in a folder in it
  --evidence-dir DIR       exists; each drill, passed or failed, adds a file
  --database NAME          where your SQL is run (default postgres)
  --assert FILE            SQL whose every row must be a single t, and which must give one; may be repeated
  --newest-row SQL         a query for the newest timestamp, such as 'SELECT max(placed) FROM orders'
  --max-row-age SECONDS    fail if that row is older than this when the drill begins
  --timeout SECONDS        for the restore (default 3600)
  --remove-leftovers       first stop and remove what a drill that was killed left in --scratch
  --execute                do it
  -h, --help               this text

PGUSER names a superuser of the cluster (default postgres). Without a target a server opens at the first gap in the
archived WAL and calls that success: --newest-row with --max-row-age is what notices.

The object, on stdout and in the file: {"status": "passed" or "failed", "reason", "source", "backup", "began",
"seconds_to_restore", "newest_row", "newest_row_age_seconds", "checks", "restored", "evidence"}.

Exit status:
  0  with --execute: passed, and the evidence is written. Without: the plan is printed
  1  failed; "reason" says why
  2  wrong arguments
  3  refused before anything was restored: missing program or directory, another drill, leftovers

Examples:
  restore_drill.sh --backup /srv/backup/base --archive /srv/wal_archive --scratch /srv/scratch --database shop \
      --evidence-dir /srv/evidence --newest-row 'SELECT max(placed) FROM orders' --max-row-age 900 --execute
  restore_drill.sh --pgbackrest-stanza main --scratch /srv/scratch --evidence-dir /srv/evidence --assert shop.sql --execute
HELP
}

fail() {
    local status=$1
    shift
    printf 'restore_drill.sh: %s\n' "$*" >&2
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

kind='' source='' source_options=() scratch='' evidence_dir='' database=postgres assertions=() newest='' max_age='' timeout=3600
remove_leftovers=no execute=no
while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --execute) execute=yes ;;
    --remove-leftovers) remove_leftovers=yes ;;
    --backup | --pgbackrest-stanza | --barman-server | --archive | --restore-command | --backup-id | --scratch | \
        --evidence-dir | --database | --assert | --newest-row | --max-row-age | --timeout)
        [[ -n ${2-} ]] || fail "$USAGE" "$1 needs a value; see --help"
        case $1 in
        --backup | --pgbackrest-stanza | --barman-server)
            [[ -z $kind ]] || fail "$USAGE" "name one source; see --help"
            kind=${1#--} source=$2 source_options+=("$1" "$2")
            ;;
        --archive | --restore-command | --backup-id) source_options+=("$1" "$2") ;;
        --scratch) scratch=${2%/} ;;
        --evidence-dir) evidence_dir=${2%/} ;;
        --database) database=$2 ;;
        --assert) assertions+=("$2") ;;
        --newest-row) newest=${2%;} ;;
        --max-row-age) max_age=$2 ;;
        --timeout) timeout=$2 ;;
        esac
        shift
        ;;
    *) fail "$USAGE" "unknown argument $1; see --help" ;;
    esac
    shift
done
[[ -n $kind ]] || fail "$USAGE" "name a source: --backup, --pgbackrest-stanza or --barman-server; see --help"
[[ -n $scratch && -n $evidence_dir ]] || fail "$USAGE" "name --scratch and --evidence-dir; see --help"
[[ $max_age =~ ^[0-9]{0,9}$ ]] || fail "$USAGE" "--max-row-age is a number of seconds, got $max_age"
[[ -z $max_age || -n $newest ]] || fail "$USAGE" "--max-row-age needs --newest-row"

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly restore=$here/restore_pitr.sh
[[ -x $restore ]] || fail "$REFUSED" "$restore is missing; copy the whole folder scripts"
for program in psql pg_ctl pg_amcheck pg_checksums pg_controldata flock; do
    command -v "$program" >/dev/null || fail "$REFUSED" "$program is not on PATH; install it or extend PATH"
done
for directory in "$scratch" "$evidence_dir"; do
    [[ $directory == /* ]] || fail "$USAGE" "$directory is not an absolute path"
    [[ -d $directory && -w $directory && -x $directory ]] ||
        fail "$REFUSED" "$directory is missing or read-only; is it mounted?"
done
for file in "${assertions[@]}"; do
    [[ -f $file && -r $file ]] || fail "$REFUSED" "$file is missing or unreadable"
done

stamp=$(date --utc +%Y%m%dT%H%M%SZ)
readonly work=$scratch/drill.$stamp.$$ evidence=$evidence_dir/drill-$stamp-$$.json
readonly copy=$work/copy

# Arguments that restore_pitr.sh refuses are no drill. What else it refuses is: that backup can't be restored.
planned=0
plan=$("$restore" "${source_options[@]}" --into "$scratch/drill.$stamp.$$" --timeout "$timeout") || planned=$?
((planned != USAGE)) || exit "$USAGE"
if [[ $execute == no ]]; then
    ((planned == 0)) || exit "$planned"
    printf '{"status": "plan", "evidence": %s, "assertions": %s, "newest_row": %s, "restore": %s}\n' "$(json_string "$evidence")" \
        "${#assertions[@]}" "$(json_string "$newest")" "$plan" || fail "$FAILED" "cannot write the plan"
    exit 0
fi
[[ $EUID -ne 0 ]] || fail "$REFUSED" "PostgreSQL doesn't run as root; run as an unprivileged account"

# The kernel releases it whatever becomes of this process, so what lies in scratch while it is held is left over.
exec 9>"$scratch/restore_drill.lock" || fail "$REFUSED" "cannot write to $scratch"
flock --nonblock 9 || fail "$REFUSED" "another drill runs in $scratch"

remove_copy() {
    local directory=$1
    if pg_ctl status --pgdata="$directory/copy" >/dev/null 2>&1; then
        pg_ctl stop --mode=immediate --silent --timeout=60 --pgdata="$directory/copy" >&2 || return
    fi
    rm -rf -- "${directory:?}" >&2
}

for leftover in "$scratch"/drill.*/; do
    [[ -d $leftover ]] || continue
    [[ $remove_leftovers == yes ]] ||
        fail "$REFUSED" "$leftover is left over from a drill that was killed; look, then run with --remove-leftovers"
    remove_copy "${leftover%/}" || fail "$REFUSED" "cannot remove $leftover"
done

began=$(date --utc +%s.%3N)
mkdir -m 0700 -- "$work" || fail "$REFUSED" "cannot create $work (disk full?)"
trap 'remove_copy "$work" || true' EXIT

reason='' restored=null seconds=null newest_row=null newest_age=null checks=()

# Only the first reason counts: what comes after it may be its consequence.
failed() {
    [[ -n $reason ]] || reason=$1
    printf 'restore_drill.sh: %s\n' "$1" >&2
}
# What programs say is kept in variables: with a full disk a file would not tell why.
last_lines() {
    tail -n 5 <<<"$1" | cut -c 1-400 || true
}
ask() {
    PGOPTIONS='-c default_transaction_read_only=on -c client_min_messages=error' PGCONNECT_TIMEOUT=10 \
        psql -XAtq --no-password -v ON_ERROR_STOP=1 -h "$copy" -p 54999 -U "${PGUSER:-postgres}" -d "$database" "$@"
}
check() {
    checks+=("{\"check\": $(json_string "$1"), \"result\": $(json_string "$2")}")
}

run_restore() {
    local output object
    if ! output=$("$restore" "${source_options[@]}" --into "$copy" --timeout "$timeout" --execute 2>&1 9>&-); then
        failed "not restored: $(last_lines "$output")"
        return 1
    fi
    object=${output##*$'\n'}
    [[ $object == '{"status": "restored"'* ]] || {
        failed "not restored: restore_pitr.sh gave no result"
        return 1
    }
    restored=$object
    seconds=$(awk -v b="$began" -v e="$(date --utc +%s.%3N)" 'BEGIN { printf "%.1f", e - b }') || failed "cannot tell the time"
}

run_amcheck() {
    local output
    if output=$(PGOPTIONS='' pg_amcheck --no-password -h "$copy" -p 54999 -U "${PGUSER:-postgres}" --maintenance-db=template1 \
        --all --install-missing --heapallindexed 2>&1 9>&-); then
        check pg_amcheck passed
    else
        check pg_amcheck failed
        failed "pg_amcheck: $(last_lines "$output")"
    fi
}

run_assertion() {
    local file=$1 rows
    rows=$(ask -f "$file" 2>&1) || {
        check "$file" failed
        failed "$file: $(last_lines "$rows")"
        return
    }
    if [[ -n $rows ]] && ! grep -qvx t <<<"$rows"; then
        check "$file" passed
    else
        check "$file" failed
        failed "$file: not every row is t: ${rows:0:200}"
    fi
}

ask_newest_row() {
    local answer
    answer=$(ask -F ' ' -c "SELECT to_char(newest AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),
        round((extract(epoch FROM to_timestamp($began) - newest))::numeric, 1)
        FROM (SELECT ($newest)::timestamptz AS newest) AS q" 2>&1) || {
        failed "--newest-row: $(last_lines "$answer")"
        return
    }
    if [[ ! $answer =~ ^([^ ]+)\ (-?[0-9.]+)$ ]]; then
        failed "--newest-row gave no row"
        return
    fi
    newest_row=$(json_string "${BASH_REMATCH[1]}") newest_age=${BASH_REMATCH[2]}
    if [[ -n $max_age ]] && ! awk -v a="$newest_age" -v m="$max_age" 'BEGIN { exit !(a <= m) }'; then
        failed "the newest row is $newest_age s old, $max_age s are allowed: newer ones are lost"
    fi
}

run_checksums() {
    local output control
    output=$(pg_ctl stop --mode=fast --silent --timeout=300 --pgdata="$copy" 2>&1) || {
        failed "the copy doesn't stop cleanly: $(last_lines "$output")"
        return
    }
    control=$(LC_ALL=C pg_controldata "$copy") || {
        failed "pg_controldata fails on the copy"
        return
    }
    if [[ $control =~ 'page checksum version:'\ +0 ]]; then
        check pg_checksums 'not possible: the cluster has none'
    elif output=$(pg_checksums --check --pgdata="$copy" 2>&1); then
        check pg_checksums passed
    else
        check pg_checksums failed
        failed "pg_checksums: $(last_lines "$output")"
    fi
}

if run_restore; then
    run_amcheck
    for file in "${assertions[@]}"; do
        run_assertion "$file"
    done
    [[ -z $newest ]] || ask_newest_row
    run_checksums
fi

# A server of the copy that crashed meanwhile has been seen by now: it doesn't stop cleanly.
trap - EXIT
remove_copy "$work" || failed "cannot remove $work; remove it by hand"

object=$(
    IFS=,
    printf '{"status": "%s", "reason": %s, "source": %s, "backup": %s, "began": "%s", "host": %s, "seconds_to_restore": %s, ' \
        "$([[ -z $reason ]] && printf passed || printf failed)" "$([[ -z $reason ]] && printf null || json_string "$reason")" \
        "$(json_string "$kind")" "$(json_string "$source")" "$(date --utc --date="@$began" +%FT%T.%3NZ)" \
        "$(json_string "${HOSTNAME-}")" "$seconds"
    printf '"newest_row": %s, "newest_row_age_seconds": %s, "checks": [%s], "restored": %s, "evidence": %s}' \
        "$newest_row" "$newest_age" "${checks[*]-}" "$restored" "$(json_string "$evidence")"
) || fail "$FAILED" "cannot compose the evidence"

# The name appears only when the content is on disk; ln never replaces another drill's file.
temporary=$(mktemp -- "$evidence_dir/.drill.XXXXXXXX") || fail "$FAILED" "cannot write evidence to $evidence_dir; the drill doesn't count. ${reason:-}"
trap 'rm -f -- "$temporary"' EXIT
{ printf '%s\n' "$object" >"$temporary" && sync -- "$temporary" && ln -T -- "$temporary" "$evidence" && sync -- "$evidence_dir"; } ||
    fail "$FAILED" "cannot write $evidence (disk full?); the drill doesn't count. ${reason:-}"

printf '%s\n' "$object" || fail "$FAILED" "cannot write the result; it is in $evidence"
[[ -z $reason ]] || exit "$FAILED"
