from pathlib import Path

import pytest

from pgsurvive import Config, Finding, check_paths, check_text
from pgsurvive.estate import postgres, server_command
from pgsurvive.estate.server_command import ServerCommand
from pgsurvive.text import Kind, Source

UNKNOWN = Config(select=("PGS601",))


def _commands(text: str, path: str = "postgresql.conf") -> list[ServerCommand]:
    source = Source(path, text)
    return list(server_command.read(postgres.read(source, Kind.POSTGRESQL_CONF, frozenset({18}))))


def _flagged(finding: Finding) -> str:
    return finding.source.slice(finding.span)


@pytest.mark.parametrize(
    "line",
    [
        "archive_command = 'pgbackrest --stanza=main --typ=full archive-push %p'",
        "archive_command = 'test -d ''/srv/a b'' && pgbackrest --stanza=main --typ=full archive-push %p'",
        r"archive_command = 'test -d \'/srv/a\' && pgbackrest --stanza=main --typ=full archive-push %p'",
        "restore_command = 'sudo -u postgres pgbackrest --stanza=main --typ=full archive-get %f \"%p\"'",
        "archive_cleanup_command = 'pg_archivecleanup --typ=full /srv/wal %r'",
        "recovery_end_command = 'pg_dump --typ=full shop'",
    ],
)
def test_an_option_is_found_where_it_stands_in_the_file(line: str) -> None:
    (finding,) = check_text(f"# of prod\n{line}\n", "postgresql.conf", config=UNKNOWN)
    assert finding.line == 2
    assert _flagged(finding) == "--typ"


@pytest.mark.parametrize(
    "text",
    [
        "archive_command = 'cp %p /srv/wal/%f'\n",
        "archive_command = ''\n",
        "archive_mode = off\narchive_command = 'pgbackrest --stanza=main archive-push %p'\n",
        "archive_command = 'pgbackrest --stanza={{ stanza }} archive-push %p'\n",
        "archive_command = 'if pgbackrest --stanza=main archive-push %p'\n",
        "#archive_command = 'pgbackrest --stanza=main archive-push %p'\n",
    ],
)
def test_what_calls_no_known_program_or_never_runs_is_no_command(text: str) -> None:
    assert _commands(text) == []


def test_a_command_that_a_later_line_replaces_is_not_read() -> None:
    text = "archive_command = 'pgbackrest --typ=a archive-push %p'\narchive_command = 'pgbackrest archive-push %p'\n"
    assert check_text(text, "postgresql.conf", config=UNKNOWN) == []


def test_a_command_among_tests_or_for_an_older_server_says_so() -> None:
    line = "archive_command = 'pg_basebackup --no-such-option -D %p'\n"
    (command,) = _commands(line, "tests/postgresql.conf")
    assert command.is_throwaway
    (command,) = _commands(line, "etc/postgresql/12/main/postgresql.conf")
    assert command.is_for_older_major
    assert check_text(line, "etc/postgresql/12/main/postgresql.conf", config=UNKNOWN) == []


def test_a_command_in_an_included_file_is_found_once_and_there(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "postgresql.conf").write_text("include_dir 'conf.d'\n")
    archive = tmp_path / "conf.d" / "archive.conf"
    archive.write_text("archive_command = 'pgbackrest --typ=full archive-push %p'\n")
    (finding,) = check_paths([tmp_path], config=UNKNOWN).findings
    assert (Path(finding.path).name, _flagged(finding)) == ("archive.conf", "--typ")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("start.sh", "postgres -D /srv -c archive_command='pgbackrest --typ=full archive-push %p'\n"),
        (
            "compose.yaml",
            "services:\n  db:\n    command: postgres -c archive_command='pgbackrest --typ=full archive-push %p'\n",
        ),
    ],
)
def test_a_command_on_a_command_line_is_found_once(path: str, text: str) -> None:
    (finding,) = check_text(text, path, config=UNKNOWN)
    assert "--typ" in _flagged(finding)
