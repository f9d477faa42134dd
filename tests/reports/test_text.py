"""The report for people, as a whole."""

from pathlib import Path

import pytest

from pgsurvive import Config, check_paths
from pgsurvive.reports.text import TextReport

SHOWN = """\
postgresql.conf:2:20: error PGS429 stanza-mismatch
  pgBackRest knows no stanza main: every segment is refused, and with the disk all WAL since the last
  backup is lost
    |
  2 | archive_command = 'pgbackrest --stanza=main archive-push %p'
    |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  pgbackrest/pgbackrest.conf:11:1: the only stanza
     |
  11 | [prod]
     | ------
  help: write --stanza=prod
  https://pgsurvive.github.io/pgsurvive/rules/PGS429/

2 files checked: 1 error
"""


def test_a_finding_about_two_files_shows_the_lines_of_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pgbackrest").mkdir()
    Path("postgresql.conf").write_text(
        "archive_mode = on\narchive_command = 'pgbackrest --stanza=main archive-push %p'\n"
    )
    Path("pgbackrest/pgbackrest.conf").write_text(
        "[global]\nrepo1-path=/srv/repo\n" + "#\n" * 8 + "[prod]\npg1-path=/srv/data\n"
    )
    result = check_paths(["."], config=Config(select=("PGS429",)))
    assert TextReport(color=False).render(result) == SHOWN


def test_a_password_on_the_other_line_is_starred_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("postgresql.conf").write_text(
        "primary_conninfo = 'host=db1 password=hunter2'\nprimary_slot_name = 'barman'\n"
    )
    Path("barman.conf").write_text(
        "[barman]\nbarman_home = /srv/barman\n\n[main]\nconninfo = host=db1 password=hunter2\n"
        "streaming_archiver = on\nslot_name = barman\n"
    )
    result = check_paths(["."], config=Config(select=("PGS515", "PGS516")))
    assert [f.code for f in result.findings] == ["PGS515"]
    assert "hunter2" not in TextReport(color=False).render(result)
    Path("postgresql.conf").write_text("port = 5433\n")
    result = check_paths(["."], config=Config(select=("PGS515", "PGS516")))
    report = TextReport(color=False).render(result)
    assert "password=*******" in report
    assert "hunter2" not in report
