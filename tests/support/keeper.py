"""A lab's process 1: starts its processes, collects the orphans, and ends them all when the lab is over.

`python -m tests.support.keeper DIRECTORY` reads requests from a socket on its stdin, whose other end only the
test process holds. End of file means that the lab is closed or that the test process is gone, even by
SIGKILL; then everything that the lab started is killed and its directory removed.

Collecting orphans is not only tidiness. A daemon that is killed stays a zombie until its parent collects its
status, and PostgreSQL takes a zombie postmaster for a running one; process 1 of many containers collects late
or never.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from tests.support import processes

if TYPE_CHECKING:  # a keeper starts with every lab, and starts faster with fewer imports
    from tests.support.cache import Account

_PR_SET_CHILD_SUBREAPER = 36
_REQUEST_LIMIT = 1 << 20
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Keeper:
    """The test process's side of a lab's keeper."""

    def __init__(self, directory: Path, account: Account | None) -> None:
        self._directory = directory
        self._account = account
        self._kept: list[Kept] = []
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _REQUEST_LIMIT)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-S", "-m", __name__, str(directory)],
                stdin=theirs.fileno(),
                cwd="/",
                env={"PYTHONPATH": str(Path(__file__).parents[2])},
                start_new_session=True,
            )

    def start(
        self,
        argv: list[str],
        env: dict[str, str],
        cwd: Path,
        files: tuple[IO[bytes], IO[bytes], IO[bytes]],
        *,
        namespaces_of: int | None = None,
        as_root: bool = False,
    ) -> Kept:
        """Start a process as the server's account, in a session of its own.

        namespaces_of: the process whose network and view of the file system it gets; None for the keeper's
        as_root: as the keeper's own account instead
        """
        request: dict[str, Any] = {"argv": argv, "env": env, "cwd": str(cwd), "namespaces_of": namespaces_of}
        if self._account and not as_root:
            request |= {"uid": self._account.uid, "gid": self._account.gid}
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            descriptors = [file.fileno() for file in files]
            socket.send_fds(self._socket, [json.dumps(request).encode()], [*descriptors, theirs.fileno()])
        self._kept.append(Kept(ours))
        return self._kept[-1]

    def close(self) -> None:
        """End everything that was started and remove the directory."""
        self._socket.close()
        for kept in self._kept:
            kept.forget()
        if self._process.wait() != 0:
            processes.sweep(str(self._directory))


class Kept:
    """A process that a keeper has started: its pid, and its returncode once it has been waited for."""

    def __init__(self, reply: socket.socket) -> None:
        self._reply = reply
        self.pid = _answer(reply)
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return its status as subprocess does, or raise TimeoutError."""
        if self.returncode is None:
            self._reply.settimeout(timeout)
            self.returncode = _answer(self._reply)
            self._reply.close()
        return self.returncode

    def kill(self) -> None:
        """Send SIGKILL to its process group."""
        if self.returncode is None:
            with suppress(ProcessLookupError):  # it may end at this moment
                os.killpg(self.pid, signal.SIGKILL)

    def forget(self) -> None:
        """Give up waiting for it."""
        self._reply.close()


def _answer(reply: socket.socket) -> int:
    answer = reply.recv(64)
    if not answer:
        raise ConnectionError("the keeper of the lab has died")
    return int(answer)


def _keep(requests: socket.socket) -> None:
    """Serve requests until the other end is closed."""
    replies: dict[int, socket.socket] = {}
    wakeup, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([requests.fileno(), wakeup], [], [])
        if requests.fileno() in ready:
            message, descriptors, _, _ = socket.recv_fds(requests, _REQUEST_LIMIT, 4)
            if not message:
                return
            for descriptor in descriptors:
                os.set_inheritable(descriptor, False)  # noqa: FBT003 - takes no keyword
            *files, reply_descriptor = descriptors
            pid = os.fork()
            if pid == 0:
                _become(json.loads(message), files)
            for descriptor in files:
                os.close(descriptor)
            replies[pid] = socket.socket(fileno=reply_descriptor)
            _tell(replies[pid], pid)
        if wakeup in ready:
            os.read(wakeup, 4096)
            _collect(replies)


def _become(request: dict[str, Any], files: list[int]) -> NoReturn:
    """Turn this forked child into the program that the request names."""
    try:
        os.setsid()
        for number in (*_IGNORED, signal.SIGPIPE, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        for target, descriptor in enumerate(files):
            os.dup2(descriptor, target)
        os.umask(0o022)
        if request["namespaces_of"]:
            _enter(request["namespaces_of"])
        if "uid" in request:
            os.setgroups([])
            os.setgid(request["gid"])
            os.setuid(request["uid"])
        os.chdir(request["cwd"])
        os.execvpe(request["argv"][0], request["argv"], request["env"])  # noqa: S606 - no shell is meant to see it
    except BaseException as error:  # noqa: BLE001 - a child must not return into the keeper's loop
        os.write(2, f"{request['argv']}: {error}\n".encode())
    os._exit(127)


def _enter(process: int) -> None:
    """Enter the network and mount namespaces of a process."""
    descriptors = [os.open(f"/proc/{process}/ns/{kind}", os.O_RDONLY) for kind in ("net", "mnt")]
    for descriptor in descriptors:
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0) != 0:
            raise OSError(ctypes.get_errno(), "cannot enter the namespace")
        os.close(descriptor)


def _collect(replies: dict[int, socket.socket]) -> None:
    """Collect every child that has ended, and tell the status of those that were asked for."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid in replies:
            with replies.pop(pid) as reply:
                _tell(reply, os.waitstatus_to_exitcode(status))


def _tell(reply: socket.socket, number: int) -> None:
    with suppress(OSError):  # nobody may be waiting for this process
        reply.send(str(number).encode())


def main() -> None:
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with socket.socket(fileno=0) as requests:
        _keep(requests)
    processes.sweep(sys.argv[1], os.getpid())


if __name__ == "__main__":
    main()
