"""Where fetched programs are kept, and how they get there whole or not at all."""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path


class SoftwareError(Exception):
    """A program that the tests need could not be made ready; says which, why, and the way out."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account to start programs as."""

    name: str
    uid: int
    gid: int


@cache
def server_account() -> Account | None:
    """Return the account servers run as when this process is root, which PostgreSQL refuses; else None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise SoftwareError("servers do not run as root, and there is neither a user postgres nor nobody here")


def output_of(
    command: Sequence[str | Path],
    *,
    what: str,
    account: Account | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Return the stdout of a command; SoftwareError, beginning with `what`, says how it failed."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            umask=0o022,
            cwd=cwd,
            env=env,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except OSError as error:
        raise SoftwareError(f"{what}: {error}") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        last = [line for line in said if not line.startswith("WARNING:")][-8:]
        shown = " ".join(map(str, command))
        raise SoftwareError("\n  ".join([what, f"{shown}: exit status {done.returncode}", *last]))
    return done.stdout


@cache
def cache_directory() -> Path:
    """Return $PGSURVIVE_CACHE, else /var/cache/pgsurvive as root, else ~/.cache/pgsurvive."""
    chosen = os.environ.get("PGSURVIVE_CACHE")
    if chosen:
        path = Path(chosen).absolute()
    elif os.geteuid() == 0:
        path = Path("/var/cache/pgsurvive")
    else:
        path = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pgsurvive"
    way_out = "set PGSURVIVE_CACHE to a writable directory outside the checkout"
    try:
        path.mkdir(parents=True, exist_ok=True)
        if path.stat().st_uid == os.geteuid():
            path.chmod(0o755)
    except OSError as error:
        raise SoftwareError(f"cannot use the cache {path}: {error.strerror}; {way_out}") from error
    account = server_account()
    if account:
        output_of(
            ["test", "-x", path],
            what=f"user {account.name} cannot enter the cache {path}; {way_out} that others can enter",
            account=account,
        )
    return path


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cached(name: str, build: Callable[[Path], None]) -> Path:
    """Return the cache's directory `name`, made on first use by calling `build` with an empty directory.

    The directory appears under its name only when `build` has returned: an interrupted build leaves nothing
    that a later run would take for the real thing, and two processes do not build the same twice.
    """
    target = cache_directory() / name
    if target.exists():
        return target
    prefix = f".{target.name}."
    try:
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with _locked(target.parent / f".{target.name}.lock"):
            if target.exists():
                return target
            for leftover in target.parent.glob(f"{prefix}*.new"):
                shutil.rmtree(leftover)
            building = Path(tempfile.mkdtemp(prefix=prefix, suffix=".new", dir=target.parent))
            try:
                building.chmod(0o755)
                build(building)
                building.rename(target)
            except BaseException:
                shutil.rmtree(building, ignore_errors=True)
                raise
    except OSError as error:
        raise SoftwareError(f"cannot make {target}: {error}; is there space and permission?") from error
    return target
