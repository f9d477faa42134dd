"""What a user wants checked: `pgsurvive.toml`, or `[tool.pgsurvive]` in pyproject.toml.

Without a file everything is at its default, and nothing beyond the standard library is imported to find that out.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pgsurvive.findings import Finding, Severity

FILE = "pgsurvive.toml"


class ConfigError(Exception):
    """A configuration file that can't be used; the message names the file, the key and the way out."""


@dataclass(frozen=True, slots=True)
class Config:
    """The choices in force."""

    pg: int | None = None
    """The major that all servers here have."""

    select: tuple[str, ...] = ()
    """Report only these rules: codes, names or beginnings of codes such as `PGS1`; empty for all."""

    ignore: tuple[str, ...] = ()
    """Never report these."""

    severity: dict[str, Severity] = field(default_factory=dict)
    """Rules reported with another severity than their own."""

    per_file_ignores: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For each glob over paths, the rules not reported there."""

    exclude: tuple[str, ...] = ()
    """Globs over paths that a walk through a directory leaves out."""

    def applied(self, finding: Finding) -> Severity | None:
        """The severity to report a finding with, or None to leave it out."""
        if self.select and not _matches(finding, self.select):
            return None
        if _matches(finding, self.ignore):
            return None
        for pattern, rules in self.per_file_ignores.items():
            if path_matches(finding.path, pattern) and _matches(finding, rules):
                return None
        return self.severity.get(finding.code, self.severity.get(finding.name, finding.severity))


def path_matches(path: str, pattern: str) -> bool:
    """Whether a glob such as `tests/**` or `*.conf` names this path, its whole or its last parts."""
    return fnmatch(path, pattern) or fnmatch(path, f"*/{pattern}")


def _matches(finding: Finding, rules: tuple[str, ...]) -> bool:
    return any(finding.code.startswith(each.upper()) or finding.name == each for each in rules)


def find(directory: Path, is_rule: Callable[[str], bool]) -> Config:
    """The configuration that holds in a directory: the nearest file there or above, up to the repository's root.

    `is_rule` says whether a code, a beginning of codes or a name means a rule. Raises ConfigError for a file that can't be
    read or says something it can't mean.
    """
    directory = directory.resolve()
    for place in (directory, *directory.parents):
        if (place / FILE).is_file():
            return load(place / FILE, is_rule)
        pyproject = place / "pyproject.toml"
        if pyproject.is_file() and "pgsurvive" in _read(pyproject).get("tool", {}):
            return load(pyproject, is_rule)
        if (place / ".git").exists():
            break
    return Config()


def load(file: Path, is_rule: Callable[[str], bool]) -> Config:
    """The configuration in one file; see `find`. Raises ConfigError."""
    content = _read(file)
    table, prefix = content, ""
    if file.name == "pyproject.toml":
        table, prefix = content.get("tool", {}).get("pgsurvive", {}), "tool.pgsurvive."
    from pgsurvive.config_schema import validated  # noqa: PLC0415 - pydantic, only where there is a file

    return validated(table, file, prefix, is_rule)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode())
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
