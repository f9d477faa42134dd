import subprocess
from pathlib import Path

import pytest

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
