#!/usr/bin/env bash
# Builds the incidents of the evals on a real PostgreSQL server, and grades what somebody made of them.
set -euo pipefail

readonly FAILED=1 USAGE=2

usage() {
    cat <<'HELP'
Usage: run.sh COMMAND [ARGUMENT]...

  list              the evals, one JSON object
  build EVAL DIR    makes the incident in DIR, which must not exist, and prints its prompt and environment as JSON.
                    What the grader knows goes into DIR.grader: keep it, and this folder, from who is to solve it
  prompt EVAL       the prompt alone, as text; `source DIR/env.sh` sets the variables it names
  grade EVAL DIR    the score from 0 to 1 and each assertion, as JSON. Some graders run a script that was asked for,
                    once; otherwise grading can be repeated
  solve EVAL DIR    plays our own solution; with --wrong one that looks right and isn't
  stop DIR          ends the servers that run in DIR. The files stay
  -h, --help        this text

EVAL is a name or a number of `list`. Needs one PostgreSQL version's programs on PATH (14 to 18; "needs" in `list` says
what else), bash, GNU coreutils, findutils and awk, Linux, and an account other than root. Nothing outside DIR and
DIR.grader is changed. DIR must be short: a socket's path is limited to 107 bytes.

Exit status:
  0  done; of `grade`: graded, whatever the score
  1  not done; the message says why
  2  wrong arguments

Examples:
  run.sh build dropped-table /tmp/e1
  run.sh grade dropped-table /tmp/e1
  run.sh stop /tmp/e1 && rm -r /tmp/e1 /tmp/e1.grader
HELP
}

fail() {
    local status=$1
    shift
    printf 'run.sh: %s\n' "$*" >&2
    exit "$status"
}

HERE=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
SCRIPTS=${SCRIPTS:-$HERE/../scripts}
SCRIPTS=$(readlink -f -- "$SCRIPTS")
export SCRIPTS

# find_scene EVAL: sets scene, number and name.
find_scene() {
    local directory
    for directory in "$HERE"/scenes/[0-9][0-9]-*; do
        scene=$directory
        name=${directory##*/??-}
        number=${directory##*/}
        number=$((10#${number%%-*}))
        [[ $1 != "$name" && $1 != "$number" ]] || return 0
    done
    fail "$USAGE" "there is no eval $1; see: run.sh list"
}

# prompt_json: the prompt as evals.json spells it. The file has one key on each line.
prompt_json() {
    awk -v id="\"id\": $number," 'index($0, id) { found = 1 } found && /^ *"prompt": / { sub(/^ *"prompt": /, ""); sub(/,$/, ""); print; exit }' \
        "$HERE/evals.json"
}

prompt_text() {
    local text
    text=$(prompt_json)
    text=${text#\"}
    text=${text//\\\"/\"}
    printf '%b\n' "${text%\"}"
}

needs() {
    local needed
    for needed in pgbackrest barman; do
        if grep -qw "^$needed" "$scene/build.sh"; then printf '"%s"' "$needed"; fi
    done
}

list() {
    local directory separator=''
    printf '{"evals": ['
    for directory in "$HERE"/scenes/[0-9][0-9]-*; do
        find_scene "${directory##*/??-}"
        printf '%s{"id": %d, "name": "%s", "needs": [%s]}' "$separator" "$number" "$name" "$(needs)"
        separator=', '
    done
    printf ']}\n'
}

# servers_in DIRECTORY: prints the process ids of PostgreSQL's and Barman's programs that work there, and of nothing else.
servers_in() {
    local process program
    for process in /proc/[0-9]*; do
        read -r program 2>/dev/null <"$process/comm" || continue
        case $program in
        postgres | pg_receivewal | barman) ;;
        *) continue ;;
        esac
        if [[ $(readlink "$process/cwd" 2>/dev/null) == "$1"/* ||
        " $(tr '\0' ' ' 2>/dev/null <"$process/cmdline")" == *[\ =]"$1"/* ]]; then
            printf '%s\n' "${process##*/}"
        fi
    done
}

none_in() {
    [[ -z $(servers_in "$1") ]]
}

# end_servers DIRECTORY: without a checkpoint; the files stay as after a crash.
end_servers() {
    local pid program
    for pid in $(servers_in "$1"); do
        # What a script started in the background ignores QUIT; to a server TERM means to wait for its clients.
        read -r program 2>/dev/null <"/proc/$pid/comm" || continue
        if [[ $program == postgres ]]; then kill -QUIT "$pid"; else kill -TERM "$pid"; fi 2>/dev/null || true
    done
    until_true 30 none_in "$1"
}

# enter DIR: sets LAB and SECRET, and brings in what the scenes share.
enter() {
    LAB=$(readlink -f -- "$1") || fail "$FAILED" "no folder for $1"
    SECRET=$LAB.grader
    # shellcheck source-path=SCRIPTDIR source=scenes/lib.bash
    source "$HERE/scenes/lib.bash"
}

must_exist() {
    [[ -d $LAB && -d $SECRET ]] || fail "$FAILED" "$LAB was not made by: run.sh build"
}

build() {
    local program
    for program in initdb pg_ctl postgres psql pg_basebackup pg_dump pg_waldump pg_verifybackup; do
        command -v -- "$program" >/dev/null || fail "$FAILED" "$program is not on PATH"
    done
    [[ $(id -u) != 0 ]] || fail "$FAILED" "a server refuses to run as root; use another account"
    [[ ! -e $LAB && ! -e $SECRET ]] || fail "$FAILED" "$LAB or $SECRET exists"
    ((${#LAB} < 80)) || fail "$FAILED" "$LAB is too long for a socket's path"
    mkdir -m 0700 -- "$LAB" "$SECRET"
    {
        printf 'unset PGSERVICE PGHOSTADDR PGOPTIONS\nexport LAB=%q\n' "$LAB"
        # The variables, not their values, are written.
        # shellcheck disable=SC2016
        printf 'export %s\n' 'PGDATA=$LAB/data PGHOST=$LAB/socket PGPORT=5432 PGUSER=postgres PGDATABASE=postgres PGTZ=UTC TZ=UTC' \
            'BACKUP_DIR=$LAB/backup ARCHIVE_DIR=$LAB/archive PATH=$LAB/bin:$PATH'
    } >"$LAB/env.sh"
    mkdir "$LAB/answer"
    if ! play build >&2; then
        end_servers "$LAB" || true
        fail "$FAILED" "the incident could not be made; the message is above"
    fi
    printf '{"eval": "%s", "directory": "%s", "environment": "%s/env.sh", "prompt": %s}\n' "$name" "$LAB" "$LAB" "$(prompt_json)"
}

# play FILE: a script of the scene, in the lab. Only the builder is told where the grader keeps what it knows.
play() {
    local secret=$SECRET
    [[ $1 == build ]] || secret=
    (cd -- "$LAB" && export LAB && SECRET=$secret exec bash -euo pipefail -c 'source "$1"; source "$LAB/env.sh"; source "$2"' \
        bash "$HERE/scenes/lib.bash" "$scene/$1.sh" </dev/null)
}

grade() {
    # A grader is a list of assertions, each of which may fail.
    # shellcheck source=/dev/null
    (cd -- "$LAB" && set +e && exec 2>>"$SECRET/grader.log" && source "$LAB/env.sh" && source "$scene/grade.sh" && report "$name")
}

case ${1-} in
-h | --help)
    usage
    ;;
list)
    (($# == 1)) || fail "$USAGE" "list takes no arguments"
    list
    ;;
prompt)
    (($# == 2)) || fail "$USAGE" "prompt needs an eval; see --help"
    find_scene "$2"
    prompt_text
    ;;
build | grade | solve)
    command=$1 solution=reference
    shift
    if [[ $command == solve && ${1-} == --wrong ]]; then
        solution=wrong
        shift
    fi
    (($# == 2)) || fail "$USAGE" "$command needs an eval and a directory; see --help"
    find_scene "$1"
    enter "$2"
    case $command in
    build) build ;;
    grade) must_exist && grade ;;
    solve)
        must_exist
        play "$solution" >&2 || fail "$FAILED" "the solution failed"
        ;;
    esac
    ;;
stop)
    (($# == 2)) || fail "$USAGE" "stop needs a directory; see --help"
    enter "$2"
    if ! end_servers "$LAB" || ! end_servers "$SECRET"; then
        fail "$FAILED" "a server in $LAB doesn't end"
    fi
    ;;
*)
    usage >&2
    exit "$USAGE"
    ;;
esac
