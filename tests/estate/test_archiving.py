"""A script of the checked tree that archive_command calls is judged like the command itself."""

from pathlib import Path

import pytest

from pgsurvive import Config, Finding, check_paths, check_text

_ABOUT_THE_COMMAND = Config(select=("PGS103", "PGS104", "PGS109", "PGS110", "PGS111", "PGS112", "PGS113"))
_CALL = 'archive_mode = on\narchive_command = \'/usr/local/bin/archive_wal.sh "%p" "%f"\'\n'

CAREFUL = """\
#!/bin/bash
set -euo pipefail
path=$1
file=/srv/wal_archive/$2
log() { printf '%s %s\\n' "$(date -Is)" "$*" >&2; }
if [[ -e $file ]]; then
    cmp -s "$path" "$file" || { log "$2 is there with other contents"; exit 1; }
    exit 0
fi
cp "$path" "$file.tmp"
sync "$file.tmp"
mv -n "$file.tmp" "$file"
sync /srv/wal_archive
log "stored $2"
"""


def _check(
    directory: Path, script: str, call: str = _CALL, name: str = "scripts/archive_wal.sh"
) -> list[Finding]:
    for path, text in ((f"{directory}/etc/postgresql.conf", call), (f"{directory}/{name}", script)):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)
    return list(check_paths([directory], config=_ABOUT_THE_COMMAND).findings)


def _told(findings: list[Finding]) -> list[tuple[str, int, str]]:
    return [(Path(f.path).name, f.line, f.code) for f in findings]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ('cp "$1" /srv/wal_archive/$2\n', [(2, "PGS104")]),
        ("DIR=/srv/wal_archive\ngzip < $1 > $DIR/$2.gz\n", [(3, "PGS104")]),
        ("scp -q $1 backup1:/srv/wal_archive/$(basename $1)\n", [(2, "PGS104")]),
        ("rsync -a $1 backup1:/srv/$2 || true\n", [(2, "PGS103"), (2, "PGS104")]),
        ("cp -n $1 /srv/$2.tmp && mv -n /srv/$2.tmp /srv/$2\necho done\n", [(3, "PGS103")]),
        ('gzip -c $1 | ssh backup1 "cat > /srv/$2.gz"\n', [(2, "PGS109")]),
        ("pgbackrest archive-push $1\nlogger archived $2\n", [(2, "PGS109")]),
        ("if ! pgbackrest archive-push $1; then\n  logger no\nfi\n", [(2, "PGS109")]),
        ("D=/dev/shm\n[ $# -eq 2 ] || exit 2\ncat $1 > $D/${2}\n", [(4, "PGS104"), (4, "PGS110")]),
        (
            "if [ -f /srv/$2 ]; then\n  echo there\n  exit 1\nfi\ncp $1 /srv/$2\n",
            [(2, "PGS112"), (6, "PGS111")],
        ),
        ('D="/mnt/My Backup"\ncmp -s $1 "$D/$2" || cp $1 $D/$2\n', [(3, "PGS111"), (3, "PGS113")]),
    ],
)
def test_a_mistake_in_the_script_is_told_at_its_line(
    script: str, told: list[tuple[int, str]], tmp_path: Path
) -> None:
    found = _check(tmp_path, f"#!/bin/sh\n{script}")
    assert _told(found) == [("archive_wal.sh", line, code) for line, code in told]
    for finding in found:
        assert [(Path(r.path).name, r.span.line) for r in finding.related] == [("postgresql.conf", 2)]


@pytest.mark.parametrize(
    "script",
    [
        CAREFUL,
        "set -e\nrsync -a --ignore-existing $1 backup1:/srv/$2\nlogger $2\n",
        "exec pgbackrest --stanza=main archive-push $1\n",
        'cp() { command rsync --ignore-existing "$@"; }\n. /etc/archive/lib.sh\nstore "$1" "$2"\n',
        "while getopts p:f: o; do case $o in p) P=$OPTARG;; f) F=$OPTARG;; esac; done\ncp $P /srv/$F\n",
        "cp /etc/hosts /srv/hosts\npgbackrest archive-push $1\n",
        "if [ -f /srv/$2 ]; then\n",
    ],
)
def test_a_sound_script_and_one_that_is_not_understood_are_left_alone(script: str, tmp_path: Path) -> None:
    assert _check(tmp_path, f"#!/bin/bash\n{script}") == []


@pytest.mark.parametrize(
    "call",
    [
        "archive_wal.sh %p %f",
        "bash /opt/bin/archive_wal.sh %p %f",
        "sudo -u backup /opt/bin/archive_wal.sh %p %f >> /var/log/archive.log 2>&1",
        "sh -x archive_wal.sh %p %f",
    ],
)
def test_however_the_script_is_called(call: str, tmp_path: Path) -> None:
    found = _check(tmp_path, "#!/bin/sh\ncp $1 /srv/$2\n", f"archive_command = '{call}'\n")
    assert _told(found) == [("archive_wal.sh", 2, "PGS104")]


@pytest.mark.parametrize(
    "call",
    [
        "test ! -f /srv/%f && archive_wal.sh %p %f",
        "archive_wal.sh %p %f || exit 1",
        "/opt/$SITE/archive_wal.sh %p %f",
        "other.sh %p %f",
    ],
)
def test_a_call_that_decides_only_in_part_is_not_followed(call: str, tmp_path: Path) -> None:
    found = _check(tmp_path, "#!/bin/sh\ncp $1 /srv/$2\n", f"archive_command = '{call}'\n")
    assert found == []


def test_the_words_of_the_call_are_what_the_script_gets(tmp_path: Path) -> None:
    call = "archive_command = 'archive_wal.sh -d /srv/wal_archive %f %p'\n"
    assert _told(_check(tmp_path, "#!/bin/sh\ncp $4 $2/$3\n", call)) == [("archive_wal.sh", 2, "PGS104")]
    assert _check(tmp_path, "#!/bin/sh\ncp $1 $2/$3\n", call) == []


def test_a_comment_in_the_script_silences_a_finding(tmp_path: Path) -> None:
    assert (
        _check(tmp_path, "#!/bin/sh\ncp $1 /srv/$2  # pgsurvive: ignore[PGS104] write-once storage\n") == []
    )


def test_two_configurations_that_call_one_script_tell_it_once(tmp_path: Path) -> None:
    (tmp_path / "replica").mkdir()
    (tmp_path / "replica" / "postgresql.conf").write_text(_CALL)
    assert len(_check(tmp_path, "#!/bin/sh\ncp $1 /srv/$2\n")) == 1


def test_the_script_nearest_to_the_configuration_is_meant(tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (tmp_path / "elsewhere" / "deep" / "archive_wal.sh").write_text("#!/bin/sh\n/bin/true\n")
    found = _check(tmp_path, "#!/bin/sh\ncp $1 /srv/$2\n")
    assert [f.path for f in found] == [f"{tmp_path}/scripts/archive_wal.sh"]


def test_two_different_scripts_that_are_as_near_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "archive_wal.sh").write_text("#!/bin/sh\npgbackrest archive-push $1\n")
    assert _check(tmp_path, "#!/bin/sh\ncp $1 /srv/$2\n") == []


@pytest.mark.parametrize("name", ["node_modules/x/archive_wal.sh", ".git/hooks/archive_wal.sh"])
def test_what_is_not_the_projects_own_is_not_found(name: str, tmp_path: Path) -> None:
    assert _check(tmp_path, "#!/bin/sh\ncp $1 /srv/$2\n", name=name) == []


def test_nothing_outside_the_checked_paths_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.sh").write_text("#!/bin/sh\ncp $1 /srv/$2\n")
    inside = tmp_path / "checked"
    inside.mkdir()
    (inside / "archive_wal.sh").symlink_to(tmp_path / "secret.sh")
    (inside / "postgresql.conf").write_text(_CALL)
    assert check_paths([inside], config=_ABOUT_THE_COMMAND).findings == ()


def test_a_script_in_another_language_is_left_alone(tmp_path: Path) -> None:
    script = "#!/usr/bin/env python3\n# cp $1 /srv/$2\n"
    assert _check(tmp_path, script, _CALL.replace(".sh", ""), "bin/archive_wal") == []


def test_a_file_that_is_checked_alone_finds_the_script_beside_it(tmp_path: Path) -> None:
    (tmp_path / "archive_wal.sh").write_text("#!/bin/sh\ncp $1 /srv/$2\n")
    (tmp_path / "postgresql.conf").write_text(_CALL)
    found = check_paths([tmp_path / "postgresql.conf"], config=_ABOUT_THE_COMMAND).findings
    assert _told(list(found)) == [("archive_wal.sh", 2, "PGS104")]


def test_a_text_that_stands_alone_calls_nothing() -> None:
    assert check_text(_CALL, "postgresql.conf", config=_ABOUT_THE_COMMAND) == []
