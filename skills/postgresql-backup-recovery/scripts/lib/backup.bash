# What backup_logical.sh and backup_physical.sh share: messages, the lock, and how a backup comes into being and goes.
# shellcheck shell=bash

readonly NOT_MADE=1 USAGE=2 LOCKED=3

# A directory whose name starts so is no backup: it is being made or removed, or a killed run left it.
readonly UNFINISHED=.unfinished.

directory='' unfinished='' log='' child='' lock='' scratch='' reported='' finished=''

say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# Prints its argument as a JSON string.
json() {
    local text=$1 code character escaped
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    if [[ $text == *[[:cntrl:]]* ]]; then
        for code in {1..31}; do
            printf -v escaped '\\u%04x' "$code"
            printf -v character '%b' "\\x${escaped: -2}"
            text=${text//"$character"/"$escaped"}
        done
    fi
    printf '"%s"' "$text"
}

# Prints its arguments as a JSON list of strings.
json_list() {
    local separator='' item
    printf '['
    for item in "$@"; do
        printf '%s%s' "$separator" "$(json "$item")"
        separator=', '
    done
    printf ']'
}

# fail STATUS REASON: the way out of every failure before the backup is complete.
fail() {
    local status=$1
    shift
    say "$*"
    reported=yes
    printf '{"result": "failed", "error": %s}\n' "$(json "$*")"
    exit "$status"
}

need_programs() {
    local program
    for program in "$@"; do
        command -v -- "$program" >/dev/null ||
            fail "$NOT_MADE" "$program is not on PATH; add PostgreSQL's directory of programs, and install GNU coreutils, findutils and flock"
    done
}

need_number() {
    [[ $2 =~ ^[1-9][0-9]{0,5}$ ]] || fail "$USAGE" "$1 needs a number of at least 1, not '$2'"
}

need_directory() {
    [[ -d $directory ]] || fail "$NOT_MADE" "$directory is not a directory; is it mounted? It is never created"
    [[ -w $directory && -x $directory ]] || fail "$NOT_MADE" "$directory can't be written to by $(id -un)"
}

# run PROGRAM ...: its messages, the last ones only, go to stderr and stay in $log; a signal ends it with us.
run() {
    local status=0
    "$@" </dev/null 2>"$log" &
    child=$!
    wait "$child" || status=$?
    child=''
    tail -n 20 -- "$log" >&2
    return "$status"
}

clean_up() {
    local status=$?
    trap - EXIT
    if [[ $child ]]; then
        kill -- "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
    [[ -z $log ]] || rm -f -- "$log"
    [[ -z $unfinished ]] || rm -rf -- "$unfinished"
    [[ -z $scratch ]] || rm -rf -- "$scratch"
    # What nobody foresaw is a failure like any other: it is reported, with a status that is documented.
    if ((status != 0)) && [[ -z $reported ]]; then
        local reason="ended before the backup was complete"
        [[ -z $finished ]] || reason="the backup $finished is complete; ended while older ones were being removed"
        ((status > 128)) || status=$NOT_MADE
        say "$reason"
        printf '{"result": "failed", "error": %s}\n' "$(json "$reason")"
    fi
    exit "$status"
}

prepare() {
    umask 077
    export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
    export PGDATABASE=${PGDATABASE:-postgres}
    export PGAPPNAME=${PGAPPNAME:-${0##*/}}
    trap clean_up EXIT
    trap 'exit 143' TERM
    trap 'exit 130' INT
    trap 'exit 129' HUP
    log=$(mktemp) || fail "$NOT_MADE" "cannot write to ${TMPDIR:-/tmp}"
}

# The kernel gives the lock back when the last process of a run ends, however it ends: no lock is ever stale.
take_lock() {
    { exec {lock}>>"$directory/.lock"; } 2>/dev/null || fail "$NOT_MADE" "cannot write to $directory/.lock"
    flock -n "$lock" || fail "$LOCKED" "another backup is being made in $directory"
}

# What a killed run left. Only under the lock: then nobody is writing to it.
remove_unfinished() {
    local left
    for left in "$directory/$UNFINISHED"*; do
        [[ ! -d $left ]] || rm -rf -- "$left" || say "cannot remove $left, which is no backup; remove it by hand"
    done
}

# Prints a name that no backup has: the time, as sortable text.
new_name() {
    local name
    while
        name=$(date -u +%Y%m%dT%H%M%SZ)
        compgen -G "$directory/$name*" >/dev/null
    do
        sleep 0.2
    done
    printf '%s' "$name"
}

begin_backup() {
    unfinished=$(mktemp -d -- "$directory/$UNFINISHED$1.XXXXXX") || fail "$NOT_MADE" "cannot write to $directory"
}

# finish_backup NAME: everything is on the disk before the name says so.
finish_backup() {
    local target=$directory/$1
    find "$unfinished" -print0 | xargs -0 sync -- || fail "$NOT_MADE" "cannot sync the new backup to disk"
    [[ ! -e $target ]] || fail "$NOT_MADE" "$target exists already"
    mv -T -- "$unfinished" "$target" || fail "$NOT_MADE" "cannot rename the new backup to $target"
    unfinished=''
    finished=$target
    sync -- "$directory" || fail "$NOT_MADE" "cannot sync $directory; the new backup may not outlive a crash"
}

# remove_backup NAME: it stops being a backup first, so that a half-removed one is never taken for a whole one.
remove_backup() {
    mv -T -- "$directory/$1" "$directory/$UNFINISHED$1" && rm -rf -- "$directory/${UNFINISHED:?}$1"
}

# field FILE KEY: prints the value, as JSON, of a top-level key in a manifest that these scripts wrote.
field() {
    sed -n "s/^  \"$2\": \(.*[^,]\),\{0,1\}\$/\1/p" -- "$1"
}

bytes_in() {
    find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }'
}

# Prints what the query answers, each row ended by a zero byte.
query() {
    psql -XAtqw0 -v ON_ERROR_STOP=1 -c "$1"
}
