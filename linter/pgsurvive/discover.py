"""Which files to check, and what each of them is: by name first, by content where the name doesn't say."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pgsurvive.catalog import barman, postgresql
from pgsurvive.catalog.pgbackrest_keys import look_up
from pgsurvive.config import path_matches
from pgsurvive.syntax import barman_conf, pgbackrest_conf, postgresql_conf
from pgsurvive.text import Kind, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pathspec import GitIgnoreSpec

_MAX_SIZE = 5 * 2**20
"""No configuration file or script is larger than this; what is, is data."""

SKIPPED_DIRECTORIES = frozenset({".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__"})
"""Directories that hold no file of the project itself."""

_TEMPLATE_SUFFIX = r"(?:[._-](?:sample|example|template|tmpl|tpl|j2|erb|in|dist|orig|bak))*"
_POSTGRESQL_CONF = re.compile(
    rf"(?:postgres(?:ql)?(?:[._-][\w.-]+)?|[\w.-]*[._-]postgres(?:ql)?)\.conf{_TEMPLATE_SUFFIX}$"
)
_RECOVERY_CONF = re.compile(rf"(?:[\w.-]*[._-])?recovery\.conf{_TEMPLATE_SUFFIX}$")
_PGBACKREST_CONF = re.compile(
    rf"(?:(?:^|[/._-])pgbackrest(?:[._-][\w.-]+)?|/pgbackrest/conf\.d/[^/]+)\.conf{_TEMPLATE_SUFFIX}$"
)
_PGBACKREST_KEY = re.compile(r"(?:repo|pg)[1-9][0-9]*-[a-z]|(?:repo|db)-(?:path|host|user|type|cipher)")
_CONF = re.compile(rf"\.conf{_TEMPLATE_SUFFIX}$")
_BARMAN_CONF = re.compile(rf"(?:[\w.-]*[._-])?barman\.conf{_TEMPLATE_SUFFIX}$")
_COMPOSE = re.compile(r"compose[\w.-]*\.ya?ml$")
_SHELL = re.compile(r"\.(?:sh|bash|ksh)$")
_SQL = re.compile(r"\.(?:sql|psql|pgsql)$")
_CRONTAB = re.compile(r"(?:[\w.-]*[._-])?crontabs?(?:[._-][\w.-]*)?$|[\w.-]*\.cron$")
_CRON_LINE = re.compile(r"^[ \t]*(?:@[a-z]+|[\d*][\d*,/-]*(?:[ \t]+[\d*][\w*,/-]*){4})[ \t]+\S", re.MULTILINE)
_UNIT = re.compile(r"\.(?:service|timer)$")
_DOCKERFILE = re.compile(r"(?:[\w.-]*\.)?(?:docker|container)file(?:[._-][\w.-]*)?$")
_YAML = re.compile(r"\.ya?ml$")
_CI_PATH = re.compile(r"(?:^|/)(?:\.github/workflows/[^/]+|[\w.-]*\.?gitlab-ci\.ya?ml)$")
_MANIFEST = re.compile(r"^apiVersion:.*^kind:|^kind:.*^apiVersion:", re.MULTILINE | re.DOTALL)
_BY_NAME = (_CONF, _SHELL, _SQL, _COMPOSE, _CRONTAB, _UNIT, _DOCKERFILE, _YAML)
_SHEBANG = re.compile(rb"#!\s*\S*?(?:/|\benv\s+(?:-\S+\s+)*)(?:ba|da|k|a)?sh\b")

_RECOVERY_ONLY = frozenset({"standby_mode", "trigger_file"})
"""Settings of recovery.conf that no supported major has in postgresql.conf."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to check."""

    file: Path
    path: str
    """As findings name it: relative where the user gave a relative path, with forward slashes."""

    kind: Kind | None
    """None for a file that pgsurvive has nothing to say about."""

    source: Source | None
    """Its text, unless it is of no kind or can't be read."""

    problem: str | None = None
    """Why it can't be read."""


def discover(paths: Sequence[Path], exclude: Sequence[str] = ()) -> Iterator[Found]:
    """Every file under these paths, in a stable order, each once. A named file is looked at even where git ignores it."""
    seen: set[Path] = set()
    for path in paths:
        walk = _walk(path, exclude) if path.is_dir() else [path]
        for file in walk:
            resolved = file.resolve()
            if resolved not in seen:
                seen.add(resolved)
                yield identify(file)


def identify(file: Path) -> Found:
    """What a file is. Reads it only where the name leaves it open or a rule will need the text."""
    path = file.as_posix()
    try:
        if file.stat().st_size > _MAX_SIZE or not _may_be_text(file):
            return Found(file, path, None, None)
        source = Source.read(file, path)
    except OSError as error:
        return Found(file, path, None, None, error.strerror or str(error))
    kind = kind_of(source)
    return Found(file, path, kind, source if kind else None)


def kind_of(source: Source) -> Kind | None:
    """The kind of a text, from the name of its file and from what it says."""
    name = source.path.rpartition("/")[2].lower()
    if _CONF.search(name) and _is_barman_conf(source, name):
        return Kind.BARMAN_CONF
    if _POSTGRESQL_CONF.match(name) and not _belongs_to_another(source):
        return Kind.POSTGRESQL_CONF
    if _CONF.search(name) and _is_pgbackrest(
        source, named=_PGBACKREST_CONF.search(source.path.lower()) is not None
    ):
        return Kind.PGBACKREST_CONF
    if _RECOVERY_CONF.match(name) and _looks_like_settings(source, 1):
        return Kind.RECOVERY_CONF
    if _COMPOSE.search(name) and "services:" in source.text:
        return Kind.COMPOSE
    if _SHELL.search(name) or _SHEBANG.match(source.text[:200].encode(errors="replace")):
        return Kind.SHELL
    other = _kind_of_platform_file(source, name)
    if other is not None:
        return other
    # An override may consist of a single line, but then the directory must say what it is for.
    least = 1 if "conf.d/" in source.path.lower() else 2
    if _CONF.search(name) and _looks_like_settings(source, least):
        return Kind.POSTGRESQL_CONF
    return None


_BARMAN_ONLY = frozenset(
    {"barman_home", "conninfo", "backup_method", "streaming_archiver", "minimum_redundancy", "ssh_command"}
)
"""Options of which no configuration does without one."""


def _is_barman_conf(source: Source, name: str) -> bool:
    """Whether it has sections whose options are Barman's: [barman], or those of servers."""
    if "[" not in source.text:
        return False
    tree = barman_conf.parse(source)
    named = _BARMAN_CONF.match(name) is not None or "/barman.d/" in f"/{source.path.lower()}"
    if named and tree.has(barman.GLOBAL):
        return True
    entries = [entry for section in tree.sections for entry in section.entries]
    # A description has everything that systemd reads, too.
    known = {entry.name for entry in entries if barman.definition(entry.name) is not None} - {"description"}
    if named:
        return len(known) >= max(1, 0.5 * len(entries) - 1)
    return len(known) > 1 and not known.isdisjoint(_BARMAN_ONLY) and len(known) >= 0.8 * len(entries)


def _kind_of_platform_file(source: Source, name: str) -> Kind | None:
    """SQL, and what runs commands on a schedule, in containers or in CI."""
    path = source.path.lower()
    if _SQL.search(name):
        return Kind.SQL
    if (_CRONTAB.match(name) or "cron.d/" in path) and _CRON_LINE.search(source.text):
        return Kind.CRONTAB
    if _UNIT.search(name) and "[" in source.text:
        return Kind.SYSTEMD
    if _DOCKERFILE.match(name):
        return Kind.DOCKERFILE
    if not _YAML.search(name):
        return None
    if _CI_PATH.search(path):
        return Kind.CI
    return Kind.KUBERNETES if _MANIFEST.search(source.text) else None


def _looks_like_settings(source: Source, least: int) -> bool:
    """Whether at least so many lines, and nearly all, set something that PostgreSQL knows."""
    entries = [e for e in postgresql_conf.parse(source).entries if not e.is_directive]
    known = sum(e.name in postgresql.names() or e.name in _RECOVERY_ONLY for e in entries)
    return known >= least and known >= 0.8 * len(entries)


def _is_pgbackrest(source: Source, *, named: bool) -> bool:
    """Whether the text has sections, and in them what only pgBackRest has; of a file so called less is asked.

    Files for systemd-tmpfiles, logrotate and syslog are called after the program too.
    """
    if not named and ("[" not in source.text or not _PGBACKREST_KEY.search(source.text)):
        return False
    tree = pgbackrest_conf.parse(source)
    if any(_PGBACKREST_KEY.match(entry.key) for entry in tree.entries):
        return True
    lines = [source.slice(problem.span) for problem in tree.problems]
    return named and (
        not tree.problems
        or "{{" in source.text
        or any(look_up(entry.key) for entry in tree.entries)
        or any(_PGBACKREST_KEY.match(line) for line in lines)
    )


def _belongs_to_another(source: Source) -> bool:
    """Whether a file called after PostgreSQL is written for another program, such as logrotate or a metrics agent."""
    tree = postgresql_conf.parse(source)
    if len(tree.problems) > len(tree.entries):
        return True
    settings = [e for e in tree.entries if not e.is_directive and "." not in e.name]
    return bool(settings) and not any(e.name in postgresql.names() for e in settings)


def _may_be_text(file: Path) -> bool:
    """Whether it is worth reading: named like something we know, or a script without an ending."""
    name = file.name.lower()
    if any(pattern.search(name) for pattern in _BY_NAME) or "cron.d/" in file.as_posix().lower():
        return True
    if "." in name.lstrip("."):
        return False
    with file.open("rb") as stream:
        return _SHEBANG.match(stream.read(200)) is not None


def _walk(top: Path, exclude: Sequence[str]) -> Iterator[Path]:
    """The files below a directory, sorted, without those that git ignores or `exclude` names.

    A link to a file outside is left out: a walk reads nothing that isn't below the directory.
    """
    inside = top.resolve()
    for file in _walk_below(top, _ignores_above(top), exclude):
        if not file.is_symlink() or inside in file.resolve().parents:
            yield file


_Ignores = tuple[tuple[Path, "GitIgnoreSpec"], ...]


def _walk_below(directory: Path, ignores: _Ignores, exclude: Sequence[str]) -> Iterator[Path]:
    ignores = (*ignores, *_ignore_file(directory))
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        yield directory  # reported as a file that can't be read
        return
    for entry in entries:
        path = directory / entry.name
        is_directory = entry.is_dir(follow_symlinks=False)
        if _is_ignored(path, ignores, is_directory=is_directory):
            continue
        if any(path_matches(path.as_posix(), pattern) for pattern in exclude):
            continue
        if is_directory:
            if entry.name not in SKIPPED_DIRECTORIES:
                yield from _walk_below(path, ignores, exclude)
        elif entry.is_file():
            yield path


def _ignores_above(top: Path) -> _Ignores:
    """The .gitignore files above a directory, down from the root of its repository."""
    top = top.resolve()
    root = next((p for p in (top, *top.parents) if (p / ".git").exists()), None)
    if root is None or root == top:
        return ()
    between = [p for p in top.parents if p == root or root in p.parents]
    return tuple(spec for place in reversed(between) for spec in _ignore_file(place))


def _ignore_file(directory: Path) -> _Ignores:
    file = directory / ".gitignore"
    if not file.is_file():
        return ()
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only where something is ignored

    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return ((directory.resolve(), GitIgnoreSpec.from_lines(lines)),)


def _is_ignored(path: Path, ignores: _Ignores, *, is_directory: bool) -> bool:
    """What the nearest .gitignore that has an opinion says."""
    if not ignores:
        return False
    resolved = path.parent.resolve() / path.name
    for directory, spec in reversed(ignores):
        relative = resolved.relative_to(directory).as_posix()
        verdict = spec.check_file(f"{relative}/" if is_directory else relative).include
        if verdict is not None:
            return verdict
    return False
