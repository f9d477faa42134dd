"""Whose failure the status of an archive_command hides, with bash as the judge."""

import subprocess
from pathlib import Path

import pytest

from pgsurvive.estate.wal_command import WalCommand

# Whether the status is zero although nothing that stores the segment worked.
HIDES = {
    "gzip -c %p | ssh host 'cat > a/%f'": True,
    "cat %p | gzip > a/%f.gz": True,
    "cat %p | tee a/%f | cat > b/%f": True,
    "cat < %p | gzip > a/%f.gz": True,
    "bash -c 'cat %p | gzip > a/%f.gz'": True,
    "bash -c 'set -o pipefail; cat %p | gzip > a/%f.gz'": False,
    "bash -o pipefail -c 'cat %p | gzip > a/%f.gz'": False,
    "set -o pipefail; cat %p | gzip > a/%f.gz": False,
    "gzip -c %p | ssh host 'gunzip > a/%f'": False,
    "cat %p | zstd -d > a/%f": False,
    "pgbackrest archive-push %p 2>&1 | logger": True,
    "pgbackrest archive-push %p | tee -a log": True,
    "cp %p a/%f; sync": True,
    "cp %p a/%f; find a -mtime +7 -delete": True,
    "cp %p a/%f; echo $?; logger x": False,
    "cp %p a/%f; status=$?; logger x; exit $status": False,
    "cp %p a/%f; cmp %p a/%f": False,
    "cp %p a/%f; test -f a/%f": False,
    "cp %p a/%f; cp %p b/%f": False,
    "cp %p a/%f || exit 1; sync": False,
    "set -e; cp %p a/%f; sync": False,
    "bash -ec 'cp %p a/%f; sync'": False,
    "if ! cp %p a/%f; then exit 1; fi; sync": False,
    "cp %p a/%f && sync": False,
    "cp %p a/%f &": True,
    "cp %p a/%f & wait": True,
    "cp %p a/%f & wait $!": False,
    "(cp %p a/%f) &": True,
    "cp %p a/%f || logger failed": True,
    "cp %p a/%f || { logger failed; false; }": False,
    "cp %p a/%f || { logger failed; exit 1; }": False,
    "cp %p a/%f || cp %p b/%f": False,
    "if cp %p a/%f; then logger ok; fi": True,
    "if cp %p a/%f; then logger ok; else logger failed; fi": True,
    "if cp %p a/%f; then logger ok; else exit 1; fi": False,
    "cp %p a/%f": False,
    "! cp %p a/%f": True,
    "sudo nice cp %p a/%f; sync": True,
    "log() { logger $1; }; cp %p a/%f; log %p": True,
    "store() { cp $1 a/$2; }; store %p %f": False,
    "store() { cp $1 a/$2; }; store %p %f; sync": True,
    "store() { cp $1 a/$2 || exit 1; }; store %p %f; sync": False,
}

# Where bash says that the failure is hidden and nothing is said: not understood, or left alone on purpose.
SILENT = {"! cp %p a/%f"}
# Who asks for the status may do anything with it.
ASKED = {"cp %p a/%f; echo $?; logger x"}

_FAILING = ("cp", "pgbackrest", "rsync")
_WORKING = {
    "logger": "exit 0",
    "sudo": 'exec "$@"',
    "ssh": 'shift; exec bash -c "$*"',
    "find": "exit 0",
    "sync": "exit 0",
}
_STREAMS = ("cat", "gzip")


@pytest.mark.parametrize("command", HIDES)
def test_it_knows_whose_failure_is_hidden(command: str) -> None:
    hidden = bool(WalCommand(command).lost_failures)
    assert hidden is (HIDES[command] and command not in SILENT)


@pytest.mark.parametrize("command", sorted(set(HIDES) - ASKED))
def test_bash_agrees_about_each_of_them(command: str, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    scripts = dict(_WORKING) | dict.fromkeys(_FAILING, "exit 1")
    # What reads the segment fails; what reads a pipe works on what comes.
    for name in _STREAMS:
        reads_it = 'case "$* $(readlink -f /dev/stdin)" in *%p*) exit 1;; esac'
        scripts[name] = f'{reads_it}\nexec /bin/{name} "$@"'
    for name, script in scripts.items():
        (programs / name).write_text(f"#!/bin/bash\n{script}\n")
        (programs / name).chmod(0o755)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "%p").write_text("segment")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={"PATH": f"{programs}:/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert (done.returncode == 0) is HIDES[command], done.stderr.decode()


@pytest.mark.parametrize(
    ("command", "marked"),
    [
        ("test -d a && cat %p | gzip > a/%f", "cat %p | gzip > a/%f"),
        ("bash -c 'cp %p a/%f; sync'", "cp %p a/%f"),
        ('bash -c "cp %p a/%f || logger \\"no\\""', '"cp %p a/%f || logger \\"no\\""'),
    ],
)
def test_it_says_where(command: str, marked: str) -> None:
    (lost,) = WalCommand(command).lost_failures
    # A redirection behind the last part of a pipeline belongs to the pipeline only in our reading.
    assert command[lost.start : lost.end] in marked
    assert command[lost.start : lost.end]


def test_a_command_that_always_succeeds_is_not_told_twice() -> None:
    command = WalCommand("gzip -c %p | ssh host 'cat > a/%f'; true")
    assert command.always_succeeds
    assert command.lost_failures == ()


def test_another_command_that_stores_the_segment_and_decides_is_enough() -> None:
    assert WalCommand("aws s3 cp %p s3://b/%f & cp %p a/%f").lost_failures == ()
    assert WalCommand("cp %p a/%f || true; pgbackrest archive-push %p").lost_failures == ()
