"""pgBackRest: the machine's own where it is recent enough, else the current build of Debian unstable; and 2.45.

2.45 is what Debian 12 has, and many machines with it: the catalog of options and the differential tests ask both.

Unstable moves, and old builds leave its mirrors, so no digest is pinned: apt verifies each package against the
index that Debian's keyring signs, and `packages.txt` beside the programs records what came. Nothing of the
system's own apt state is touched, and no root is needed.
"""

import platform
import re
import shlex
import shutil
from functools import cache
from pathlib import Path

from tests.support.cache import SoftwareError, cache_directory, cached, output_of, server_account
from tests.support.debian import Apt

MINIMUM = (2, 58)  # knows PostgreSQL 18; raising it makes the cache fetch anew

OLD = "2.45"
_OLD_SUITE = "bookworm"

_WAY_OUT = (
    f"install pgBackRest {'.'.join(map(str, MINIMUM))} or newer, for example from PostgreSQL's apt repository"
)


@cache
def pgbackrest() -> Path:
    """Return the path of a pgbackrest that knows PostgreSQL 18, fetched on first use."""
    own = shutil.which("pgbackrest")
    if own and _is_recent(Path(own)):
        return Path(own)
    return _fetched(f"{'.'.join(map(str, MINIMUM))}+", "sid") / "pgbackrest"


@cache
def pgbackrest_2_45() -> Path:
    """Return the path of the pgbackrest of Debian 12, the machine's own or fetched on first use."""
    own = shutil.which("pgbackrest")
    if own and _version(Path(own)) == OLD:
        return Path(own)
    return _fetched(OLD, _OLD_SUITE) / "pgbackrest"


def pgbackrest_version() -> str:
    """Return its version: "2.60.0"."""
    return _version(pgbackrest())


def _version(program: Path) -> str:
    said = output_of(
        [program, "version"], what=f"{program} does not start", account=server_account(), cwd=Path("/")
    )
    return said.split()[-1]


def _is_recent(program: Path) -> bool:
    try:
        numbers = re.findall(r"\d+", _version(program))
    except SoftwareError:
        return False
    return tuple(map(int, numbers[:2])) >= MINIMUM


def _fetched(version: str, suite: str) -> Path:
    name = f"pgbackrest-{version}-{platform.machine()}"
    home = cache_directory() / name  # where the wrapper will stand when the build is complete

    def build(directory: Path) -> None:
        apt = Apt(directory / "apt", suite, what="pgBackRest", way_out=_WAY_OUT)
        packages = _with_libraries(apt)
        apt.download(packages)
        apt.unpack(directory)
        _write_wrapper(directory, home)

    return cached(name, build)


def _write_wrapper(directory: Path, home: Path) -> None:
    """Start the program with the loader and the libraries that it was built for, not the machine's older ones.

    pgBackRest starts its workers by its own argv[0]: hence --argv0, which must name the wrapper again.
    """
    root = directory / "root"
    loaders = sorted([*root.glob("usr/lib/*/ld-linux-*.so.*"), *root.glob("lib/*/ld-linux-*.so.*")])
    if not loaders:
        raise SoftwareError(f"Debian's libc6 has no loader for {platform.machine()}; {_WAY_OUT}")
    loader = home / loaders[0].relative_to(directory)
    # Debian 12 still keeps some libraries outside /usr.
    libraries = f"{home}/root/usr/lib/{loader.parent.name}:{home}/root/lib/{loader.parent.name}"
    words = [loader, "--argv0", home / "pgbackrest", "--library-path", libraries]
    words.append(home / "root/usr/bin/pgbackrest")
    wrapper = directory / "pgbackrest"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, words))} "$@"\n')
    wrapper.chmod(0o755)


def _with_libraries(apt: Apt) -> set[str]:
    """Return pgbackrest and the libraries it needs, without the daemons and scripts that come along."""
    needs = apt.dependencies("pgbackrest")
    chosen = {"pgbackrest"}
    queue = ["pgbackrest"]
    while queue:
        for name in needs.get(queue.pop(), ()):
            if name.startswith(("lib", "zlib")) and name not in chosen:
                chosen.add(name)
                queue.append(name)
    return chosen
