import pytest

from pgsurvive import Config, check_text
from pgsurvive.estate.permissions import others_read, stored
from pgsurvive.estate.script import read
from pgsurvive.text import Source

READABLE = Config(select=("PGS626",))


def _flagged(text: str, path: str = "backup.sh") -> list[str]:
    return [f.source.slice(f.span) for f in check_text(text, path, config=READABLE)]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("644", True),
        ("0755", True),
        ("7", True),
        ("640", False),
        ("600", False),
        ("o+r", True),
        ("a+rx", True),
        ("+r", True),
        ("u=rw,go=r", True),
        ("u=rw,go=", False),
        ("go-rwx", False),
        ("g+r", None),
        ("+x", None),
        ("$mode", None),
    ],
)
def test_a_mode_says_whether_others_may_read(mode: str, expected: bool | None) -> None:
    assert others_read(mode) is expected


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("pg_dump -Fc -f/srv/a.dump shop", "/srv/a.dump"),
        ("pg_dump --file /srv/a.dump shop", "/srv/a.dump"),
        ('pg_dump --file="$target" shop', "$target"),
        ("pg_dumpall | gzip >/srv/a.gz", "/srv/a.gz"),
        ("pg_dump shop > /srv/a.sql", "/srv/a.sql"),
        ("pg_basebackup -D /srv/base", "/srv/base"),
    ],
)
def test_where_a_dump_is_written_is_known_however_it_is_said(command: str, path: str) -> None:
    (found,) = stored(read(Source("a.sh", f"{command}\n"), frozenset({18})))
    assert found.path == path


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("pg_dump -f /srv/a/b.sql x\nchmod -R a+r /srv/a\n", ["chmod -R a+r /srv/a"]),
        ("pg_dump -f /srv/a/b.sql x\nchmod 644 /srv/a/*.sql\n", ["chmod 644 /srv/a/*.sql"]),
        ("pg_dump -f /srv/a.sql x\nchmod 644 /srv/a.sql\nchmod 600 /srv/a.sql\n", []),
        ("pg_dump -f /srv/a.sql x\nchmod 644 /srv/b.sql\n", []),
        ("pg_dump -f /srv/a/b.sql x\nchmod 755 /srv/a\n", []),
        ("pg_dump -s -f /srv/a.sql x\nchmod 644 /srv/a.sql\n", []),
        ("docker exec db pg_dump -f /srv/a.sql x\nchmod 644 /srv/a.sql\n", []),
        ("umask 0\npg_dump x >/srv/a.sql\n", ["umask 0"]),
        ("umask 000\npg_dump -Fd -f /srv/a x\n", []),
        ("umask 000\numask 077\npg_dump x >/srv/a.sql\n", []),
        ("pg_dump x >/srv/a.sql\numask 000\n", []),
        ("docker exec db pg_dump x >/tmp/a.sql\n", ["/tmp/a.sql"]),
        ("docker exec db pg_dump -f /tmp/a.sql x\n", []),
        ("umask 077\npg_dump x >/tmp/a.sql\n", []),
        ("pg_dump x >/tmp/a-$$.sql\n", []),
        ("install -m 600 /dev/null /tmp/a.sql\npg_dump x >/tmp/a.sql\n", []),
    ],
)
def test_only_what_everybody_may_read_is_reported(text: str, flagged: list[str]) -> None:
    assert _flagged(text) == flagged
    assert _flagged(text, "tests/backup.sh") == []


def test_a_container_has_a_tmp_of_its_own() -> None:
    assert _flagged("FROM postgres:18\nCMD pg_dump -f /tmp/a.sql x\n", "Dockerfile") == []
    assert _flagged("0 1 * * * pg_dump -f /tmp/a.sql x\n", "crontab") == ["-f /tmp/a.sql"]
