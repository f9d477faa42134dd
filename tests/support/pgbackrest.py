"""pgBackRest: the machine's own where it is recent enough, else the current build of Debian unstable; and 2.45.

2.45 is what Debian 12 has, and many machines with it: the catalog of options and the differential tests ask both.

Unstable moves, and old builds leave its mirrors, so no digest is pinned: apt verifies each package against the
index that Debian's keyring signs, and `packages.txt` beside the programs records what came. Nothing of the
system's own apt state is touched, and no root is needed.
"""

import hashlib
import os
import platform
import re
import shlex
import shutil
from functools import cache
from pathlib import Path

from tests.support.cache import SoftwareError, cache_directory, cached, output_of, server_account

MINIMUM = (2, 58)  # knows PostgreSQL 18; raising it makes the cache fetch anew

OLD = "2.45"
_OLD_SUITE = "bookworm"

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
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
        apt = _Apt(directory / "apt", suite)
        packages = _with_libraries(apt)
        apt.download(packages)
        for package in sorted(apt.root.glob("*.deb")):
            output_of(["dpkg-deb", "-x", package, directory / "root"], what=f"cannot unpack {package.name}")
            digest = hashlib.sha256(package.read_bytes()).hexdigest()
            with (directory / "packages.txt").open("a") as record:
                record.write(f"{digest}  {package.name}\n")
        shutil.rmtree(apt.root)
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


def _with_libraries(apt: "_Apt") -> set[str]:
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


class _Apt:
    """apt with a state of its own and one source: a suite of Debian, from the mirror that this machine uses."""

    def __init__(self, root: Path, suite: str) -> None:
        missing = [program for program in ("apt-get", "apt-cache", "dpkg-deb") if not shutil.which(program)]
        if missing:
            raise SoftwareError(
                f"pgBackRest: no recent one here, and no {missing[0]} to fetch one; {_WAY_OUT}"
            )
        self.root = root
        self.suite = suite
        for name in ("state", "lists/partial", "cache/archives/partial"):
            (root / name).mkdir(parents=True)
        (root / "status").touch()
        signed_by = f"[signed-by={_KEYRING}] " if _KEYRING.exists() else ""
        (root / "sources.list").write_text(f"deb {signed_by}{_mirror()} {suite} main\n")
        settings = {
            "Dir::Etc::SourceList": root / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Dir::State": root / "state",
            "Dir::State::Lists": root / "lists",
            "Dir::State::Status": root / "status",
            "Dir::Cache": root / "cache",
            "APT::Sandbox::User": "root",  # apt's own account could not write here
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        lines = [f'{name} "{value}";' for name, value in settings.items()]
        # What the system hooks onto an update is about the system's state, not this one.
        lines += ["#clear APT::Update::Post-Invoke;", "#clear APT::Update::Post-Invoke-Success;"]
        (root / "apt.conf").write_text("\n".join(lines) + "\n")
        self._run("apt-get", "-qq", "--error-on=any", "update")

    def dependencies(self, package: str) -> dict[str, list[str]]:
        """Return what the package and everything below it depend on."""
        needs: dict[str, list[str]] = {}
        current: list[str] = []
        for line in self._run("apt-cache", "depends", "--recurse", "--important", package).splitlines():
            if not line.startswith((" ", "|")):
                current = needs.setdefault(line.strip(), [])
            elif "Depends:" in line:
                current.append(line.partition("Depends:")[2].strip())
        if package not in needs:
            raise SoftwareError(f"{package} is not in Debian {self.suite} for this architecture; {_WAY_OUT}")
        return needs

    def download(self, packages: set[str]) -> None:
        """Download the packages, verified, into the root."""
        self._run("apt-get", "-qq", "download", *sorted(packages))

    def _run(self, program: str, *arguments: str) -> str:
        return output_of(
            [program, "-c", self.root / "apt.conf", *arguments],
            what=f"cannot fetch pgBackRest from Debian {self.suite}; {_WAY_OUT}",
            cwd=self.root,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )


def _mirror() -> str:
    """Return the address of the Debian mirror in this machine's own apt configuration."""
    fields = "$(LABEL)|$(REPO_URI)|$(COMPONENT)"
    said = output_of(["apt-get", "indextargets", "--format", fields], what="cannot read apt's sources")
    rows = [line.split("|") for line in said.splitlines()]
    main = [(label, address) for label, address, component in rows if component == "main"]
    # The label is known once the lists have been updated; before, Debian's mirrors can be told by their path.
    labeled = [address for label, address in main if label == "Debian"]
    named = [address for _, address in main if address.rstrip("/").endswith("/debian")]
    for address in labeled + named:
        return address
    raise SoftwareError(f"pgBackRest: no recent one here, nor a Debian mirror in apt's sources; {_WAY_OUT}")
