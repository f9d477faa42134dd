import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive.catalog.programs import programs
from pgsurvive.estate.invocation import Invocation, invocation, major_in
from pgsurvive.syntax.shell import commands, parse


def _read(line: str, major: int | None = None) -> Invocation:
    (command,) = commands(parse(line).body)
    found = invocation(command, major)
    assert found is not None
    return found


def test_a_value_stands_in_the_same_word_or_in_the_next() -> None:
    for line in (
        "pg_dump -Fc shop",
        "pg_dump -F c shop",
        "pg_dump --format c shop",
        "pg_dump --form=c shop",
        "pg_dump shop -vFc",
    ):
        found = _read(line)
        assert found.value("-F", "--format") == "c"
        assert [word.text for word in found.operands] == ["shop"]
        assert found.complete


def test_the_last_of_two_counts() -> None:
    assert _read("pg_dump -Fp -Fd -f x").value("--format") == "d"


def test_behind_two_dashes_there_are_only_operands() -> None:
    assert [word.text for word in _read("pg_dump -- --format").operands] == ["--format"]


def test_an_option_has_its_place_in_the_text() -> None:
    line = 'pg_dump --file "/srv/x y" -vj 4 --formatt=c'
    found = _read(line)
    assert [line[g.start : g.end] for g in found.options] == ['--file "/srv/x y"', "-vj", "-vj 4"]
    assert [line[u.start : u.end] for u in found.unknown] == ["--formatt"]


def test_a_value_that_is_not_constant_is_not_known() -> None:
    found = _read('pg_dump --file="$target" -h$HOST -d "$DB" --format=c')
    assert found.complete
    assert [found.value(name) for name in ("--file", "--host", "--dbname", "--format")] == [
        None,
        None,
        None,
        "c",
    ]
    assert found.has("--file")


@pytest.mark.parametrize(
    "line",
    [
        "pg_dump $OPTIONS",
        'pg_dump "${OPTIONS[@]}"',
        "pg_dump --$mode",
        "pg_dump -$x",
        "pg_dump {{ args }} -{{ x }}",
    ],
)
def test_a_word_that_may_be_anything_leaves_the_rest_open(line: str) -> None:
    found = _read(line)
    assert not found.complete or "{{" in line
    assert not found.unknown


@pytest.mark.parametrize(
    "word", ['"$database"', '"${database}"', "$directory/shop.dump", '"$@"', "$x", '"${x[@]}"']
)
def test_a_quoted_variable_is_one_operand(word: str) -> None:
    assert _read(f"pg_dump {word}").complete is (word not in ('"$@"', "$x", '"${x[@]}"'))


def test_what_follows_such_a_word_may_be_its_value() -> None:
    assert not _read("psql $OPTIONS --nonsense").unknown
    assert [u.name for u in _read("psql $OPTIONS -X --nonsense").unknown] == ["--nonsense"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("pg_dump --f=x", ["--f"]),
        ("pg_dump -vY", ["-Y"]),
        ("pg_dump -v --help", []),
        ("postgres --shared_buffers=1GB -X", ["-X"]),
        ("pgbackrest --stanza main backup --no-online --repo3-path=/x -x", ["-x"]),
        ("pgbackrest --type=full check", ["--type"]),
        ("barman backup -q main", ["-q"]),
        ("barman $command --nonsense", []),
        ("barman-cloud-wal-archive --tags a,b c,d --nonsense", ["--nonsense"]),
    ],
)
def test_what_a_program_refuses_is_unknown(line: str, names: list[str]) -> None:
    assert [u.name for u in _read(line).unknown] == names


def test_an_option_of_another_command_is_misplaced() -> None:
    (unknown,) = _read("pgbackrest check --type=full").unknown
    assert unknown.misplaced is not None
    assert "backup" in (unknown.misplaced.commands or ())


def test_the_cluster_is_an_option_of_debians_wrapper() -> None:
    found = _read("psql --cluster 16/main -X shop")
    assert not found.unknown
    assert [word.text for word in found.operands] == ["shop"]


def test_the_major_decides() -> None:
    line = "pg_basebackup -D x --incremental=y"
    assert not _read(line, 17).unknown
    assert [u.name for u in _read(line, 16).unknown] == ["--incremental"]


@pytest.mark.parametrize(
    ("line", "subcommand"),
    [
        ("pgbackrest --stanza=main backup", "backup"),
        ("pgbackrest --stanza backup info", "info"),
        ("pgbackrest --config /etc/pgbackrest/prod.conf --stanza=main info", "info"),
        ("pgbackrest --no-config info", "info"),
        ("pgbackrest --reset-pg1-host backup", "backup"),
        ("barman -c /etc/barman.conf recover main latest /x", "recover"),
        ("pgbackrest $command", None),
    ],
)
def test_the_command_of_a_program_is_its_first_operand(line: str, subcommand: str | None) -> None:
    assert _read(line).subcommand == subcommand


def test_a_command_that_does_not_exist_is_told() -> None:
    found = _read("pgbackrest --stanza=main bakup --x")
    assert found.unknown_subcommand is not None
    assert found.unknown_subcommand.text == "bakup"


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/usr/lib/postgresql/16/bin/pg_dump", 16),
        ("/usr/pgsql-17/bin/pg_dump", 17),
        ("/opt/bin/pg_dump", None),
        ("pg_dump --cluster 16/main shop", 16),
        ("pg_dump --cluster=17/main shop", 17),
        ("pg_dump shop --cluster", None),
        ("pg_dump", None),
    ],
)
def test_a_path_may_name_the_major(path: str, named: int | None) -> None:
    assert major_in(next(commands(parse(path).body))) == named


@given(st.sampled_from(sorted(programs())), st.text())
def test_any_words_can_be_read(name: str, text: str) -> None:
    for command in commands(parse(f"{name} {text}").body):
        found = invocation(command)
        if found is not None:
            assert all(0 <= g.start <= g.end for g in found.options)
