"""A file that runs things on a schedule or in containers, as the rules about platforms see it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.estate import embedded
from pgsurvive.estate.files import NoFiles
from pgsurvive.findings import Draft
from pgsurvive.syntax import systemd, yaml
from pgsurvive.text import Kind, lies_among_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.files import Files
    from pgsurvive.estate.script import ShellScript
    from pgsurvive.findings import Fix, Related
    from pgsurvive.syntax.crontab import Crontab
    from pgsurvive.syntax.systemd import Unit
    from pgsurvive.syntax.yaml import Node
    from pgsurvive.text import Source

_BACKUP = re.compile(
    r"\b(?:pg_dump(?:all)?|pg_basebackup|pg_back|pg_probackup)\b|\bpgbackrest\b.*\bbackup\b|\bbarman\b.*\b(?:backup|cron)\b"
    r"|\bbarman-cloud-backup\b|\b(?:wal-g|wal-e)\b.*\bbackup-push\b|back_?up|dump(?!st)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class PlatformFile:
    """A crontab, systemd unit, Dockerfile, Compose file, Kubernetes manifest, CI workflow or Patroni configuration."""

    source: Source
    kind: Kind
    majors: frozenset[int]

    files: Files = field(default_factory=NoFiles, repr=False, compare=False)
    """Where other files are that complete this one."""

    @cached_property
    def is_throwaway(self) -> bool:
        """Whether it lies among tests."""
        return lies_among_tests(self.source.path)

    @cached_property
    def crontab(self) -> Crontab | None:
        """The jobs, of a crontab."""
        return embedded.jobs(self.source) if self.kind is Kind.CRONTAB else None

    @cached_property
    def unit(self) -> Unit | None:
        """The settings, of a systemd unit."""
        return systemd.parse(self.source.text) if self.kind is Kind.SYSTEMD else None

    @cached_property
    def documents(self) -> tuple[Node, ...]:
        """The documents, of a YAML file; none of a template."""
        is_yaml = self.kind in (Kind.COMPOSE, Kind.KUBERNETES, Kind.CI, Kind.PATRONI)
        return yaml.parse(self.source) if is_yaml else ()

    @cached_property
    def scripts(self) -> tuple[ShellScript, ...]:
        """Every piece of shell code in it, in order."""
        return tuple(embedded.scripts(self.source, self.kind, self.majors, self.files))

    def scripts_in(self, node: Node) -> Iterator[ShellScript]:
        """The shell code in a part of a YAML file."""
        return (script for script in self.scripts if node.start <= script.start < node.end)

    def finding(
        self,
        start: int,
        end: int,
        message: str,
        *,
        help: str,  # noqa: A002 - the word the reports use
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
    ) -> Draft:
        """A finding at `text[start:end]` of the file."""
        return Draft(self.source, self.source.span(start, end), message, help, related, fix)


def makes_backup(command: str) -> bool:
    """Whether a command line says that it makes or keeps backups: by its program, or by the name of its script."""
    return _BACKUP.search(command) is not None
