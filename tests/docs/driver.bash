# Runs one block: bash driver.bash STATE BLOCK. What a reader's shell keeps from one paste to the next (directory,
# variables, functions, umask) is kept in STATE; a fresh shell for each block keeps `set -e` able to end it.
__docs_state=$1 __docs_block=$2 __docs_inherited=$(compgen -e)
set --

# shellcheck source=/dev/null
if [[ -f $__docs_state ]]; then source "$__docs_state"; fi

__docs_save() {
    set +eu
    trap - ERR
    local __docs_name
    {
        printf 'cd -- %q\n' "$PWD"
        umask -p
        for __docs_name in $(compgen -v); do
            case $__docs_name in
            BASH* | COMP_* | DIRSTACK | EPOCH* | EUID | FUNCNAME | GROUPS | LINENO | OPTERR | OPTIND | PIPESTATUS | \
                PPID | PWD | RANDOM | SECONDS | SHELLOPTS | SHLVL | SRANDOM | UID | _ | __docs_*) ;;
            *) declare -p "$__docs_name" ;;
            esac
        done
        for __docs_name in $__docs_inherited; do
            if [[ ! -v $__docs_name ]]; then printf 'unset %s\n' "$__docs_name"; fi
        done
        for __docs_name in $(compgen -A function); do
            case $__docs_name in __docs_*) ;; *) declare -f "$__docs_name" ;; esac
        done
        declare -Fx
    } >"$__docs_state.new" 2>/dev/null
    mv -f "$__docs_state.new" "$__docs_state"
}

rm -f "$__docs_state.line"
trap __docs_save EXIT
trap 'printf "%s" "$LINENO" >"$__docs_state.line"' ERR
set -euo pipefail
# shellcheck source=/dev/null
source "$__docs_block"
