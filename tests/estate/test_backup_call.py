import pytest

from pgsurvive.estate import postgres, script
from pgsurvive.estate.backup_call import BackupCall, in_script, in_setting
from pgsurvive.text import Kind, Source

PROGRAMS = frozenset({"pgbackrest"})


def _in_script(text: str) -> tuple[BackupCall, ...]:
    return in_script(script.read(Source("backup.sh", text), frozenset({18})), PROGRAMS)


@pytest.mark.parametrize(
    "command",
    [
        "pgbackrest --stanza=main backup",
        "/usr/bin/pgbackrest backup --stanza main",
        "sudo -u postgres nice -n 10 pgbackrest --stanza=main backup",
        "docker exec -u postgres db pgbackrest --stanza=main backup",
        "docker compose exec pgbackrest pgbackrest --stanza=main backup",
        "ssh backup pgbackrest --stanza=main backup",
        "ssh backup 'pgbackrest --stanza=main backup'",
        'su - postgres -c "pgbackrest --stanza=main backup"',
        "bash -c 'pgbackrest --stanza=main backup'",
        'S=main\npgbackrest --stanza="$S" backup',
        "if pgbackrest --stanza=main backup; then echo done; fi",
    ],
)
def test_a_call_is_found_however_it_is_wrapped(command: str) -> None:
    (call,) = _in_script(f"#!/bin/bash\n{command}\n")
    assert call.program == "pgbackrest"
    assert call.option("stanza") == "main"
    assert "backup" in call.operands


@pytest.mark.parametrize(
    "command",
    [
        "docker exec db df -h /var/lib/pgbackrest",
        "echo pgbackrest --stanza=main backup",
        "# pgbackrest --stanza=main backup",
        "command -v pgbackrest",
    ],
)
def test_what_only_mentions_the_program_is_no_call_of_a_stanza(command: str) -> None:
    assert [call.option("stanza") for call in _in_script(command) if call.option("stanza")] == []


def test_what_a_variable_holds_is_not_known() -> None:
    (call,) = _in_script('pgbackrest --stanza="$1" --repo=$REPO backup\n')
    assert call.option("stanza") is None
    assert call.has_option("stanza", "repo")
    assert not call.is_constant


def test_a_call_in_a_setting_stands_where_it_is_written() -> None:
    text = "archive_command = 'test -f %p && pgbackrest --stanza=main archive-push \"%p\"'\n"
    config = postgres.read(Source("postgresql.conf", text), Kind.POSTGRESQL_CONF, frozenset({18}))
    (call,) = in_setting(config, "archive_command", PROGRAMS)
    assert call.source.slice(call.span) == 'pgbackrest --stanza=main archive-push "%p"'
    assert call.place == "archive_command"


@pytest.mark.parametrize(
    "line",
    [
        """psql -c "ALTER SYSTEM SET archive_command = 'pgbackrest --stanza=main archive-push %p'" """,
        """psql -c "ALTER SYSTEM SET archive_command TO 'pgbackrest --stanza=main archive-push %p'" """,
        """echo "archive_command = 'pgbackrest --stanza=main archive-push %p'" >>"$PGDATA/postgresql.conf" """,
        "cat >>x <<END\narchive_command = 'pgbackrest --stanza=main archive-push \"%p\"'\nEND",
    ],
)
def test_a_setting_that_a_script_writes_is_a_call(line: str) -> None:
    (call,) = _in_script(f"#!/bin/bash\n{line}\n")
    assert call.option("stanza") == "main"
    assert call.operands[0] == "archive-push"
    assert call.source.slice(call.span).startswith("pgbackrest --stanza=main archive-push")


def test_a_setting_on_a_command_line_and_one_in_a_comment_are_no_calls_of_the_script() -> None:
    call = "archive_command='pgbackrest --stanza=main archive-push %p'"
    assert _in_script(f'postgres -c "{call}"\n# {call}\n') == ()
