#!/usr/bin/env bash
# Stores one WAL file so that it survives a crash of the archive's host right after the success is reported.
set -euo pipefail

readonly STORED=0 NOT_STORED=1 USAGE=2 REFUSED=3

usage() {
    cat <<'EOF'
Usage: archive_wal.sh PATH NAME DIRECTORY

Stores the WAL file PATH as DIRECTORY/NAME. Made for archive_command:

    archive_command = '/usr/local/bin/archive_wal.sh "%p" "%f" /srv/wal_archive'

DIRECTORY must exist; it is never created. Let it be a folder inside a mount, so that it is
missing, and archiving fails, while nothing is mounted there. The file system must support
hard links.

Exit status:
  0  stored durably, or a file with the same content was stored already
  1  not stored; PostgreSQL keeps the segment and tries again
  2  wrong arguments; nothing was stored
  3  refused: NAME exists with other content, which is left as it is

Examples:
  archive_wal.sh pg_wal/000000010000000000000007 000000010000000000000007 /srv/wal_archive
  archive_wal.sh --help
EOF
}

# Every failure leaves through here: PostgreSQL doesn't count a status above 125 in pg_stat_archiver.
fail() {
    local status=$1
    shift
    printf 'archive_wal.sh: %s\n' "$*" >&2
    exit "$status"
}

sync_to_disk() {
    sync -- "$@" || fail "$NOT_STORED" "cannot sync $*"
}

# The server asks again after a crash between storing and reporting, so the same content is a success.
stored_already() {
    local comparison=0
    [[ -e $target || -L $target ]] || return 1
    cmp -s -- "$source" "$target" || comparison=$?
    case $comparison in
    0) sync_to_disk "$target" "$directory" ;;
    1) fail "$REFUSED" "$target exists with other content: two servers may be archiving into one place" ;;
    *) fail "$NOT_STORED" "cannot compare $source with $target" ;;
    esac
}

case ${1-} in
-h | --help)
    usage
    exit 0
    ;;
esac
[[ $# -eq 3 ]] || fail "$USAGE" "expected PATH NAME DIRECTORY, got $# arguments; see --help"

readonly source=$1 name=$2 directory=${3%/}
readonly target=$directory/$name

[[ $name =~ ^[0-9A-F]{24}(\.partial|\.[0-9A-F]{8}\.backup)?$ || $name =~ ^[0-9A-F]{8}\.history$ ]] ||
    fail "$USAGE" "$name is not the name of a WAL file; the order is PATH NAME DIRECTORY"
[[ -f $source && -s $source ]] || fail "$NOT_STORED" "$source is missing or empty"
[[ -d $directory ]] || fail "$NOT_STORED" "$directory is not a directory; is it mounted?"

is_stored=
if stored_already; then
    is_stored=yes
fi

# Left behind by an earlier attempt that was killed; beside a stored segment it would keep its space after that expires.
rm -f -- "$directory/.$name".* || [[ $is_stored ]]
[[ -z $is_stored ]] || exit "$STORED"

temporary=$(mktemp -- "$directory/.$name.XXXXXXXX") || fail "$NOT_STORED" "cannot write to $directory"
trap 'rm -f -- "$temporary"' EXIT

cp -- "$source" "$temporary" || fail "$NOT_STORED" "cannot copy $source to $directory"
sync_to_disk "$temporary"

# ln, unlike mv, never replaces what another archiver has put there since the check above.
if ! ln -T -- "$temporary" "$target"; then
    stored_already || fail "$NOT_STORED" "cannot name $target; does the file system support hard links?"
fi
sync_to_disk "$directory"
