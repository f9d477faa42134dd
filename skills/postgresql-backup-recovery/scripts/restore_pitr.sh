#!/usr/bin/env bash
# Restores a backup into a new directory, replays WAL up to a target, and leaves the copy running where no client
# finds it and where it can harm nobody.
set -euo pipefail

readonly FAILED=1 USAGE=2 REFUSED=3

usage() {
    cat <<'HELP'
Usage: restore_pitr.sh SOURCE --into DIR [TARGET] [OPTION]... [--execute]

Without --execute prints the plan and changes nothing. With it restores, starts the copy and prints where it is.
The copy archives nothing, subscribes to nothing, listens on a socket in its own directory only, and is paused
at the target; without a target it replays all WAL there is and then accepts writes. The backup, the archive and
the live server are only read. Run it as the account that is to own the copy.

Source, one of
  --backup DIR             a base backup in plain format, with --archive DIR, or with --restore-command COMMAND
  --pgbackrest-stanza NAME a repository of pgBackRest; its configuration is where pgbackrest looks for it
  --barman-server NAME     a server that Barman on this host knows, with the segment that is not finished yet

  --backup-id ID           which backup of pgBackRest or Barman; otherwise the newest before the target
  --wal DIR                a saved pg_wal, whose segments may be in no archive; with --backup only

Target, at most one of
  --target-time TIME       with a zone: '2026-03-01 14:05:00+00'
  --target-xid XID         --target-lsn LSN         --target-name RESTORE_POINT         --target-immediate
  --before                 stop just before the target (time, xid, LSN), not just after it
  --timeline N|latest|current                       the branch to follow (default latest)

  --into DIR               is created and must not exist. Tablespaces go to DIR.tablespaces, the log to DIR.log
  --port PORT              of the copy (default 54999)
  --timeout SECONDS        for the whole replay (default 3600)
  --execute                do it
  -h, --help               this text

PGUSER names a superuser of the cluster (default postgres). No password is needed: only the account that runs
this reaches the copy's socket.

Exit status:
  0  with --execute: restored, running and at the target. Without: the plan is printed
  1  not restored; the message says why and what is left of the copy
  2  wrong arguments
  3  refused before anything was changed: DIR exists, damaged or incomplete backup, missing program

Examples:
  restore_pitr.sh --backup /srv/backup/base --archive /srv/wal_archive --into /srv/copy \
      --target-time '2026-03-01 14:05:00+00' --before --execute
  restore_pitr.sh --pgbackrest-stanza main --into /srv/copy --target-immediate --execute
HELP
}

fail() {
    local status=$1
    shift
    printf 'restore_pitr.sh: %s\n' "$*" >&2
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
    command -v "$1" >/dev/null || fail "$REFUSED" "$1 is not on PATH; install it or extend PATH"
}

# These paths end up in restore_command, in pg_ctl's options and in the server's configuration.
plain_path() {
    [[ $2 == /* && $2 =~ ^[A-Za-z0-9_./:@+,=-]+$ ]] ||
        fail "$USAGE" "$1 must be an absolute path of letters, digits and _./:@+,=-, got $2"
}

kind='' source='' archive='' restore_command='' backup_id='' saved_wal='' into='' port=54999 timeout=3600
target='' target_value='' inclusive=on timeline=latest execute=no

choose_source() {
    [[ -z $kind ]] || fail "$USAGE" "name one source; see --help"
    kind=$1 source=$2
}
choose_target() {
    [[ -z $target ]] || fail "$USAGE" "name at most one target; see --help"
    target=$1 target_value=$2
}

while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --execute) execute=yes ;;
    --before) inclusive=off ;;
    --target-immediate) choose_target immediate immediate ;;
    --backup | --pgbackrest-stanza | --barman-server | --archive | --restore-command | --backup-id | --wal | --into | \
        --port | --timeout | --timeline | --target-time | --target-xid | --target-lsn | --target-name)
        [[ -n ${2-} ]] || fail "$USAGE" "$1 needs a value; see --help"
        case $1 in
        --backup) choose_source plain "${2%/}" ;;
        --pgbackrest-stanza) choose_source pgbackrest "$2" ;;
        --barman-server) choose_source barman "$2" ;;
        --archive) archive=${2%/} ;;
        --restore-command) restore_command=$2 ;;
        --backup-id) backup_id=$2 ;;
        --wal) saved_wal=${2%/} ;;
        --into) into=${2%/} ;;
        --port) port=$2 ;;
        --timeout) timeout=$2 ;;
        --timeline) timeline=$2 ;;
        --target-*) choose_target "${1#--target-}" "$2" ;;
        esac
        shift
        ;;
    *) fail "$USAGE" "unknown argument $1; see --help" ;;
    esac
    shift
done

[[ -n $kind ]] || fail "$USAGE" "name a source: --backup, --pgbackrest-stanza or --barman-server; see --help"
[[ -n $into ]] || fail "$USAGE" "name the new directory with --into; see --help"
plain_path --into "$into"
# A socket's path may have 107 bytes, and its file is called .s.PGSQL.54999.
((${#into} <= 90)) || fail "$USAGE" "--into must have at most 90 characters, for the socket's sake"
[[ $port =~ ^[1-9][0-9]{0,4}$ ]] || fail "$USAGE" "--port is a number, got $port"
[[ $timeout =~ ^[0-9]{1,7}$ ]] || fail "$USAGE" "--timeout is a number of seconds, got $timeout"
[[ $timeline =~ ^(latest|current|[0-9]+)$ ]] || fail "$USAGE" "--timeline is latest, current or a number, got $timeline"
[[ $target_value != *[\'\\]* && $target_value != *$'\n'* ]] || fail "$USAGE" "a target holds no quotes"
case $target in
time)
    [[ $target_value =~ ([+-][0-9:]{2,6}|Z|UTC)$ ]] && [[ ! $target_value =~ ^[0-9]+-[0-9]+-[0-9]+$ ]] ||
        fail "$USAGE" "write the zone of --target-time, such as $target_value+00: the server's zone may be another"
    ;;
xid) [[ $target_value =~ ^[0-9]+$ ]] || fail "$USAGE" "--target-xid is a number, got $target_value" ;;
lsn) [[ $target_value =~ ^[0-9A-Fa-f]+/[0-9A-Fa-f]+$ ]] || fail "$USAGE" "--target-lsn looks like 0/3000060, got $target_value" ;;
esac
[[ $inclusive == on || $target =~ ^(time|xid|lsn)$ ]] || fail "$USAGE" "--before needs a time, an xid or an LSN"
if [[ $kind == plain ]]; then
    plain_path --backup "$source"
    [[ -n $archive || -n $restore_command ]] || fail "$USAGE" "--backup needs --archive or --restore-command"
    [[ -z $archive || -z $restore_command ]] || fail "$USAGE" "name --archive or --restore-command, not both"
    [[ $restore_command != *[\'\\]* && $restore_command != *$'\n'* ]] ||
        fail "$USAGE" "--restore-command may hold double quotes only; put more into a script"
    [[ -z $archive ]] || plain_path --archive "$archive"
else
    [[ $source =~ ^[A-Za-z0-9_.-]+$ ]] || fail "$USAGE" "$source is no name of a stanza or server"
    [[ -z $archive$restore_command$saved_wal ]] || fail "$USAGE" "--archive, --restore-command and --wal go with --backup"
fi
[[ $into != "$source"/* && ($archive == '' || $into != "$archive"/*) ]] ||
    fail "$REFUSED" "$into is inside the backup or the archive; choose another place"

readonly tablespaces=$into.tablespaces log=$into.log

for path in "$into" "$tablespaces" "$log"; do
    [[ ! -e $path && ! -L $path ]] || fail "$REFUSED" "$path exists, and a restore never goes over something; name another --into"
done
parent=$(dirname -- "$into")
[[ -d $parent && -w $parent && -x $parent ]] || fail "$REFUSED" "$parent is missing or read-only; is it mounted?"

for program in pg_ctl psql pg_controldata pg_verifybackup; do
    need "$program"
done
programs=$(pg_ctl --version) || fail "$REFUSED" "pg_ctl cannot run"
[[ $programs =~ \)\ ([0-9]+) ]] || fail "$REFUSED" "cannot read the version of pg_ctl: $programs"
readonly major=${BASH_REMATCH[1]}

same_major() {
    [[ $1 == "$major" ]] || fail "$2" "the backup is of PostgreSQL $1, the programs on PATH are of $major; put those of $1 first"
}

links=()
case $kind in
plain)
    [[ -d $source && -r $source && -x $source ]] || fail "$REFUSED" "$source is not a readable directory; is it mounted?"
    [[ -z $archive || (-d $archive && -r $archive && -x $archive) ]] ||
        fail "$REFUSED" "$archive is not a readable directory; is it mounted?"
    [[ -z $saved_wal || (-d $saved_wal && -r $saved_wal) ]] || fail "$REFUSED" "$saved_wal is not a readable directory"
    for file in PG_VERSION global/pg_control backup_label backup_manifest; do
        [[ -s $source/$file ]] || fail "$REFUSED" "$source has no $file: not a complete base backup in plain format"
    done
    [[ ! -e $source/postmaster.pid ]] || fail "$REFUSED" "$source has a postmaster.pid: a server's data directory, not a backup"
    [[ ! -s $source/tablespace_map ]] ||
        fail "$REFUSED" "$source has a tablespace_map, so it would replay over the live tablespaces; back up in plain format"
    read -r version <"$source/PG_VERSION" || fail "$REFUSED" "cannot read $source/PG_VERSION"
    same_major "$version" "$REFUSED"
    for link in "$source"/pg_tblspc/*; do
        [[ ! -L $link ]] || links+=("${link##*/}")
    done
    ;;
pgbackrest) need pgbackrest ;;
barman)
    need barman
    backup=$(barman --format json show-backup "$source" "${backup_id:-latest}") ||
        fail "$REFUSED" "barman show-backup fails for ${backup_id:-latest} of $source"
    # Barman restores a tablespace to where it lies on the live server, unless each is mapped by name.
    [[ $backup != *'"tablespaces"'* || $backup =~ \"tablespaces\":\ *(\[\]|\{\}|null|\"None\") ]] ||
        fail "$REFUSED" "the backup has tablespaces, which barman restores over the live ones; use barman restore --tablespace NAME:DIR"
    ;;
esac

settings() {
    cat <<CONF

# Written by restore_pitr.sh. Read last, so these win.
archive_mode = off
max_logical_replication_workers = 0
listen_addresses = ''
port = $port
unix_socket_directories = '$into'
unix_socket_permissions = 0700
hba_file = '$into/restore_pitr_hba.conf'
external_pid_file = ''
ssl = off
primary_conninfo = ''
primary_slot_name = ''
synchronous_standby_names = ''
archive_cleanup_command = ''
recovery_end_command = ''
hot_standby = on
logging_collector = off
log_destination = stderr
lc_messages = 'C'
recovery_target_timeline = '$timeline'
recovery_target_inclusive = $inclusive
recovery_target_action = pause
recovery_target = ''
recovery_target_time = ''
recovery_target_xid = ''
recovery_target_lsn = ''
recovery_target_name = ''
CONF
    case $target in
    '') ;;
    immediate) printf "recovery_target = 'immediate'\n" ;;
    *) printf "recovery_target_%s = '%s'\n" "$target" "$target_value" ;;
    esac
    if [[ -n $archive ]]; then
        printf "restore_command = 'cp \"%s/%%f\" \"%%p\"'\n" "$archive"
    elif [[ -n $restore_command ]]; then
        printf "restore_command = '%s'\n" "$restore_command"
    fi
}

describe() {
    printf '"source": %s, "backup": %s, "directory": %s, "port": %s, "target": %s, "inclusive": %s, "log": %s' \
        "$(json_string "$kind")" "$(json_string "${backup_id:-$source}")" "$(json_string "$into")" "$port" \
        "$(json_string "${target:-end of WAL}${target_value:+ $target_value}")" \
        "$([[ $inclusive == on ]] && printf true || printf false)" "$(json_string "$log")"
}

if [[ $execute == no ]]; then
    steps=("create $into")
    [[ $kind != plain ]] || steps+=("verify $source against its manifest")
    steps+=("restore from $source${backup_id:+, backup $backup_id}")
    ((${#links[@]} == 0)) || steps+=("copy ${#links[@]} tablespaces to $tablespaces")
    steps+=("write postgresql.auto.conf and recovery.signal" "start on port $port, socket in $into, no TCP")
    steps+=("replay to ${target:-the end of the WAL}${target_value:+ $target_value}")
    text=''
    for step in "${steps[@]}"; do
        text+=${text:+, }$(json_string "$step")
    done
    printf '{"status": "plan", %s, "steps": [%s]}\n' "$(describe)" "$text" || fail "$FAILED" "cannot write the plan"
    exit 0
fi

[[ $EUID -ne 0 ]] || fail "$REFUSED" "PostgreSQL doesn't run as root; run as the account that is to own the copy"
began=$(date +%s)

if [[ $kind == plain ]]; then
    # WAL may be in the archive alone, so it is not parsed here; the replay reads it.
    pg_verifybackup --quiet --no-parse-wal "$source" >&2 ||
        fail "$REFUSED" "$source is not as it was written, so it is not restored; take an older backup"
fi

# mkdir without -p is the lock: of two at once only one gets past it.
mkdir -m 0700 -- "$into" || fail "$REFUSED" "cannot create $into; is another restore running?"

complete=no
remove_unfinished() {
    [[ $complete == yes ]] || rm -rf -- "${into:?}" "${tablespaces:?}"
}
trap remove_unfinished EXIT

restore_plain() {
    local link place
    # pg_control comes last: without it no server starts, so that a copy which was interrupted can't be taken for one.
    find "$source" -mindepth 1 -maxdepth 1 ! -name global -exec cp -a -t "$into" -- {} + || return
    mkdir -m 0700 -- "$into/global" || return
    find "$source/global" -mindepth 1 -maxdepth 1 ! -name pg_control -exec cp -a -t "$into/global" -- {} + || return
    for link in "${links[@]}"; do
        place=$tablespaces/$link
        mkdir -p -- "$place" && chmod 0700 -- "$tablespaces" "$place" || return
        cp -a -- "$source/pg_tblspc/$link/." "$place/" || return
        ln -sfn -T -- "$place" "$into/pg_tblspc/$link" || return
    done
    if [[ -n $saved_wal ]]; then
        find "$saved_wal" -maxdepth 1 -type f -exec cp -t "$into/pg_wal" -- {} + || return
    fi
}

restore_pgbackrest() {
    local options=(--stanza="$source" --pg1-path="$into" --archive-mode=off --tablespace-map-all="$tablespaces")
    [[ -z $backup_id ]] || options+=(--set="$backup_id")
    [[ -z $target ]] || options+=(--type="$target")
    [[ -z $target || $target == immediate ]] || options+=(--target="$target_value")
    [[ $inclusive == on ]] || options+=(--target-exclusive)
    [[ $timeline == latest ]] || options+=(--target-timeline="$timeline")
    pgbackrest "${options[@]}" --log-level-console=off --log-level-stderr=warn restore >&2
}

restore_barman() {
    local options=(--no-get-wal)
    # The newest commits of a server that streams are in the segment that isn't finished. Older releases can't copy it.
    [[ $(barman recover --help) != *--partial-wal* ]] || options+=(--partial-wal)
    case $target in
    time | xid | lsn | name) options+=("--target-$target" "$target_value") ;;
    immediate) options+=(--target-immediate) ;;
    esac
    [[ $inclusive == on ]] || options+=(--exclusive)
    [[ $timeline == latest ]] || options+=(--target-tli "$timeline")
    barman recover "${options[@]}" "$source" "${backup_id:-latest}" "$into" >&2
}

"restore_$kind" || fail "$FAILED" "the backup could not be restored into $into, which is removed; see above (disk full? source gone?)"
for file in PG_VERSION backup_label; do
    [[ -s $into/$file ]] || fail "$FAILED" "$source gave no $file; the unfinished copy is removed"
done
read -r version <"$into/PG_VERSION"
same_major "$version" "$FAILED"

# Debian keeps the configuration elsewhere; then the server's defaults do for a copy.
configure() {
    [[ -e $into/postgresql.conf ]] || : >"$into/postgresql.conf" || return
    settings >>"$into/postgresql.auto.conf" || return
    # Barman without a target puts all WAL into pg_wal and writes no restore_command, which recovery insists on. A
    # command that has nothing makes the server look into pg_wal.
    grep -q '^restore_command' "$into/postgresql.auto.conf" ||
        printf "restore_command = 'false'\n" >>"$into/postgresql.auto.conf" || return
    printf 'local all all trust\nlocal replication all trust\n' >"$into/restore_pitr_hba.conf" || return
    rm -f -- "$into/standby.signal" || return
    : >"$into/recovery.signal" || return
    [[ $kind != plain ]] || cp -a -- "$source/global/pg_control" "$into/global/pg_control"
}
configure || fail "$FAILED" "cannot write the configuration of the copy (disk full?); it is removed"
complete=yes

# On the command line, because a postgresql.conf that names production's data_directory would start that one.
pg_ctl start --no-wait --silent --pgdata="$into" --log="$log" --options="-c data_directory=$into" >&2 ||
    fail "$FAILED" "the copy in $into doesn't start; see $log"

ask() {
    PGOPTIONS='' PGCONNECT_TIMEOUT=10 psql -XAtq --no-password -h "$into" -p "$port" -U "${PGUSER:-postgres}" -d template1 -c "$1" 2>/dev/null
}
give_up() {
    grep -E 'FATAL|PANIC|ERROR|HINT' "$log" | tail -n 5 >&2 || true
    pg_ctl stop --mode=immediate --silent --timeout=30 --pgdata="$into" >/dev/null 2>&1 || true
    fail "$FAILED" "$1. The copy stays in $into, its log in $log; it is no result"
}

absent=0
while :; do
    state=$(ask "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 'open' ELSE pg_get_wal_replay_pause_state() END") || state=starting
    [[ $state != open && $state != paused ]] || break
    # Right after the start there is no postmaster.pid yet.
    if pg_ctl status --pgdata="$into" >/dev/null 2>&1; then
        absent=0
    elif ((++absent > 15)) || grep -qs 'database system is shut down' "$log"; then
        give_up "the copy has stopped before the target"
    fi
    (($(date +%s) - began < 10#$timeout)) || give_up "not at the target after $timeout s (is PGUSER a superuser of the cluster?)"
    sleep 0.2
done

if [[ -n $target ]]; then
    # A standby also pauses when its max_connections is too small: that is not the target.
    grep -q 'recovery stopping' "$log" || give_up "the copy is $state, but not at the target"
elif [[ $state != open ]]; then
    give_up "the copy is paused before the end of the WAL"
fi
# Also shows that the copy doesn't answer for another server.
facts=$(ask "SELECT json_build_object('data_directory', current_setting('data_directory'),
    'system_identifier', (SELECT system_identifier::text FROM pg_control_system()),
    'archive_mode', current_setting('archive_mode'), 'in_recovery', pg_is_in_recovery(),
    'replayed_to', CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
    'last_commit_replayed', to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))") ||
    give_up "the copy doesn't answer"
[[ $facts == *"\"data_directory\" : \"$into\""* && $facts == *'"archive_mode" : "off"'* ]] ||
    give_up "the server that answers is not the copy, or it archives: $facts"

printf '{"status": "restored", %s, "state": "%s", "seconds": %s, "server": %s}\n' \
    "$(describe)" "$state" "$(($(date +%s) - began))" "$facts" || give_up "cannot write the result"
