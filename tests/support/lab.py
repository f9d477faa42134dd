"""A lab: a scratch directory with a real PostgreSQL cluster in it, where anything may be broken.

    with Lab(18) as lab:
        lab.psql("CREATE TABLE t AS SELECT 1 AS id")
        lab.kill()
        lab.start()

Nothing that a lab starts outlives it, whatever becomes of the test process: see keeper. Labs are made in
$PGSURVIVE_LABS, else /tmp; on a memory file system they are faster.
"""

import hashlib
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import IO, Self

from tests.support import processes
from tests.support.cache import cached, output_of, server_account
from tests.support.disks import SmallDisk
from tests.support.hosts import Hosts
from tests.support.keeper import Keeper, Kept
from tests.support.postgresql import PostgreSQL, postgresql

_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


class CommandError(AssertionError):
    """A command in a lab failed; the message shows the command, its status and what it wrote."""

    def __init__(self, done: CompletedProcess[str], happened: str) -> None:
        command = done.args if isinstance(done.args, str) else " ".join(done.args)
        parts = [f"{happened}: {command}"]
        parts += [f"--- {name}\n{text.rstrip()}" for name, text in _streams(done) if text.strip()]
        super().__init__("\n".join(parts))
        self.done = done


def _streams(done: CompletedProcess[str]) -> list[tuple[str, str]]:
    return [("stdout", done.stdout), ("stderr", done.stderr)]


class Lab:
    """A cluster of one major in a directory of its own, made on entry, gone on exit.

    directory: the scratch directory; short, since a socket's path is limited to 107 bytes
    postgresql: the installation in use
    env: the environment of every command; change it to change what later commands see
    hosts: the lab's two hosts, if it was asked for a second one
    small_disk: the file system that is soon full, if it was asked for one
    """

    directory: Path
    postgresql: PostgreSQL
    env: dict[str, str]
    hosts: Hosts | None
    small_disk: SmallDisk | None

    def __init__(
        self,
        major: int,
        *,
        start: bool = True,
        initdb_args: Sequence[str] = (),
        fresh: bool = False,
        second_host: bool = False,
        small_disk: bool = False,
    ) -> None:
        """Prepare a lab.

        start: whether the server is running on entry
        initdb_args: further options of initdb
        fresh: run initdb for this lab alone. Otherwise it starts from a copy, so that all labs of a major
            have the same system identifier: enough unless two labs meet.
        second_host: whether there are two hosts, where hosts.unavailable() has nothing against it. The cluster
            is on the first; the second has the same directories at the same paths, empty.
        small_disk: whether SMALL_DISK names an empty file system that is soon full, where disks.unavailable() has
            nothing against it. Not together with a second host.
        """
        self.postgresql = postgresql(major)
        self._start = start
        self._initdb_args = tuple(initdb_args)
        self._fresh = fresh
        self._second_host = second_host
        self._small_disk = small_disk
        self.hosts = None
        self.small_disk = None
        self._account = server_account()
        self._keeper: Keeper | None = None

    def __enter__(self) -> Self:
        if sys.platform != "linux":
            raise NotImplementedError("a lab needs Linux: it finds its processes in /proc")
        labs = Path(os.environ.get("PGSURVIVE_LABS", "/tmp")).absolute()
        self.directory = labs / f"pgs.{secrets.token_hex(3)}"
        self._keeper = Keeper(self.directory, self._account)
        try:
            self._furnish()
            if self._start:
                self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything that was started in the lab and remove its directory."""
        keeper, self._keeper = self._keeper, None
        if keeper:
            keeper.close()

    def run(
        self,
        command: Sequence[str | Path] | str,
        *,
        input: str | None = None,  # noqa: A002 - the name that subprocess.run gives it
        check: bool = True,
        timeout: float = 120,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        on_second_host: bool = False,
    ) -> CompletedProcess[str]:
        """Run a command as the server's account, a string by bash, and return when it has ended.

        A process that it leaves in the background goes on. With `check`, a status other than 0 raises
        CommandError; running longer than `timeout` seconds always does. `env` is added to the lab's.
        """
        argv = ["bash", "-c", command] if isinstance(command, str) else [str(part) for part in command]
        # Files, not pipes: a server left in the background holds its output open for as long as it lives.
        with (
            tempfile.TemporaryFile() as stdin,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            stdin.write((input or "").encode())
            stdin.seek(0)
            process = self.start_process(
                argv, stdin, out, err, env=env, cwd=cwd, on_second_host=on_second_host
            )
            happened = None
            try:
                process.wait(timeout)
            except TimeoutError:
                happened = f"still running after {timeout:g} s"
            finally:
                process.kill()
            status = process.wait()
            done = CompletedProcess(
                command if isinstance(command, str) else argv, status, _text(out), _text(err)
            )
        if happened is None and check and status != 0:
            happened = f"exit status {status}" if status > 0 else f"ended by {signal.Signals(-status).name}"
        if happened:
            raise CommandError(done, happened)
        return done

    def start_process(
        self,
        command: Sequence[str | Path],
        stdin: IO[bytes],
        stdout: IO[bytes],
        stderr: IO[bytes],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        on_second_host: bool = False,
    ) -> Kept:
        """Start a command as the server's account, in a session of its own, and return at once."""
        if self._keeper is None:
            raise RuntimeError("the lab is not open")
        if on_second_host and self.hosts is None:
            raise RuntimeError("the lab has no second host")
        environment = {**self.env, **(env or {}), processes.MARKER: str(self.directory)}
        host = None
        if self.hosts:
            host = self.hosts.second if on_second_host else self.hosts.first
        if self.small_disk:
            host = self.small_disk.process
        return self._keeper.start(
            [str(part) for part in command],
            environment,
            cwd or self.directory,
            (stdin, stdout, stderr),
            namespaces_of=host,
        )

    def psql(self, sql: str, *, port: int | None = None) -> str:
        """Run SQL with psql, stop at the first error, and return its unaligned output without headers."""
        options = ["-p", str(port)] if port else []
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *options]
        return self.run(command, input=sql).stdout.strip()

    def start(self) -> None:
        """Start the cluster in PGDATA and wait until it accepts connections."""
        log = self.directory / "server.log"
        before = log.stat().st_size if log.exists() else 0
        done = self.run(["pg_ctl", "-w", "-s", "-l", str(log), "start"], check=False)
        if done.returncode != 0:
            raise CommandError(
                CompletedProcess(done.args, done.returncode, self.log()[before:], done.stderr),
                "the server does not start",
            )

    def stop(self, mode: str = "fast") -> None:
        """Stop the cluster in PGDATA: smart, fast or immediate."""
        self.run(["pg_ctl", "-w", "-s", "-m", mode, "stop"])

    def restart(self) -> None:
        """Stop the cluster in PGDATA and start it again."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """Kill the postmaster in PGDATA and all its descendants with SIGKILL: a crash."""
        pid = int((self.pgdata / "postmaster.pid").read_text().splitlines()[0])
        processes.end({pid} | processes.descendants(pid))
        deadline = time.monotonic() + 10
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.005)  # until the keeper has collected it: see there

    def configure(self, text: str) -> None:
        """Append lines to postgresql.conf; a restart or reload makes them count."""
        with (self.pgdata / "postgresql.conf").open("a") as file:
            file.write(f"\n{text.strip()}\n")

    @property
    def pgdata(self) -> Path:
        """The data directory."""
        return Path(self.env["PGDATA"])

    def log(self) -> str:
        """Return what the servers started by start() have logged so far."""
        return (self.directory / "server.log").read_text(errors="replace")

    def wait_until(self, sql: str, *, port: int | None = None, timeout: float = 30) -> None:
        """Return once the query answers true."""
        deadline = time.monotonic() + timeout
        while (answer := self.psql(sql, port=port)) != "t":
            if time.monotonic() > deadline:
                raise AssertionError(f"after {timeout:g} s still {answer!r}, not true: {sql}")
            time.sleep(0.05)

    def archive_now(self, *, timeout: float = 30) -> str:
        """Switch to a new WAL segment, wait until the one before is archived, and return its name."""
        segment = self.psql("SELECT pg_walfile_name(pg_switch_wal())")
        ready = self.pgdata / "pg_wal" / "archive_status" / f"{segment}.ready"
        deadline = time.monotonic() + timeout
        while ready.exists():
            if time.monotonic() > deadline:
                raise AssertionError(f"{segment} is not archived after {timeout:g} s; the log:\n{self.log()}")
            time.sleep(0.02)
        return segment

    def write(self, path: str | Path, text: str, *, mode: int = 0o644) -> Path:
        """Write a file that belongs to the server's account; a relative path is one in the lab."""
        target = self.directory / path
        target.write_text(text)
        target.chmod(mode)
        if self._account:
            os.chown(target, self._account.uid, self._account.gid)
        return target

    def add_to_path(self, directory: Path) -> None:
        """Let later commands find the programs of one more directory."""
        first, _, rest = self.env["PATH"].partition(":")
        self.env["PATH"] = f"{first}:{directory}:{rest}"

    def _furnish(self) -> None:
        self.directory.mkdir(mode=0o700)
        if self._account:
            os.chown(self.directory, self._account.uid, self._account.gid)
        self.env = {
            "PATH": f"{self.postgresql.bindir}:{_SYSTEM_PATH}",
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory / "tmp"),
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "LAB": str(self.directory),
            "PGDATA": str(self.directory / "data"),
            "PGHOST": str(self.directory / "socket"),
            "PGPORT": "5432",
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
            "BACKUP_DIR": str(self.directory / "backup"),
            "ARCHIVE_DIR": str(self.directory / "archive"),
            # Their defaults are shared by the whole machine, where labs would lock each other out.
            "PGBACKREST_LOCK_PATH": str(self.directory / "tmp"),
            "PGBACKREST_LOG_PATH": str(self.directory / "tmp"),
            "PGBACKREST_SPOOL_PATH": str(self.directory / "tmp"),
        }
        libraries = self.postgresql.bindir.parent / "lib"
        if any(libraries.glob("libpq.so*")):
            # The wheels' libpqwalreceiver looks for its libpq where they were built, and else takes the system's.
            self.env["LD_LIBRARY_PATH"] = str(libraries)
        if self._account:
            self.env["USER"] = self.env["LOGNAME"] = self._account.name
        directories = [self.env[name] for name in ("TMPDIR", "PGHOST", "BACKUP_DIR", "ARCHIVE_DIR")]
        marked = {**self.env, processes.MARKER: str(self.directory)}
        if self._small_disk and self._keeper:
            self.small_disk = SmallDisk(self.directory, self._keeper, self._account, marked)
            self.env["SMALL_DISK"] = str(self.small_disk.directory)
        if self._second_host and self._keeper:
            self.hosts = Hosts(self.directory, self._keeper, self._account, marked)
            self.env["EXCHANGE"] = str(self.hosts.exchange)
            self.run(["mkdir", *directories], on_second_host=True)
        self.run(["mkdir", *directories])
        if self._fresh:
            self.run(["initdb", *_initdb_options(self._initdb_args), "-D", self.env["PGDATA"]])
        else:
            template = _template(self.postgresql, self._initdb_args)
            self.run(["cp", "-a", "--reflink=auto", str(template / "data"), self.env["PGDATA"]])
        conf = self.pgdata / "postgresql.conf"
        conf.write_text(
            f"unix_socket_directories = '{self.env['PGHOST']}'\nlisten_addresses = ''\n\n{conf.read_text()}"
        )


def _initdb_options(further: Sequence[str]) -> list[str]:
    return ["--username=postgres", "--auth=trust", *further]


def _template(installation: PostgreSQL, initdb_args: Sequence[str]) -> Path:
    """Return the directory that holds, as `data`, what initdb makes with these options; cached."""
    account = server_account()
    key = repr((installation.bindir, installation.version, account, os.geteuid(), initdb_args))

    def build(directory: Path) -> None:
        if account:
            os.chown(directory, account.uid, account.gid)
        output_of(
            [
                installation.program("initdb"),
                *_initdb_options(initdb_args),
                *("-D", directory / "data"),
            ],
            what=f"initdb of PostgreSQL {installation.version}",
            account=account,
            cwd=Path("/"),
            env={"PATH": _SYSTEM_PATH, "TZ": "UTC", "LC_ALL": "C.UTF-8"},
        )

    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return cached(f"templates/{installation.version}-{digest}", build)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
