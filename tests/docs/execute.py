"""Executes blocks in a lab, as a reader would who pastes one after the other into the same shell."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self

from tests.docs import configuration
from tests.docs.linter import Linter
from tests.docs.page import ROOT, Kind
from tests.support.lab import CommandError
from tests.support.postgresql import MAJORS, postgresql

if TYPE_CHECKING:
    from tests.docs.page import Block, Page
    from tests.support.lab import Lab

DRIVER = Path(__file__).with_name("driver.bash")
SKILL = ROOT / "skills" / "postgresql-backup-recovery"
EXAMPLES = ROOT / "examples"
PSQL = 'psql -X -v ON_ERROR_STOP=1 <"$__docs_source"\n'
LOG_LINES = 15


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a block did. `line` is the line of the page whose command ended it, None if nothing failed."""

    status: int | None
    """None when it was still running after its timeout."""
    output: str
    """stdout and stderr as they came, with the lab's paths replaced by those a page shows."""
    line: int | None = None


class Session:
    """A page's run on one lab: the state of its shell, and the paths that stand for the lab's."""

    def __init__(self, lab: Lab, page: Page) -> None:
        self.lab = lab
        self.count = 0
        self.programs = {"PostgreSQL": lab.postgresql.version}
        """The version of each product that the page uses."""
        self.paths = {
            lab.env["ARCHIVE_DIR"]: "/srv/wal_archive",
            lab.env["BACKUP_DIR"]: "/srv/backup",
            lab.env["PGDATA"]: "/var/lib/postgresql/data",
            str(lab.directory / "cert"): "/etc/pgbackrest/cert",
            str(lab.directory): "/lab",
        }
        self._logs: dict[Path, int] = {}
        self._linter: Linter | None = None
        self._furnish(page)

    def __enter__(self) -> Self:
        if self._linter is not None:
            self._linter.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._linter is not None:
            self._linter.__exit__(*error)

    def run(self, block: Block) -> Outcome:
        """Run a bash, sql, script or configuration block to its end."""
        self._remember_logs()
        if block.kind is Kind.BASH:
            return self._bash(block.source, block)
        if block.kind is Kind.SQL:
            return self._bash(PSQL, block)
        return self._bash(configuration.LOAD[configuration.target(block.title or "")], block)

    def new_log_lines(self) -> str:
        """Return the end of what the servers' logs have gained since the last block began."""
        parts = []
        for log, size in self._log_sizes().items():
            with log.open("rb") as file:
                file.seek(self._logs.get(log, 0))
                lines = file.read().decode(errors="replace").splitlines()[-LOG_LINES:]
            if size > self._logs.get(log, 0):
                parts.append(f"{self.shown(str(log))}:\n" + self.shown("\n".join(lines)))
        return "\n".join(parts)

    def shown(self, text: str) -> str:
        """Return the text with the paths that a page shows in place of the lab's."""
        for real, shown in self.paths.items():
            text = re.sub(re.escape(real) + r"(?![\w-])", shown, text)
        return text

    def real(self, text: str) -> str:
        """Return the text with the lab's paths in place of those that a page shows."""
        for real, shown in self.paths.items():
            text = re.sub(r"(?<![\w./-])" + re.escape(shown) + r"(?![\w-])", real, text)
        return text

    def _bash(self, command: str, block: Block) -> Outcome:
        self.count += 1
        second = block.directives.on_second_host
        # Each host has a shell of its own. Its files are where the host sees them, and on its disk.
        directory, disk = (path / ".docs" for path in (self.lab.directory, self._disk(second=second)))
        script, source, output = (directory / f"{self.count}.{kind}" for kind in ("bash", "source", "output"))
        self.lab.write(disk / script.name, command)
        self.lab.write(disk / source.name, self.real(block.source))
        name = PurePosixPath(block.title or "").name
        start = 'exec bash --noprofile --norc "$0" "$@" >"$__docs_output" 2>&1'
        try:
            status: int | None = self.lab.run(
                ["bash", "-c", start, directory / "driver.bash", directory / "state", script],
                check=False,
                timeout=block.directives.timeout,
                env={"__docs_output": str(output), "__docs_source": str(source), "__docs_name": name},
                on_second_host=second,
            ).returncode
        except CommandError:
            status = None
        written = disk / output.name
        text = written.read_text(errors="replace") if written.exists() else ""
        text = text.replace(f"{script}: line ", "bash: line ")
        failed = disk / "state.line"
        line = None
        if status and block.kind is Kind.BASH and failed.exists() and (number := failed.read_text()):
            line = block.line + int(number)
        return Outcome(status, self.shown(text), line)

    def _disk(self, *, second: bool) -> Path:
        """Return where the lab's directory, as a host sees it, really is."""
        return self.lab.hosts.disk if second and self.lab.hosts else self.lab.directory

    def _furnish(self, page: Page) -> None:
        lab = self.lab
        for second in (False, True) if page.needs_second_host else (False,):
            lab.run(["mkdir", ".docs", "bin"], on_second_host=second)
            lab.write(self._disk(second=second) / ".docs" / "driver.bash", DRIVER.read_text())
        lab.add_to_path(lab.directory / "bin")
        lab.env["CERT_DIR"] = str(lab.directory / "cert")
        lab.env["PGBACKREST_CONFIG"] = str(lab.directory / "pgbackrest.conf")
        # Barman looks for its configuration in the home directory, which is the lab.
        lab.run(["ln", "-s", "barman.conf", ".barman.conf"])
        self._copy(SKILL, "skill")
        self._copy(EXAMPLES, "examples")
        words = "\n".join(block.source for block in page.blocks if block.runs)
        if re.search(r"\bpgbackrest\b", words):
            from tests.support import pgbackrest  # noqa: PLC0415  fetched only for a page that needs it

            lab.add_to_path(pgbackrest.pgbackrest().parent)
            self.programs["pgBackRest"] = pgbackrest.pgbackrest_version()
        if re.search(r"\bbarman\b", words):
            from tests.support import barman  # noqa: PLC0415  fetched only for a page that needs it

            lab.add_to_path(barman.barman())
            self.programs["Barman"] = barman.barman_version()
        if re.search(r"\bs3-server\b", words):
            from tests.support.software import s3  # noqa: PLC0415  fetched only for a page that needs it

            lab.add_to_path(s3())
        if re.search(r"\bpromtool\b", words):
            from tests.support.software import promtool  # noqa: PLC0415  fetched only for a page that needs it

            lab.add_to_path(promtool().parent)
        if re.search(r"\bOLDER_BIN\b", words) and lab.postgresql.major > MAJORS[0]:
            lab.env["OLDER_BIN"] = str(postgresql(lab.postgresql.major - 1).bindir)
        if re.search(r"\bpgsurvive\b", words):
            self._linter = Linter(lab)

    def _copy(self, source: Path, name: str) -> None:
        """Copy a folder of the checkout: the server's account may not be able to read the checkout."""
        if not source.exists():
            return
        target = self.lab.directory / name
        shutil.copytree(source, target)
        owner = self.lab.directory.stat()
        if owner.st_uid != os.geteuid():
            for path in (target, *target.rglob("*")):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def _log_sizes(self) -> dict[Path, int]:
        logs = [path for path in sorted(self.lab.directory.rglob("*.log")) if path.is_file()]
        return {path: path.stat().st_size for path in logs}

    def _remember_logs(self) -> None:
        self._logs = self._log_sizes()
