#!/usr/bin/env bash
# Finds in the WAL when, and in which transaction, a relation was dropped or emptied, and where to stop before it.
set -euo pipefail

readonly FOUND=0 NOT_FOUND=1 USAGE=2 CANNOT_SEARCH=3

usage() {
    cat <<'HELP'
Usage: find_moment.sh --wal DIR... [--table NAME | --file PATH [--oid OID]] [OPTION]...

Reads WAL with pg_waldump and prints one JSON object: the transactions that removed the relation's file when they
committed. Changes nothing; needs pg_waldump of the cluster's major version.

  --wal DIR        the archive, then the saved or live pg_wal; may be repeated, the first that has a segment gives it
  --table NAME     asks the server at PGHOST, PGPORT, PGDATABASE for its file and OID. The table must still be there:
                   ask a copy that is paused at the end of the backup (restore_pitr.sh --target-immediate)
  --file PATH      what pg_relation_filepath() gave: base/16384/16390
  --oid OID        the relation's OID, where it is known: finds its lock more exactly
                   Without --table and --file every transaction that removed files is listed
  --backup DIR     begin where this base backup begins
  --start LSN      begin there (default: at the oldest segment)
  --timeline N     the branch to read (default: the backup's, else that of the newest segment)
  --limit N        list so many transactions at most, the newest (default 20)
  -h, --help       this text

"kind" is "removed" (DROP) or "replaced" (TRUNCATE, VACUUM FULL, CLUSTER, a rewriting ALTER TABLE: search on from there
with the new file). "stop_before" has the options of restore_pitr.sh that stop before the transaction locked the table;
at the commit itself the table would be there and locked. A DELETE removes no file and isn't found. "searched_to" is
the last record read; what came later was not seen. "stopped" is what ended the search, in pg_waldump's words, where that
was not the end of the last segment.

Exit status:
  0  found
  1  not found between "searched_from" and "searched_to"
  2  wrong arguments
  3  could not search, or found nothing before a gap in the WAL

Examples:
  PGHOST=/srv/copy PGPORT=54999 find_moment.sh --wal /srv/wal_archive --backup /srv/backup/base --table orders
  find_moment.sh --wal /srv/wal_archive --wal /srv/saved/pg_wal --file base/16384/16390 --start 0/3000028
HELP
}

fail() {
    local status=$1
    shift
    printf 'find_moment.sh: %s\n' "$*" >&2
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

places=() table='' file='' oid='' backup='' start='' timeline='' limit=20
while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --wal | --table | --file | --oid | --backup | --start | --timeline | --limit)
        [[ -n ${2-} ]] || fail "$USAGE" "$1 needs a value; see --help"
        case $1 in
        --wal) places+=("${2%/}") ;;
        --table) table=$2 ;;
        --file) file=$2 ;;
        --oid) oid=$2 ;;
        --backup) backup=${2%/} ;;
        --start) start=$2 ;;
        --timeline) timeline=$2 ;;
        --limit) limit=$2 ;;
        esac
        shift 2
        ;;
    *) fail "$USAGE" "unknown argument $1; see --help" ;;
    esac
done
((${#places[@]} > 0)) || fail "$USAGE" "name where the WAL is with --wal; see --help"
[[ -z $table || -z $file$oid ]] || fail "$USAGE" "name --table, or --file with --oid"
[[ -z $file || $file =~ ^(base|pg_tblspc|global)/[A-Za-z0-9_/]+$ ]] || fail "$USAGE" "--file looks like base/16384/16390, got $file"
[[ $oid =~ ^[0-9]*$ && $timeline =~ ^[0-9]{0,9}$ && $limit =~ ^[1-9][0-9]{0,3}$ ]] ||
    fail "$USAGE" "--oid, --timeline and --limit are numbers"
[[ -z $start || -z $backup ]] || fail "$USAGE" "name --start or --backup, not both"
[[ -z $start || $start =~ ^[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}$ ]] || fail "$USAGE" "--start looks like 0/3000028, got $start"
command -v pg_waldump >/dev/null || fail "$CANNOT_SEARCH" "pg_waldump is not on PATH; install it or extend PATH"

if [[ -n $backup ]]; then
    label=$(<"$backup/backup_label") || fail "$CANNOT_SEARCH" "cannot read $backup/backup_label"
    [[ $label =~ 'START WAL LOCATION: '([0-9A-F]+/[0-9A-F]+) ]] || fail "$CANNOT_SEARCH" "$backup/backup_label says no start"
    start=${BASH_REMATCH[1]}
    if [[ -z $timeline && $label =~ 'START TIMELINE: '([0-9]+) ]]; then
        timeline=${BASH_REMATCH[1]}
    fi
fi

if [[ -n $table ]]; then
    command -v psql >/dev/null || fail "$CANNOT_SEARCH" "psql is not on PATH; install it or extend PATH"
    answer=$(PGCONNECT_TIMEOUT=10 psql -XAtq --no-password -v ON_ERROR_STOP=1 -v table="$table" \
        <<<"SELECT :'table'::regclass::oid, coalesce(pg_relation_filepath(:'table'::regclass), '')") ||
        fail "$CANNOT_SEARCH" "the server at PGHOST and PGPORT can't be asked for $table; ask a copy in which it still exists"
    oid=${answer%%|*} file=${answer#*|}
    [[ -n $file ]] || fail "$CANNOT_SEARCH" "$table has no file of its own; if it is partitioned, name one of its partitions"
fi

# One directory of links, because pg_waldump reads one, and the newest segments may be in pg_wal alone.
links=$(mktemp -d) || fail "$CANNOT_SEARCH" "cannot write to ${TMPDIR:-/tmp}"
trap 'rm -rf -- "${links:?}"' EXIT
for place in "${places[@]}"; do
    [[ -d $place && -r $place && -x $place ]] || fail "$CANNOT_SEARCH" "$place is not a readable directory; is it mounted?"
    place=$(cd -- "$place" && pwd) || fail "$CANNOT_SEARCH" "cannot enter $place"
    for segment in "$place"/*; do
        name=${segment##*/}
        [[ $name =~ ^[0-9A-F]{24}$ && ! -e $links/$name ]] || continue
        ln -s -- "$segment" "$links/$name" || fail "$CANNOT_SEARCH" "cannot write to $links (disk full?)"
    done
done
names=("$links"/*)
[[ -e ${names[0]} ]] || fail "$CANNOT_SEARCH" "no WAL segment in ${places[*]}; decompress the archive, or fetch it from pgBackRest or Barman"
if [[ -z $timeline ]]; then
    timeline=${names[-1]##*/}
    timeline=$((16#${timeline:0:8}))
fi
prefix=$(printf '%08X' "$((10#$timeline))")
names=("$links/$prefix"*)
[[ -e ${names[0]} ]] || fail "$CANNOT_SEARCH" "no WAL segment of timeline $timeline in ${places[*]}"
size=$(stat -L -c %s -- "${names[0]}") || fail "$CANNOT_SEARCH" "cannot read $(readlink "${names[0]}")"
((size >= 1048576 && (size & (size - 1)) == 0)) ||
    fail "$CANNOT_SEARCH" "$(readlink "${names[0]}") has $size bytes, which no WAL segment has; is it compressed or cut off?"
readonly per_log=$((0x100000000 / size))

number_of() {
    local name=$1
    printf '%s' "$((16#${name:8:8} * per_log + 16#${name:16:8}))"
}
name_of() {
    printf '%s%08X%08X' "$prefix" "$(($1 / per_log))" "$(($1 % per_log))"
}

if [[ -n $start ]]; then
    first=$((16#${start%/*} * per_log + 16#${start#*/} / size))
    [[ -e $links/$(name_of "$first") ]] ||
        fail "$CANNOT_SEARCH" "segment $(name_of "$first"), where the search begins, is in none of ${places[*]}"
else
    first=$(number_of "${names[0]##*/}")
    start=$(printf '%X/%X' "$((first / per_log))" "$((first % per_log * size))")
fi
last=$first
while [[ -e $links/$(name_of "$((last + 1))") ]]; do
    last=$((last + 1))
done
gap=''
(($(number_of "${names[-1]##*/}") <= last)) || gap=$(name_of "$((last + 1))")

# With an end, pg_waldump doesn't wait 5 seconds for a segment that isn't there.
end=$(printf '%X/%X' "$(((last + 1) / per_log))" "$(((last + 1) % per_log * size))")

# Times in UTC, messages in English. In a segment that isn't full it ends with an error, so the status says little; that
# it read at least one record says more.
dump() {
    TZ=UTC LC_ALL=C pg_waldump --path="$links" --timeline="$((10#$timeline))" --start="$start" --end="$end" "$@" 2>"$links/stopped" || true
}
# How far the WAL goes.
to=$(dump | awk '/^rmgr: / { match($0, /lsn: [0-9A-F]+\/[0-9A-F]+/); to = substr($0, RSTART + 5, RLENGTH - 5) } END { print to }') ||
    fail "$CANNOT_SEARCH" "the WAL in ${places[*]} cannot be read"
stopped=$(head -n 3 -- "$links/stopped") || fail "$CANNOT_SEARCH" "cannot write to $links (disk full?)"
[[ -n $to ]] || fail "$CANNOT_SEARCH" "pg_waldump read no record from $start on: ${stopped:-no message}"

events=$(
    {
        dump --rmgr=Storage
        dump --rmgr=Standby
        dump --rmgr=Transaction
    } | awk -v file="$file" -v oid="$oid" -v limit="$limit" '
        function after(text, label,    at, rest) {
            at = index(text, label)
            if (!at) return ""
            rest = substr(text, at + length(label))
            sub(/^ */, "", rest)
            return rest
        }
        function word(text) { sub(/[ ,;].*/, "", text); return text }
        { xid = word(after($0, "tx: ")); lsn = word(after($0, "lsn: ")) }
        # Storage: a new file made by the same transaction means that the old one was replaced.
        /^rmgr: Storage/ && /desc: CREATE / { makes[xid] = 1 }
        /^rmgr: Standby/ && /desc: LOCK/ {
            rest = after($0, "desc: LOCK")
            while ((rest = after(rest, "xid ")) != "") {
                who = word(rest); relation = word(after(rest, " rel "))
                if (!((who, relation) in lock)) lock[who, relation] = lsn
                if (!(who in lock_any)) lock_any[who] = lsn
            }
        }
        /^rmgr: Transaction/ && /desc: COMMIT/ && /; rels: / {
            rels = after($0, "; rels: "); sub(/;.*/, "", rels)
            if (file != "" && index(" " rels " ", " " file " ") == 0) next
            committed = after($0, "desc: COMMIT"); sub(/^_PREPARED [^ ]* */, "", committed)
            sub(/;.*/, "", committed); sub(/^[0-9]+: /, "", committed)
            subs = after($0, "; subxacts: "); sub(/;.*/, "", subs)
            count = split(xid " " subs, who_all, " ")
            kind = "removed"; at = ""
            for (i = 1; i <= count; i++) {
                who = who_all[i]
                if (who in makes) kind = "replaced"
                found = oid != "" ? lock[who, oid] : lock_any[who]
                if (found != "" && (at == "" || place(found) < place(at))) at = found
            }
            total = split(rels, files, " "); list = ""
            for (i = 1; i <= total && i <= 20; i++) list = list (i > 1 ? ", " : "") "\"" files[i] "\""
            stop = at != "" ? "--target-lsn " at " --before" : "--target-xid " xid " --before"
            line[++n] = "{\"xid\": " xid ", \"kind\": \"" kind "\", \"committed\": \"" committed "\", \"commit_lsn\": \"" lsn \
                "\", \"lock_lsn\": " (at != "" ? "\"" at "\"" : "null") ", \"files\": [" list "], \"stop_before\": \"" stop "\"}"
        }
        # An LSN as text that sorts.
        function place(text,    part) { split(text, part, "/"); return sprintf("%8s/%8s", part[1], part[2]) }
        END { for (i = n > limit ? n - limit + 1 : 1; i <= n; i++) printf "%s%s", (shown++ ? ", " : ""), line[i] }'
) || fail "$CANNOT_SEARCH" "the WAL in ${places[*]} cannot be read"

status='not found'
[[ -z $events ]] || status=found
[[ -n $events || -z $gap ]] ||
    fail "$CANNOT_SEARCH" "nothing found up to $to, and then segment $gap is missing; bring it, or begin after it with --start"
printf '{"status": "%s", "file": %s, "oid": %s, "timeline": %s, "events": [%s], "searched_from": "%s", "searched_to": "%s", "gap": %s, "stopped": %s}\n' \
    "$status" "$([[ -z $file ]] && printf null || json_string "$file")" "${oid:-null}" "$((10#$timeline))" "$events" "$start" "$to" \
    "$([[ -z $gap ]] && printf null || json_string "$gap")" "$(json_string "$stopped")" || fail "$CANNOT_SEARCH" "cannot write the result"
[[ $status == found ]] && exit "$FOUND"
exit "$NOT_FOUND"
