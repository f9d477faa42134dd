"""Variables in archive commands and scripts, with bash as the judge of what their words become."""

import subprocess

import pytest

from pgsurvive.estate.expansion import expanded, functions
from pgsurvive.syntax import shell

_PARAMETERS = ("pg_wal/%p", "%f")


def _words(code: str) -> list[str] | None:
    """The arguments of the printf at the end, or None if some of them can't be known."""
    *_, last = shell.commands(expanded(shell.parse(code).body, _PARAMETERS))
    arguments = last.arguments[1:]
    return [word.text for word in arguments] if all(word.constant for word in arguments) else None


KNOWN = [
    "printf '%s\\n' $1 \"$2\" ${2}",
    "d=/a; printf '%s\\n' $d/$2 \"$d/${2}.gz\"",
    'd="/a b"; f="$d/$2"; printf \'%s\\n\' "$f"',
    "d='/a/b' e=$2; printf '%s\\n' $d/$e",
    "d=/a && printf '%s\\n' $d",
    "export d=/a; printf '%s\\n' $d",
    'readonly d="/a"; printf \'%s\\n\' "${d}"',
    "p=${1:?no path}; printf '%s\\n' $p \"${2:-none}\"",
    "printf '%s\\n' '$1' \"x\"",
    "f() { d=/b; }; d=/a; printf '%s\\n' x",
]
UNKNOWN = [
    "printf '%s\\n' $3",
    "printf '%s\\n' $HOME",
    "d=/a; d=/b; printf '%s\\n' $d",
    "[ -n \"$X\" ] && d=/a; printf '%s\\n' $d",
    "if [ -n \"$X\" ]; then d=/a; fi; printf '%s\\n' $d",
    "d=/a; read d; printf '%s\\n' $d",
    "d=${d:-/a}; printf '%s\\n' $d",
    "d=$(hostname); printf '%s\\n' $d",
    "d=/a; d+=/b; printf '%s\\n' $d",
    "shift; printf '%s\\n' $1",
    "set -- x y; printf '%s\\n' $1",
    "f() { printf '%s\\n' $1; }",
    "d=/a true; printf '%s\\n' $d",
    "while read -r d; do :; done; printf '%s\\n' $d",
]


@pytest.mark.parametrize("code", KNOWN)
def test_known_words_are_what_bash_makes_of_them(code: str) -> None:
    done = subprocess.run(
        ["bash", "-c", code, "archive", *_PARAMETERS], capture_output=True, text=True, check=True
    )
    assert _words(code) == done.stdout.splitlines()


@pytest.mark.parametrize("code", UNKNOWN)
def test_what_may_be_something_else_stays_unknown(code: str) -> None:
    assert _words(code) is None


def test_the_last_part_of_the_path_is_the_file_name() -> None:
    assert _words('n=$(basename "$1"); printf x "$n" ${1##*/}') == ["%f", "%f"]


def test_the_functions_of_a_script_are_known_by_name() -> None:
    code = "log() { echo; }\nfunction die { exit 1; }\nlog"
    assert set(functions(shell.parse(code).body)) == {"log", "die"}


def test_offsets_stay_those_of_the_text() -> None:
    code = 'd=/a; cp "$1" "$d/$2"'
    *_, copy = shell.commands(expanded(shell.parse(code).body, _PARAMETERS))
    assert [code[word.start : word.end] for word in copy.words] == ["cp", '"$1"', '"$d/$2"']
    assert copy.words[2].text == "/a/%f"
