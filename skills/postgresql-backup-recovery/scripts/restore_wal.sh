#!/usr/bin/env bash
# Fetches one WAL file from an archive, whole or not at all, and never lets recovery end early for want of the archive.
set -euo pipefail

# PostgreSQL takes 1 to 125 for "the archive has no such file", ends recovery there and opens the database. What is
# no such answer must be above 125, so that recovery stops instead; 126 and up to 192 are the shell's own.
readonly RESTORED=0 NOT_ARCHIVED=1 USAGE=200 REFUSED=201 UNREACHABLE=202 DAMAGED=203 NOT_RESTORED=204

usage() {
    cat <<'EOF'
Usage: restore_wal.sh [--dry-run] [--standby] NAME PATH DIRECTORY

Copies DIRECTORY/NAME to PATH. Made for restore_command:

    restore_command = '/usr/local/bin/restore_wal.sh "%f" "%p" /srv/wal_archive'

Prints nothing on success. DIRECTORY must exist. Let it be a folder inside a mount: while nothing
is mounted there, recovery then stops, instead of ending early and opening a database without
its newest commits.

  --dry-run  change nothing; say as one JSON object whether the file is there and whole
  --standby  report an archive that can't be reached as 1: a standby waits and asks again.
             Never use it where a server is to end recovery by itself.

Exit status:
  0    restored and synced, or PATH already had the same content
  1    the archive is there and has no such file: PostgreSQL goes on without it
  200  wrong arguments
  201  refused: PATH exists with other content, which is left as it is
  202  the archive is missing or can't be read
  203  the archived file is empty, cut short, or not a WAL segment
  204  the file can't be written to PATH: no space, no permission
PostgreSQL stops recovery at every status above 125; repair the cause and start it again.

Examples:
  restore_wal.sh 000000010000000000000007 pg_wal/RECOVERYXLOG /srv/wal_archive
  restore_wal.sh --dry-run 000000010000000000000007 /dev/null /srv/wal_archive
EOF
}

fail() {
    local status=$1
    shift
    printf 'restore_wal.sh: %s\n' "$*" >&2
    exit "$status"
}

temporary=
# The last to speak: no accident of the shell may leave with a status that ends recovery early.
finish() {
    local status=$?
    [[ -z $temporary ]] || rm -f -- "$temporary"
    case $status in
    "$RESTORED") ;;
    "$NOT_ARCHIVED") [[ ${answered-} ]] || exit "$NOT_RESTORED" ;;
    [2-9] | [1-9][0-9] | 1[01][0-9] | 12[0-5]) exit "$NOT_RESTORED" ;;
    esac
}
trap finish EXIT

unreachable() {
    if [[ $standby ]]; then
        answered=yes
        fail "$NOT_ARCHIVED" "$*"
    fi
    fail "$UNREACHABLE" "$*"
}

# A segment says its own size, at byte 32 of its first page (XLogLongPageHeaderData).
check_whole() {
    local size stated=
    size=$(stat -L -c %s -- "$1") || unreachable "cannot read $1"
    ((size > 0)) || fail "$DAMAGED" "$1 is empty"
    [[ $name =~ ^[0-9A-F]{24}$ ]] || return 0
    if ((size >= 36)); then
        stated=$(od -An -v -t u4 -j 32 -N 4 -- "$1" | tr -d ' ') || unreachable "cannot read $1"
    fi
    [[ $size == "$stated" ]] ||
        fail "$DAMAGED" "$1 has $size bytes and states ${stated:-none}: it is cut short or no WAL segment"
}

same_content_is_there() {
    local comparison=0
    [[ -e $target || -L $target ]] || return 1
    cmp -s -- "$source" "$target" || comparison=$?
    case $comparison in
    0) sync -- "$target" "$folder" || fail "$NOT_RESTORED" "cannot sync $target" ;;
    1) fail "$REFUSED" "$target exists with other content; move it away if you are sure that it isn't needed" ;;
    *) fail "$NOT_RESTORED" "cannot compare $source with $target" ;;
    esac
}

dry_run='' standby=''
while [[ ${1-} == -* ]]; do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --dry-run) dry_run=yes ;;
    --standby) standby=yes ;;
    *) fail "$USAGE" "unknown option $1; see --help" ;;
    esac
    shift
done
[[ $# -eq 3 ]] || fail "$USAGE" "expected NAME PATH DIRECTORY, got $# arguments; see --help"

readonly name=$1 target=$2 directory=${3%/}
readonly source=$directory/$name
folder=$(dirname -- "$target")
readonly folder

[[ $name =~ ^[0-9A-F]{24}(\.partial|\.[0-9A-F]{8}\.backup)?$ || $name =~ ^[0-9A-F]{8}\.history$ ]] ||
    fail "$USAGE" "$name is not the name of a WAL file; the order is NAME PATH DIRECTORY"
[[ -d $directory && -r $directory && -x $directory ]] ||
    unreachable "$directory is not a directory that can be read; is it mounted?"

if [[ ! -e $source && ! -L $source ]]; then
    # ls fails where the storage itself does; the test above can't tell that from a missing file.
    ls -- "$directory" >/dev/null || unreachable "cannot read $directory"
    answered=yes
    fail "$NOT_ARCHIVED" "$source is not in the archive"
fi
[[ -f $source && -r $source ]] || unreachable "$source is not a file that can be read"
check_whole "$source"

if [[ $dry_run ]]; then
    printf '{"result": "available", "name": "%s", "bytes": %d}\n' "$name" "$(stat -L -c %s -- "$source")"
    exit 0
fi
if same_content_is_there; then
    exit "$RESTORED"
fi

# Left behind by an earlier attempt that was killed.
rm -f -- "$folder/.${target##*/}".*

temporary=$(mktemp -- "$folder/.${target##*/}.XXXXXXXX") || fail "$NOT_RESTORED" "cannot write to $folder"
cp -- "$source" "$temporary" || fail "$NOT_RESTORED" "cannot copy $source to $folder"
check_whole "$temporary"
sync -- "$temporary" || fail "$NOT_RESTORED" "cannot sync $temporary"

# ln, unlike mv, never replaces what has been put there since the check above.
if ! ln -T -- "$temporary" "$target"; then
    same_content_is_there || fail "$NOT_RESTORED" "cannot name $target; does the file system support hard links?"
fi
sync -- "$folder" || fail "$NOT_RESTORED" "cannot sync $folder"
