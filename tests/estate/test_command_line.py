import pytest

from pgsurvive.estate import command_line, script
from pgsurvive.text import Source


def _settings(text: str) -> list[tuple[int, str, str]]:
    read = script.read(Source("start.sh", text), frozenset({18}))
    return [
        (entry.line, entry.name, entry.value)
        for config in command_line.read(read)
        for _, entry in config.lines
    ]


@pytest.mark.parametrize(
    ("line", "settings"),
    [
        ("postgres -D x -c fsync=off -c 'work_mem=4 MB'", [("fsync", "off"), ("work_mem", "4 MB")]),
        ("postgres -cfsync=off --archive-mode=on", [("fsync", "off"), ("archive_mode", "on")]),
        ("exec gosu postgres /usr/lib/postgresql/16/bin/postgres -c FSYNC=off", [("fsync", "off")]),
        ("pg_ctl -D x -o '-p 5433 -c fsync=off' start", [("fsync", "off")]),
        ("""pg_ctl -o "-c archive_command='cp %p /a/%f'" start""", [("archive_command", "cp %p /a/%f")]),
        ("pg_ctlcluster 16 main start -o '-c fsync=off'", [("fsync", "off")]),
        ("pg_ctl initdb -o '--locale=C'", []),
        ("postgres -c fsync=$FSYNC", []),
        ('pg_ctl -o "$OPTIONS" start', []),
        ("postgres --version", []),
        ("echo postgres -c fsync=off", []),
        ("postgres -D x", []),
    ],
)
def test_the_settings_on_a_command_line_are_known(line: str, settings: list[tuple[str, str]]) -> None:
    assert _settings(f"#!/bin/sh\n{line}\n") == [(2, name, value) for name, value in settings]


def test_each_command_starts_a_server_of_its_own() -> None:
    read = script.read(Source("start.sh", "postgres -c port=1\npostgres -c port=2\n"), frozenset({18}))
    assert [config.effective("port").value for config in command_line.read(read)] == [1, 2]
