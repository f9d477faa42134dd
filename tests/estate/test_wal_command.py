import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive.estate.guards import guards
from pgsurvive.estate.quoting import split_paths
from pgsurvive.estate.wal_command import WalCommand

# Whether the command reports success although every copy fails.
STATUSES = {
    "true": True,
    "/bin/true": True,
    ":": True,
    "cd .": True,
    "exit 0": True,
    "echo %f": True,
    "cp %p /a/%f": False,
    "cp %p /a/%f || true": True,
    "cp %p /a/%f || :": True,
    "cp %p /a/%f || exit 0": True,
    "cp %p /a/%f || echo failed": True,
    "cp %p /a/%f; true": True,
    "cp %p /a/%f; exit 0": True,
    "cp %p /a/%f && true": False,
    "cp %p /a/%f || exit 1": False,
    "cp %p /a/%f || exit 1; true": False,
    "set -e; cp %p /a/%f; true": False,
    "! false": True,
    "(cp %p /a/%f || true)": True,
    "{ cp %p /a/%f; true; }": True,
    "bash -c 'cp %p /a/%f || true'": True,
    "bash -c 'cp %p /a/%f'": False,
    "if cp %p /a/%f; then true; else echo no; fi": True,
    "if cp %p /a/%f; then true; fi": True,
    "if cp %p /a/%f; then true; else exit 1; fi": False,
    "test -e /a/%f || cp %p /a/%f": False,
    "true || cp %p /a/%f": True,
    "false && true": False,
    "nice -n 19 cp %p /a/%f || true": True,
    "cp %p /a/%f | true": True,
    "echo x > %f": False,
}


@pytest.mark.parametrize("command", STATUSES)
def test_it_knows_which_commands_succeed_whatever_happens(command: str) -> None:
    assert WalCommand(command).always_succeeds is STATUSES[command]


@pytest.mark.parametrize("command", [c for c in STATUSES if c != "echo x > %f"])
def test_bash_agrees_about_each_of_them(command: str, tmp_path: Path) -> None:
    copy = tmp_path / "cp"
    copy.write_text("#!/bin/sh\nexit 1\n")
    copy.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode == 0) is STATUSES[command]


@pytest.mark.parametrize(
    "command",
    [
        "cp %p /a/%f",
        "cp -a '%p' \"/a/%f\"",
        "/usr/bin/cp %p /a/%f",
        "mv %p /a/%f",
        "rsync -a %p host:/a/%f",
        "scp -q %p host:/a/%f",
        "install -m 600 %p /a/%f",
        "dd if=%p of=/a/%f",
        "gzip < %p > /a/%f.gz",
        "gzip -c %p > /a/%f.gz",
        "cat %p | gzip > /a/%f.gz",
        "sudo -u backup cp %p /a/%f",
        "bash -c 'cp %p /a/%f'",
        "aws s3 cp %p s3://b/%f",
        "gsutil cp %p gs://b/%f",
        "rclone copyto %p r:b/%f",
        "mkdir -p /a && cp %p /a/%f",
    ],
)
def test_copies_that_replace_what_is_there_are_known(command: str) -> None:
    assert len(WalCommand(command).unguarded_copies) == 1


@pytest.mark.parametrize(
    "command",
    [
        "test ! -f /a/%f && cp %p /a/%f",
        "[ ! -e /a/%f ] && gzip < %p > /a/%f.gz",
        "[[ -f /a/%f ]] || cp %p /a/%f",
        "if [ ! -f /a/%f ]; then cp %p /a/%f; fi",
        "cmp -s %p /a/%f || cp %p /a/%f",
        "ssh host test ! -f /a/%f && scp %p host:/a/%f",
        "cp -n %p /a/%f",
        "cp -an %p /a/%f",
        "cp --no-clobber %p /a/%f",
        "cp -i %p /a/%f < /dev/null",
        "cp --backup=t %p /a/%f",
        "rsync -a --ignore-existing %p host:/a/%f",
        "set -C; gzip < %p > /a/%f.gz",
        "gsutil cp -n %p gs://b/%f",
        "rclone copyto --immutable %p r:b/%f",
        "aws s3 cp --no-overwrite %p s3://b/%f",
        "pgbackrest --stanza=main archive-push %p",
        "barman-wal-archive host main %p",
        "wal-g wal-push %p",
        "/usr/local/bin/archive.sh %p %f",
        "envdir /etc/wal-e.d/env wal-e wal-push %p",
        "cp %p /dev/null",
        "cp %p 'unfinished",
        "",
    ],
)
def test_copies_that_look_first_and_programs_it_does_not_know_are_left_alone(command: str) -> None:
    assert WalCommand(command).unguarded_copies == () or WalCommand(command).script.broken


def test_the_placeholders_are_those_the_server_replaces() -> None:
    assert WalCommand("cp %p /a/%f").placeholders == {"p", "f"}
    assert WalCommand("date +%%p; cp %%%f x").placeholders == {"f"}
    assert WalCommand("100%").placeholders == frozenset()


@pytest.mark.parametrize(
    "command",
    [
        "test -d /mnt/a && cp %p /mnt/a/%f",
        "mountpoint -q /mnt/a && cp %p /mnt/a/%f",
        'test -n "%f" && cp %p /a/%f',
        "f=/a/%f; cp %p $f",
        "cp %p /a/%f.tmp && mv /a/%f.tmp /a/%f",
        "gzip -c %p | aws s3 cp - s3://b/%f.gz",
        "cp %p /a/%f > /tmp/log 2>&1",
        'rsync -a %p host:/a/%f -e "ssh -p 22"',
    ],
)
def test_what_does_not_look_at_the_file_itself_is_no_guard(command: str) -> None:
    assert len(WalCommand(command).unguarded_copies) == 1


@pytest.mark.parametrize(
    "command",
    [
        "cp %p /a/%f.tmp && mv -n /a/%f.tmp /a/%f",
        "gzip -c %p > /b/%f.gz && aws s3 cp --no-overwrite /b/%f.gz s3://b/%f.gz && rm /b/%f.gz",
        "cp /etc/passwd /a/passwd && pgbackrest archive-push %p",
        "is_archived %f || cp %p /a/%f",
        "archive %p %f > /tmp/%f.log",
        "pgbackrest archive-push %p | tee /tmp/log",
    ],
)
def test_a_stop_on_the_way_and_other_files_are_no_copies_of_the_segment(command: str) -> None:
    assert WalCommand(command).unguarded_copies == ()


# The places that do not last, each with the directory that data_directory names.
VOLATILE = {
    ("cp %p /tmp/%f", None): True,
    ("cp %p /tmp/../tmp/wal/%f", None): True,
    ("cat %p | gzip > /dev/shm/%f.gz", None): True,
    ("dd if=%p of=/run/wal/%f", None): True,
    ("cp %p /dev/null", None): True,
    ("cp %p archive/%f", None): True,
    ("cp %p ./pg_wal/archive/", None): True,
    ("cp %p %p.copy", None): True,
    ('cp %p "${PGDATA}/archive/%f"', None): True,
    ("d=/var/run/wal; mkdir -p $d; cp %p $d/%f", None): True,
    ("cp %p /var/lib/postgresql/16/main/archive/%f", None): True,
    ("cp %p /var/lib/pgsql/data/archive/%f", None): True,
    ("cp %p /data/pg/archive/%f", "/data/pg/"): True,
    ("cp %p /data/pg_archive/%f", "/data/pg"): False,
    ("cp %p /var/lib/pgsql/data/archive/%f", "/data/pg"): False,
    ("cp %p /data/pg/archive/%f", None): False,
    ("cp %p /var/tmp/%f", None): False,
    ("cp %p /tmp_archive/%f", None): False,
    ("cp %p /srv/tmp/%f", None): False,
    ("cp %p ../archive/%f", None): False,
    ("cp %p $PGDATA/../archive/%f", None): False,
    ("cp %p $ARCHIVE/%f", None): False,
    ("cp %p ~/archive/%f", None): False,
    ("cd /srv/wal && cp %p archive/%f", None): False,
    ("scp %p host:archive/%f", None): False,
    ("rsync %p rsync://host/tmp/%f", None): False,
    ("aws s3 cp %p s3://bucket/tmp/%f", None): False,
    ("mc cp %p minio/wal/%f", None): False,
    ("cp %p /tmp/%f && gzip /tmp/%f && scp /tmp/%f.gz host:/a/", None): False,
    ("cp %p /tmp/%f && upload /tmp/%f", None): False,
    ("cp %p /tmp/%f && cp %p /srv/wal/%f", None): False,
    ("cp %p /a/%f > /tmp/log", None): False,
    ('copy "%p" "archive\\\\%f"', None): False,
}


@pytest.mark.parametrize(("command", "data_directory"), VOLATILE)
def test_it_knows_where_an_archive_does_not_last(command: str, data_directory: str | None) -> None:
    found = WalCommand(command).stored_in_vain(data_directory)
    assert bool(found) is VOLATILE[command, data_directory]


UNSYNCED = {
    "cp %p /a/%f": "cp",
    "cp %p /a/%f.tmp && mv /a/%f.tmp /a/%f": "cp",
    "cat %p | gzip > /a/%f.gz": "gzip",
    "rsync -a %p /a/%f": "rsync",
    "dd if=%p of=/a/%f": "dd",
    "install -m 600 %p /a/%f": "install",
    "cp %p /a/%f && sync": None,
    "cp %p /a/%f && sync /a/%f /a": None,
    "rsync --fsync %p /a/%f": None,
    "dd if=%p of=/a/%f conv=excl,fsync": None,
    "dd if=%p of=/a/%f oflag=dsync": None,
    "dd if=%p of=/a/%f.tmp conv=fdatasync && mv /a/%f.tmp /a/%f": None,
    "cp %p /a/%f && fsync-tool /a/%f": None,
    "cp %p /a/%f && rsync /a/%f host:/a/": None,
    "cp %p /mnt/nfs/a/%f": None,
    "cp %p /mnt/nas01/a/%f": None,
    "scp %p host:/a/%f": None,
    "pgbackrest archive-push %p": None,
    "archive.sh %p %f": None,
}


@pytest.mark.parametrize("command", UNSYNCED)
def test_it_knows_which_copies_nothing_syncs(command: str) -> None:
    copy = WalCommand(command).unsynced
    assert (copy.program if copy else None) == UNSYNCED[command]


# Whether the shell takes the destination apart, so that nothing is stored.
SPLIT = {
    "cp %p a/My Backup/%f": False,  # relative: what was meant is anyone's guess
    "cp %p $PWD/My Backup/%f": True,
    'cp %p "$PWD/My Backup/%f"': False,
    "cp %p $PWD/My\\ Backup/%f": False,
    'd="My Backup"; cp %p $d/%f': True,
    'd="My Backup"; cp %p "$d/%f"': False,
    'd="My Backup"; cp %p "$d"/%f': False,
    "d=archive; cp %p $d/%f": False,
    'd="My Backup"; test -e "$d/%f" || cp %p ${d}/%f': True,
    "cp %p 'My Backup/%f'": False,
}


@pytest.mark.parametrize("command", SPLIT)
def test_it_knows_which_paths_fall_apart(command: str) -> None:
    assert bool(split_paths(WalCommand(command))) is SPLIT[command]


@pytest.mark.parametrize("command", [c for c in SPLIT if "a/My" not in c])
def test_bash_stores_the_segment_just_where_they_do_not(command: str, tmp_path: Path) -> None:
    for name in ("My Backup", "archive"):
        (tmp_path / name).mkdir()
    (tmp_path / "%p").write_text("segment")
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode != 0) is SPLIT[command], done.stderr.decode()
    assert any(tmp_path.glob("*/%f")) is not SPLIT[command]


@pytest.mark.parametrize(
    "command",
    [
        "rsync -a %p /backup/a /backup/%f",
        'rsync -a %p -e "ssh -p 22" host:/a/%f',
        "scp -P 22 %p host:/a/%f",
        "cp %p /a /b/",
        "tar cf /a/%f.tar %p /etc/passwd",
    ],
)
def test_options_and_several_operands_are_no_path_that_fell_apart(command: str) -> None:
    assert split_paths(WalCommand(command)) == ()


def test_a_place_in_another_shell_is_a_place_in_the_value() -> None:
    text = "bash -c 'cp %p /a/%f'"
    (copy,) = WalCommand(text).unguarded_copies
    assert text[copy.command.start : copy.command.end] == "cp %p /a/%f"


@pytest.mark.parametrize(
    "text",
    [
        "true && " * 2000 + "cp %p /a/%f",
        "(" * 500 + "cp %p /a/%f" + ")" * 500,
        "if a; then " * 300 + "cp %p /a/%f" + "; fi" * 300,
        "cp %p /a/%f; " * 5000,
        "f() { g; }; g() { f; }; cp %p /a/%f; f",
        "$(" * 300,
    ],
)
def test_no_command_is_too_much_for_it(text: str) -> None:
    command = WalCommand(text, ("%p", "%f"))
    command.always_succeeds, command.lost_failures, command.unguarded_copies, command.unsynced  # noqa: B018 - must return
    assert command.stored_in_vain(None) == ()


_FRAGMENTS = [
    *(
        "cp",
        "%p",
        "%f",
        "/a/",
        "test",
        "!",
        "-f",
        "&&",
        ";",
        "|",
        "||",
        "&",
        "(",
        ")",
        "{",
        "}",
        "if",
        "then",
        "fi",
        "else",
    ),
    *(
        "exit",
        "1",
        "'",
        '"',
        "$x",
        "$1",
        "${",
        "$(",
        "`",
        "x=",
        "gzip",
        "<",
        ">",
        ">>",
        "bash",
        "-c",
        "set",
        "-e",
        "while",
    ),
    *(
        "do",
        "done",
        "case",
        "in",
        "esac",
        "*)",
        ";;",
        "f()",
        "[",
        "]",
        "[[",
        "]]",
        "\\",
        "#",
        "dd",
        "of=",
        "if=",
        "rsync",
    ),
    *("mv", "wait", "$?", "for", "<<E", "E", "basename", "aws", "s3", "-", "\n", "\udc80", "\x00"),
]


@given(st.lists(st.sampled_from(_FRAGMENTS) | st.text(max_size=4), max_size=30), st.sampled_from(["", " "]))
def test_whatever_is_written_it_answers_with_places_in_the_text(fragments: list[str], gap: str) -> None:
    text = gap.join(fragments)
    command = WalCommand(text, ("%p", "%f"))
    places = [(copy.command.start, copy.command.end) for copy in (*command.unguarded_copies, *command.stored)]
    places += [(lost.start, lost.end) for lost in command.lost_failures]
    places += [(guard.start, guard.end) for guard in guards(command)]
    places += [(split.start, split.end) for split in split_paths(command)]
    places += [(copy.destination.start, copy.destination.end) for copy, _ in command.stored_in_vain(None)]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert isinstance(command.always_succeeds, bool)
