import pytest

from pgsurvive.estate.script import ShellScript, read
from pgsurvive.text import Source

EVERY = frozenset({14, 15, 16, 17, 18})


def _script(text: str, majors: frozenset[int] = EVERY) -> ShellScript:
    return read(Source("backup.sh", text), majors)


def test_the_calls_of_known_programs_are_found_wherever_they_stand() -> None:
    text = "x=$(psql -c 'SELECT 1')\nif pg_dump a; then su -c 'barman cron'; fi\ntrap 'pgbackrest stop' EXIT\nls\n"
    assert [found.program.name for _, found in _script(text).invocations] == [
        "psql",
        "pg_dump",
        "barman",
        "pgbackrest",
    ]


def test_a_function_is_not_the_program_that_it_is_called_like() -> None:
    assert not _script('psql() { echo "$@"; }\npsql -X').invocations


def test_a_script_that_the_shell_refuses_calls_nothing() -> None:
    assert not _script("if pg_dump a; then\n").invocations


@pytest.mark.parametrize(
    ("text", "majors"),
    [
        ("pg_dump a", EVERY),
        ("/usr/lib/postgresql/16/bin/pg_dump a", {16}),
        ("/usr/lib/postgresql/12/bin/pg_dump a", set()),
        ("pg_combinebackup a", {17, 18}),
        ("barman cron", set()),
    ],
)
def test_the_majors_that_a_program_may_have_are_known(text: str, majors: set[int]) -> None:
    script = _script(text)
    ((_, found),) = script.invocations
    assert script.majors_of(found) == majors


@pytest.mark.parametrize(
    "text",
    ["cp /var/lib/pgsql/9.4/data x", "docker run postgres:12", "echo >recovery.conf", "ls /usr/pgsql-13/bin"],
)
def test_a_script_may_be_for_an_older_major(text: str) -> None:
    assert _script(text).is_for_older_major


@pytest.mark.parametrize(
    "text",
    ["cp /var/lib/pgsql/14/data x", "docker run postgres:16.1", "echo", "ls /usr/pgsql-130", "psql -p 5412"],
)
def test_a_script_for_a_known_major_is_not(text: str) -> None:
    assert not _script(text).is_for_older_major
