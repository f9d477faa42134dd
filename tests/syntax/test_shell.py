import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive.estate.script import unwrapped
from pgsurvive.syntax.shell import AndOr, Command, Pipeline, Script, Word, children, commands, parse


def _words(script: Script) -> list[list[str]]:
    return [[word.text for word in command.words] for command in commands(script.body)]


@pytest.mark.parametrize(
    "line",
    [
        "a b c",
        "'single $quotes' \"double quotes\" back\\ slash",
        "joined'and'\"quoted\"",
        '"an escaped \\" quote and \\$dollar and \\n kept"',
        "--option='a b' -x",
        "''",
        "ä'ö'ü",
        "a=1 b",
    ],
)
def test_words_are_what_bash_makes_of_them(line: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True
    )
    (printf,) = _words(parse(f"printf '%s\\0' {line}"))
    assert printf[2:] == done.stdout.split("\0")[:-1]


def test_a_word_with_an_expansion_is_not_constant() -> None:
    (command,) = commands(parse('cp "$A" $(b) ${C} `d` plain "a b"').body)
    assert [word.constant for word in command.words] == [True, False, False, False, False, True, True]


def test_redirections_belong_to_the_command_they_follow() -> None:
    first, second = commands(parse("test -f a && gzip < b > c").body)
    assert first.redirects == ()
    assert [(r.operator, r.target.text if r.target else "") for r in second.redirects] == [
        ("<", "b"),
        (">", "c"),
    ]


@pytest.mark.parametrize(
    "word", ["b-$(date +%F)-$NAME.sql", "$D/$(d)/$S/x", "/b/$D-$S.sql.gz", "$D/$1.sql", "`d`-$S.x"]
)
def test_several_expansions_are_one_word_whatever_is_between_and_behind_them(word: str) -> None:
    (command,) = commands(parse(f"a {word} c").body)
    assert [w.text for w in command.words] == ["a", word, "c"]
    (command,) = commands(parse(f"a={word}").body)
    assert ([w.text for w in command.assignments], command.words) == ([f"a={word}"], ())
    (command,) = commands(parse(f"a > {word}").body)
    assert [r.target.text for r in command.redirects if r.target] == [word]


def test_a_redirection_goes_to_the_whole_word_also_behind_a_backtick() -> None:
    (command,) = commands(parse("a > b-`date +%F`.sql").body)
    (redirect,) = command.redirects
    assert redirect.target is not None
    assert (redirect.target.text, redirect.target.constant) == ("b-`date +%F`.sql", False)


@pytest.mark.parametrize("text", ["a | b | c && d || e", "a | b && c | d | e || f", "x && a | b | c && d"])
def test_a_pipe_binds_more_than_the_lists_around_it(text: str) -> None:
    pending = list(parse(text).body.items)
    while pending:
        node = pending.pop()
        if isinstance(node, Pipeline):
            assert all(isinstance(part, Command) for part in node.parts)
        else:
            assert isinstance(node, AndOr | Command)
        pending += children(node)


def test_commands_are_found_wherever_they_stand() -> None:
    text = (
        "f() { a; }\nwhile b; do c; done\ncase x in y) d;; esac\n"
        "if e; then f; elif g; then h; else i; fi\n( j ); { k; }\n! l\n"
    )
    assert [words[0] for words in _words(parse(text))] == list("abcdefghijkl")


@pytest.mark.parametrize(
    "line",
    [
        "sudo -u postgres initdb -D x",
        "sudo -E -n env A=1 initdb -D x",
        "nice -n 19 ionice -c 3 initdb -D x",
        "timeout -k 5 60 initdb -D x",
        "gosu postgres initdb -D x",
        "exec initdb -D x",
    ],
)
def test_what_merely_wraps_a_command_is_taken_off(line: str) -> None:
    (command,) = commands(parse(line).body)
    assert [word.text for word in unwrapped(command).words] == ["initdb", "-D", "x"]


@pytest.mark.parametrize("text", ["a && # why\n b", "a || # why\n b", "a | # why\n b"])
def test_a_comment_behind_an_operator_is_no_part_of_the_list(text: str) -> None:
    assert [command.name for command in commands(parse(text).body)] == ["a", "b"]


def test_offsets_are_those_of_the_text_also_behind_letters_beyond_ascii() -> None:
    text = "echo 'ä€😀'; initdb"
    last = list(commands(parse(text).body))[-1]
    assert text[last.start : last.end] == "initdb"


@pytest.mark.parametrize("text", ["cp 'a", "if true", "a && ", "$(", "case x in"])
def test_code_that_bash_refuses_is_broken(text: str) -> None:
    assert subprocess.run(["bash", "-n", "-c", text], capture_output=True, check=False).returncode != 0
    assert parse(text).broken


@given(st.text())
def test_any_text_can_be_parsed(text: str) -> None:
    for command in commands(parse(text).body):
        assert 0 <= command.start <= command.end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "psql <<EOF 2>&1 | tee log\nSELECT 1;\nEOF\n",
        "psql <<-'EOF' 2>/dev/null | tee log\n\tSELECT 1;\n\tEOF\n",
        'x="$(psql <<EOF 2>&1 | tee log\nSELECT 1;\nEOF\n)"\n',
        "if ! psql <<EOF >log; then\nSELECT 1;\nEOF\ntee; fi\n",
        'psql <<"EOF"; tee $((1<<4))\nSELECT 1;\nEOF\n',
    ],
)
def test_what_stands_behind_a_here_document_is_read_too(text: str) -> None:
    script = parse(text)
    assert not script.broken
    found = [inner for word in _all_words(script) for node in word.inside for inner in commands(node)]
    psql, tee = (c for c in (*commands(script.body), *found) if c.name)
    assert psql.heredoc is not None
    assert psql.heredoc.text == "SELECT 1;\n"
    assert psql.heredoc.constant
    assert text[psql.heredoc.start : psql.heredoc.end].strip() == "SELECT 1;"
    assert tee.name == "tee"


def _all_words(script: Script) -> list[Word]:
    return [word for command in commands(script.body) for word in (*command.words, *command.assignments)]


def test_two_here_documents_of_one_line_follow_each_other() -> None:
    (cat,) = commands(parse("cat <<A 3<<B\na $x\nA\nb\nB\n").body)
    assert [(r.target.text, r.target.constant) for r in cat.redirects if r.target] == [
        ("a $x\n", False),
        ("b\n", True),
    ]


@pytest.mark.parametrize(
    "text",
    [
        'wal=${@:$OPTIND:1}\npg_dump "${@:2}"\n',
        "if (( 10#$version >= 90000 )); then pg_dump a; fi\n",
        "dots() { while read -r x; do pg_dump $x; done }\n",
        "f() { if true; then pg_dump a; fi; case $x in a) b;; esac }\n",
        "f() { ( pg_dump a ) }\n",
    ],
)
def test_what_only_the_grammar_refuses_is_not_broken(text: str) -> None:
    subprocess.run(["bash", "-n", "-c", text], check=True)
    script = parse(text)
    assert not script.broken
    assert "pg_dump" in [command.name for command in commands(script.body)]
