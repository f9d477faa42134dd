"""Packages of Debian that the system itself doesn't have: downloaded, verified and unpacked, never installed.

apt verifies each package against the index that Debian's keyring signs. Nothing of the system's own apt state is
touched, and no root is needed.
"""

import hashlib
import os
import shutil
from pathlib import Path

from tests.support.cache import SoftwareError, output_of

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Apt:
    """apt with a state of its own and one source: a suite of Debian, from the mirror that this machine uses."""

    def __init__(self, root: Path, suite: str, *, what: str, way_out: str) -> None:
        """Make the state in the directory; what: the program, for messages; way_out: if it can't be fetched."""
        missing = [program for program in ("apt-get", "apt-cache", "dpkg-deb") if not shutil.which(program)]
        if missing:
            raise SoftwareError(f"{what}: no recent one here, and no {missing[0]} to fetch one; {way_out}")
        self.root = root
        self.suite = suite
        self._what = what
        self._way_out = way_out
        for name in ("state", "lists/partial", "cache/archives/partial"):
            (root / name).mkdir(parents=True)
        (root / "status").touch()
        signed_by = f"[signed-by={_KEYRING}] " if _KEYRING.exists() else ""
        (root / "sources.list").write_text(f"deb {signed_by}{self._mirror()} {suite} main\n")
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
            raise SoftwareError(
                f"{package} is not in Debian {self.suite} for this architecture; {self._way_out}"
            )
        return needs

    def download(self, packages: set[str]) -> None:
        """Download the packages, verified, into the root."""
        self._run("apt-get", "-qq", "download", *sorted(packages))

    def _run(self, program: str, *arguments: str) -> str:
        return output_of(
            [program, "-c", self.root / "apt.conf", *arguments],
            what=f"cannot fetch {self._what} from Debian {self.suite}; {self._way_out}",
            cwd=self.root,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )

    def unpack(self, directory: Path) -> None:
        """Unpack what was downloaded into `root` there, record it in `packages.txt`, and remove apt's own state."""
        for package in sorted(self.root.glob("*.deb")):
            output_of(["dpkg-deb", "-x", package, directory / "root"], what=f"cannot unpack {package.name}")
            digest = hashlib.sha256(package.read_bytes()).hexdigest()
            with (directory / "packages.txt").open("a") as record:
                record.write(f"{digest}  {package.name}\n")
        shutil.rmtree(self.root)

    def _mirror(self) -> str:
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
        raise SoftwareError(
            f"{self._what}: no recent one here, nor a Debian mirror in apt's sources; {self._way_out}"
        )
