"""A lab's second host is another machine to everything in the lab, and to the machine there is none."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import hosts, processes
from tests.support.hosts import unavailable
from tests.support.lab import Lab
from tests.support.test_lab import wait_until_gone

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.majors(18)

KILLED = """
import sys
from tests.support.lab import Lab

lab = Lab(18, start=False, second_host=True).__enter__()
print(lab.directory, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def two(major: int, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Return a lab with two hosts and a running server on the first."""
    if reason := unavailable():
        request.node.add_marker("not_here")
        pytest.skip(reason)
    with Lab(major, second_host=True) as lab:
        yield lab


def test_root_with_iproute2_has_two_hosts_unless_the_kernel_refuses() -> None:
    reason = unavailable()
    assert (
        reason is None or os.geteuid() != 0 or "needs ip " in reason or "which this machine refuses" in reason
    )


def test_without_root_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unavailable.__wrapped__() == "a second host needs root, to make network namespaces"


def test_without_iproute2_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nowhere")
    assert unavailable.__wrapped__() == "a second host needs ip (package iproute2)"


def test_the_hosts_reach_each_other_by_name_and_nothing_else(two: Lab) -> None:
    ask = f"getent hosts {hosts.FIRST} {hosts.SECOND}; cat /proc/net/route | tail -n +2 | wc -l"
    expected = (
        f"{hosts.ADDRESSES[hosts.FIRST]} {hosts.FIRST} {hosts.ADDRESSES[hosts.SECOND]} {hosts.SECOND} 1"
    )
    for second in (False, True):
        assert two.run(ask, on_second_host=second).stdout.split() == expected.split()
    two.configure(f"listen_addresses = '{hosts.FIRST}'")
    two.restart()
    two.run('echo "host all all samenet trust" >>"$PGDATA/pg_hba.conf"; pg_ctl reload')
    psql = f"psql -XAt -h {hosts.FIRST} -c 'SELECT inet_client_addr()'"
    assert two.run(psql, on_second_host=True).stdout == f"{hosts.ADDRESSES[hosts.SECOND]}\n"


def test_neither_host_sees_the_disk_of_the_other(two: Lab) -> None:
    two.run('touch "$BACKUP_DIR/of the first"')
    two.run('touch "$BACKUP_DIR/of the second"', on_second_host=True)
    look = 'find "$LAB" -name "of the*"'
    assert two.run(look).stdout == f"{two.directory}/backup/of the first\n"
    assert two.run(look, on_second_host=True).stdout == f"{two.directory}/backup/of the second\n"
    assert two.hosts
    assert (two.hosts.disk / "backup" / "of the second").exists()
    two.run('echo certificate >"$LAB/exchange/file"')
    assert two.run('cat "$LAB/exchange/file"', on_second_host=True).stdout == "certificate\n"


def test_both_hosts_run_as_the_labs_account(two: Lab) -> None:
    who = two.run("id").stdout
    assert two.run("id", on_second_host=True).stdout == who
    assert "(root)" not in who


def test_the_machines_own_network_does_not_change(two: Lab) -> None:
    assert two.hosts
    names = [path.name for path in Path("/sys/class/net").iterdir()]
    with Lab(18, start=False, second_host=True) as other:
        assert [path.name for path in Path("/sys/class/net").iterdir()] == names
        assert other.run("getent hosts " + hosts.SECOND).stdout


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "end of the program"])
def test_no_host_outlives_a_test_process(two: Lab, how: str) -> None:
    assert two.hosts
    before = mounts()
    ours = {_network(os.getpid()), _network(two.hosts.first), _network(two.hosts.second)}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as test_process:
        assert test_process.stdout
        directory = test_process.stdout.readline().strip()
        pids = processes.descendants(test_process.pid)
        made = {_network(pid) for pid in pids} - ours
        assert len(made) == 2
        if how.startswith("SIG"):
            os.kill(test_process.pid, signal.Signals[how])
    wait_until_gone(directory, pids)
    deadline = time.monotonic() + 10
    while left := made & {
        _network(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()
    }:
        assert time.monotonic() < deadline, f"left behind: {left}"
        time.sleep(0.05)
    assert mounts() == before


def test_no_host_outlives_its_keeper(two: Lab) -> None:
    assert two.hosts
    two.run(
        """
        initdb --username=postgres --auth=trust
        printf "listen_addresses = ''\nunix_socket_directories = '%s'\n" "$PGHOST" >>"$PGDATA/postgresql.conf"
        pg_ctl -s -l "$LAB/server.log" start
        """,
        on_second_host=True,
    )
    made = {_network(two.hosts.first), _network(two.hosts.second)}
    keeper = int(two.run('echo "$PPID"').stdout)
    pids = processes.descendants(keeper)
    assert two.hosts.second in pids
    os.kill(keeper, signal.SIGKILL)
    two.close()
    wait_until_gone(str(two.directory), pids)
    assert not made & {_network(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()}


def mounts() -> int:
    """Return how many namespaces are mounted somewhere, which would keep them without a process."""
    return Path("/proc/self/mountinfo").read_text().count(" nsfs ")


def _network(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""
