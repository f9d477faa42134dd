"""A lab holds a real server, tells what fails in it, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.lab import CommandError, Lab
from tests.support.software import MAJORS

ROOT = Path(__file__).parents[2]
ONE_MAJOR = pytest.mark.majors(max(MAJORS))

# A server and a second one on another port, a daemon that is known by no environment, and shared memory.
FURNISHED = """
import sys
from tests.support.lab import Lab

lab = Lab(int(sys.argv[1])).__enter__()
lab.run('''
    initdb -D "$LAB/second" -U postgres --auth=trust
    echo "unix_socket_directories = '$PGHOST'" >> "$LAB/second/postgresql.conf"
    pg_ctl -D "$LAB/second" -o "-p 5433 -c listen_addresses=" -w start
    cd / && (env -i setsid sleep 1000 &)
''')
assert lab.psql("SELECT 1", port=5433) == "1"
print(lab.directory, flush=True)
sys.stdin.read()
"""


def wait_until_gone(directory: str, pids: set[int]) -> None:
    deadline = time.monotonic() + 20
    while Path(directory).exists() or any(Path(f"/proc/{pid}").exists() for pid in pids):
        left = [pid for pid in pids if Path(f"/proc/{pid}").exists()]
        assert time.monotonic() < deadline, f"left behind: {directory}, processes {left}"
        time.sleep(0.05)


def command(pid: int) -> str:
    """Return the program of a process, empty if it has ended: a server's workers come and go."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0]
    except OSError:
        return ""


def existing(segments: set[tuple[str, str, int]]) -> list[str]:
    rows = Path("/proc/sysvipc/shm").read_text().splitlines()
    found = {("sysv", row.split()[1]) for row in rows}
    found |= {("posix", str(path)) for path in Path("/dev/shm").iterdir()}
    return sorted(kind for kind, name, _ in segments if (kind, name) in found)


def test_a_lab_offers_a_running_server_of_its_major_under_an_ordinary_account(lab: Lab, major: int) -> None:
    assert lab.psql("SHOW server_version_num")[:2] == str(major)
    assert lab.psql("SHOW data_directory") == lab.env["PGDATA"]
    assert lab.psql("SHOW listen_addresses") == ""
    assert lab.psql("SHOW data_checksums") == ("on" if major >= 18 else "off")
    assert lab.psql("SELECT pg_postmaster_start_time() < now()") == "t"
    postmaster = (lab.pgdata / "postmaster.pid").read_text().splitlines()[0]
    assert Path(f"/proc/{postmaster}").stat().st_uid != 0
    for name in ("BACKUP_DIR", "ARCHIVE_DIR"):
        assert list(Path(lab.env[name]).iterdir()) == []
        lab.run(f'touch "${name}/writable"')


def test_the_contrib_modules_of_corruption_checks_can_be_installed(lab: Lab) -> None:
    lab.psql("CREATE EXTENSION amcheck; CREATE EXTENSION pageinspect")
    assert lab.psql("SELECT count(*) FROM heap_page_items(get_raw_page('pg_class', 0))") != "0"


def test_a_kill_is_a_crash_that_keeps_exactly_what_was_committed(lab: Lab) -> None:
    lab.psql("CREATE TABLE paid (id int); INSERT INTO paid VALUES (1)")
    with subprocess.Popen(["sleep", "0"]):  # a child of this process has no part in it
        lab.run("(echo 'BEGIN; INSERT INTO paid VALUES (2); SELECT pg_sleep(1000);' | psql -X) &")
    lab.wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    lab.kill()
    lab.start()
    assert lab.psql("SELECT id FROM paid") == "1"
    assert "database system was not properly shut down" in lab.log()


@ONE_MAJOR
def test_a_restart_makes_a_setting_count(lab: Lab) -> None:
    lab.configure("max_connections = 23")
    lab.restart()
    assert lab.psql("SHOW max_connections") == "23"


@ONE_MAJOR
def test_labs_share_a_system_identifier_unless_a_fresh_one_is_asked_for(major: int) -> None:
    identifiers = []
    for fresh in (False, False, True):
        with Lab(major, fresh=fresh) as lab:
            identifiers.append(lab.psql("SELECT system_identifier FROM pg_control_system()"))
    assert identifiers[0] == identifiers[1] != identifiers[2]


@ONE_MAJOR
def test_options_of_initdb_reach_initdb(major: int) -> None:
    with Lab(major, initdb_args=["--wal-segsize=4", "--no-data-checksums"]) as lab:
        assert lab.psql("SHOW wal_segment_size") == "4MB"
        assert lab.psql("SHOW data_checksums") == "off"


@ONE_MAJOR
def test_a_server_that_does_not_start_shows_its_log(lab: Lab) -> None:
    lab.configure("no_such_setting = 1")
    with pytest.raises(CommandError, match="unrecognized configuration parameter"):
        lab.restart()


@ONE_MAJOR
def test_a_failing_command_shows_its_status_and_all_that_it_wrote(lab: Lab) -> None:
    with pytest.raises(CommandError) as failure:
        lab.run("echo to stdout; echo to stderr >&2; exit 3")
    message = str(failure.value)
    assert "exit status 3: echo to stdout; echo to stderr >&2; exit 3" in message
    assert "--- stdout\nto stdout\n--- stderr\nto stderr" in message
    with pytest.raises(CommandError, match="division by zero"):
        lab.psql("SELECT 1/0")
    assert lab.run("exit 3", check=False).returncode == 3


@ONE_MAJOR
def test_a_command_that_hangs_is_ended_with_its_children(lab: Lab) -> None:
    def sleepers() -> list[str]:
        commands = (Path(f"/proc/{pid}/cmdline") for pid in processes.belonging_to(str(lab.directory)))
        return [command.read_text() for command in commands if "sleep" in command.read_text()]

    lab.run("sleep 1000 &")
    assert sleepers() == ["sleep\x001000\x00"]
    with pytest.raises(CommandError, match=r"still running after 0\.5 s"):
        lab.run("sleep 998 & sleep 999", timeout=0.5)
    assert sleepers() == ["sleep\x001000\x00"]


@ONE_MAJOR
def test_a_command_returns_while_what_it_started_goes_on_writing(lab: Lab) -> None:
    began = time.monotonic()
    done = lab.run("(sleep 30; echo late) & echo early")
    assert (done.stdout, time.monotonic() - began < 10) == ("early\n", True)


@ONE_MAJOR
def test_archive_now_returns_when_the_segment_is_in_the_archive(lab: Lab) -> None:
    lab.configure("archive_mode = on\narchive_command = 'sleep 0.3; cp %p \"$ARCHIVE_DIR/%f\"'")
    lab.restart()
    lab.psql("CREATE TABLE t ()")
    segment = lab.archive_now()
    assert (Path(lab.env["ARCHIVE_DIR"]) / segment).stat().st_size == 16 * 1024 * 1024


@ONE_MAJOR
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGINT", "end of the program"])
def test_nothing_outlives_a_test_process(major: int, how: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FURNISHED, str(major)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as test_process:
        assert test_process.stdout
        directory = test_process.stdout.readline().strip()
        assert Path(directory).name.startswith("pgs."), "the lab did not start"
        pids = processes.descendants(test_process.pid)
        commands = [command(pid) for pid in pids]
        assert sum(command.endswith("/postgres") for command in commands) == 2
        assert commands.count("sleep") == 1
        segments = {segment for pid in pids for segment in processes.shared_memory(pid)}
        assert set(existing(segments)) == {"posix", "sysv"}
        if how.startswith("SIG"):
            os.kill(test_process.pid, signal.Signals[how])
    wait_until_gone(directory, pids)
    assert existing(segments) == []


@ONE_MAJOR
def test_closing_a_lab_ends_a_process_that_was_started_around_it(lab: Lab, major: int) -> None:
    with Lab(major, start=False) as other:
        stray = subprocess.Popen(["sleep", "1000"], env=other.env)
    assert stray.wait(timeout=5) == -signal.SIGKILL
    assert not other.directory.exists()
    assert lab.psql("SELECT 1") == "1"


@ONE_MAJOR
def test_a_lab_removes_what_a_test_made_unreadable(major: int) -> None:
    with Lab(major, start=False) as lab:
        lab.run('mkdir "$LAB/locked" && touch "$LAB/locked/file" && chmod 000 "$LAB/locked"')
    assert not lab.directory.exists()
