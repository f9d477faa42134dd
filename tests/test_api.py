import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pgsurvive
from tests.support.lab import Lab

CORPUS = os.environ.get("PGSURVIVE_CORPUS")


def test_a_text_is_checked_under_the_name_it_is_given() -> None:
    (finding,) = pgsurvive.check_text("fsync = off\n", "srv/postgresql.conf")
    assert (finding.path, finding.line, finding.column, finding.code) == (
        "srv/postgresql.conf",
        1,
        1,
        "PGS201",
    )
    assert finding.url == "https://pgsurvive.github.io/pgsurvive/rules/PGS201/"
    assert pgsurvive.check_text("fsync = off\n", "notes.txt") == []


def test_an_unknown_major_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="PostgreSQL 13 is unknown; the majors are 14, 15, 16, 17, 18"):
        pgsurvive.check_text("", "postgresql.conf", pg=13)


def test_a_path_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.conf: no such file or directory"):
        pgsurvive.check_paths(["nowhere.conf"])


def test_the_major_comes_from_the_path_unless_it_is_given() -> None:
    both = "archive_mode = on\narchive_command = 'pgbackrest archive-push %p'\narchive_library = 'basic_archive'\n"
    messages = {
        (path, pg): f.message
        for path, pg in [
            ("postgresql.conf", None),
            ("etc/postgresql/15/main/postgresql.conf", None),
            ("x/postgresql.conf", 18),
        ]
        for f in pgsurvive.check_text(both, path, pg=pg)
        if f.code == "PGS106"
    }
    assert "from PostgreSQL 16 on" in messages["postgresql.conf", None]
    assert "archive_library wins" in messages["etc/postgresql/15/main/postgresql.conf", None]
    assert "the archiver dies" in messages["x/postgresql.conf", 18]


def test_an_include_decides_and_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "postgresql.conf").write_text("fsync = on\ninclude_dir 'conf.d'\n")
    (tmp_path / "conf.d/speed.conf").write_text("fsync = off\nwork_mem = 4MB\n")
    findings = pgsurvive.check_paths([tmp_path]).findings
    assert [(Path(f.path).name, f.line, f.code) for f in findings] == [("speed.conf", 1, "PGS201")]


def test_a_later_line_decides_and_so_does_auto_conf(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text("fsync = off\nfsync = on\nfull_page_writes = off\n")
    (tmp_path / "postgresql.auto.conf").write_text("full_page_writes = 'on'\n")
    findings = pgsurvive.check_paths([tmp_path / "postgresql.conf"]).findings
    assert [(f.line, f.code) for f in findings] == [(1, "PGS006"), (3, "PGS006")]


def test_nothing_outside_the_checked_directory_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.conf").write_text("fsync = off\nport = 1\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/link.conf").symlink_to(tmp_path / "secret.conf")
    (tmp_path / "in/postgresql.conf").write_text(
        f"include '../secret.conf'\ninclude '{tmp_path}/secret.conf'\n"
    )
    assert "PGS201" not in {f.code for f in pgsurvive.check_paths([tmp_path / "in/postgresql.conf"]).findings}


@pytest.mark.parametrize(("streams", "expected"), [("on", set()), ("off", {"PGS101"})])
def test_wal_that_barman_streams_need_not_be_archived(
    tmp_path: Path, streams: str, expected: set[str]
) -> None:
    (tmp_path / "postgresql.conf").write_text("archive_mode = off\n")
    (tmp_path / "barman.conf").write_text(
        "[barman]\nbarman_home = /srv/barman\nbarman_user = barman\n"
        "[shop]\nconninfo = host=db1 user=barman\nbackup_method = postgres\nslot_name = barman\n"
        f"streaming_conninfo = host=db1 user=stream\nstreaming_archiver = {streams}\narchiver = on\n"
    )
    codes = {finding.code for finding in pgsurvive.check_paths([tmp_path]).findings}
    assert codes & {"PGS101"} == expected


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text("include 'a.conf'\nfsync = off\n")
    (tmp_path / "a.conf").write_text("include 'postgresql.conf'\nport = 1\n")
    findings = pgsurvive.check_paths([tmp_path]).findings
    assert {(Path(f.path).name, f.line, f.code) for f in findings} == {
        ("postgresql.conf", 1, "PGS007"),
        ("postgresql.conf", 2, "PGS201"),
    }


def test_files_that_include_each_other_many_times_end(tmp_path: Path) -> None:
    for name, other in (("postgresql.conf", "a.conf"), ("a.conf", "postgresql.conf")):
        (tmp_path / name).write_text(f"include '{other}'\n" * 10 + "port = 5433\n")
    assert {f.code for f in pgsurvive.check_paths([tmp_path]).findings} == {"PGS007"}


def test_the_file_that_initdb_writes_is_known_to_be_complete(lab: Lab) -> None:
    lab.run(["initdb", "-D", f"{lab.directory}/fresh", "--no-sync"])
    text = lab.run(["cat", f"{lab.directory}/fresh/postgresql.conf"]).stdout
    findings = pgsurvive.check_text(text, "postgresql.conf")
    assert [(f.code, text.splitlines()[f.line - 1].partition("\t")[0]) for f in findings] == [
        ("PGS101", "#archive_mode = off")
    ]


@given(
    st.binary(max_size=300),
    st.sampled_from(["postgresql.conf", "conf.d/a.conf", "recovery.conf", "backup.sh"]),
)
def test_arbitrary_bytes_never_crash_it(content: bytes, path: str) -> None:
    pgsurvive.check_text(content.decode(errors="surrogateescape"), path)


@given(st.text(alphabet="%pf$(){}[]'\"`|&;<>!\\ \ncprsyntest-#=*?01", max_size=60))
def test_no_command_is_too_strange(command: str) -> None:
    value = command.replace("\\", "\\\\").replace("'", "''").replace("\n", " ")
    pgsurvive.check_text(
        f"archive_mode = on\narchive_command = '{value}'\nrestore_command = '{value}'\n", "postgresql.conf"
    )
    pgsurvive.check_text(command, "backup.sh")


def test_text_that_is_no_text_in_any_encoding_is_checked() -> None:
    for path in ("postgresql.conf", "backup.sh", "backup"):
        pgsurvive.check_text("#!\ud800 = '\ud800'\n", path)


def test_code_nested_too_deeply_is_passed_over() -> None:
    assert pgsurvive.check_text("(" * 5000 + "initdb" + ")" * 5000, "init.sh") == []
    assert pgsurvive.check_text("true" + " || true" * 5000, "init.sh") == []


@pytest.mark.skipif(CORPUS is None, reason="PGSURVIVE_CORPUS names no collection of real files")
def test_real_files_are_read_without_a_crash_and_mostly_recognized() -> None:
    result = pgsurvive.check_paths([str(CORPUS)])
    assert result.unreadable == ()
    assert len(result.checked) > 100
    configuration = [p for p in result.checked if "/postgresql_conf/" in p]
    assert len(configuration) > 50
