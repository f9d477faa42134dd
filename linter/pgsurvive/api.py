"""The Python interface: `check_text` for one text, `check_paths` for files and directories."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pgsurvive import config as configuration
from pgsurvive.catalog.postgresql import MAJORS
from pgsurvive.config import Config
from pgsurvive.discover import SKIPPED_DIRECTORIES, discover
from pgsurvive.estate import postgres
from pgsurvive.kinds import kind_of
from pgsurvive.rules import exists, rules_for, run
from pgsurvive.suppress import UnusedIgnores, suppress
from pgsurvive.text import Kind, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pgsurvive.estate.barman import BarmanConfig
    from pgsurvive.estate.estate import Estate
    from pgsurvive.estate.files import Files
    from pgsurvive.estate.pgbackrest import PgbackrestConfig
    from pgsurvive.estate.platform import PlatformFile
    from pgsurvive.estate.postgres import PostgresConfig
    from pgsurvive.estate.script import ShellScript
    from pgsurvive.estate.sql import SqlScript
    from pgsurvive.findings import Finding

Subject: TypeAlias = (
    "ShellScript | PostgresConfig | PgbackrestConfig | BarmanConfig | SqlScript | PlatformFile"
)
"""What a file is to the rules about single files."""

_BACKUP_PROGRAMS = frozenset({"PgbackrestConfig", "BarmanConfig"})
"""The configurations that have to agree with what other files say."""

_MAX_FILES = 50_000
"""In a larger tree nothing is looked for by name: it is no project, and walking it would be felt."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a check of files came to."""

    findings: tuple[Finding, ...]
    """By file, line, column and code, each once."""

    checked: tuple[str, ...]
    """The files that were read and understood."""

    passed_over: int
    """How many files were looked at that pgsurvive has no rules for."""

    unreadable: tuple[tuple[str, str], ...]
    """Files that could not be read, each with the reason."""

    suppressed: int
    """How many findings a comment silenced."""


def check_text(text: str, path: str, *, pg: int | None = None, config: Config | None = None) -> list[Finding]:
    """Checks one text as if it stood in a file called `path`, which need not exist; nothing else is read.

    The name says what the text is: `postgresql.conf`, `conf.d/wal.conf`, `backup.sh`. `pg` is the major of the server;
    without it a `16` in the path counts, else all supported majors do. Returns the findings by line, column and code; an
    empty list also for a text that is of no kind pgsurvive knows. Raises ValueError for a major that it doesn't know.
    """
    config = _with_major(config or Config(), pg)
    source = Source(path, text)
    kind = kind_of(source)
    if kind is None:
        return []
    subjects = _subjects(source, kind, _majors(source, config), None)
    findings, _ = _sorted_out(_found_in(subjects), [source], config)
    return findings


def check_paths(
    paths: Iterable[str | os.PathLike[str]],
    *,
    pg: int | None = None,
    config: Config | None = None,
    progress: Callable[[int, str], None] | None = None,
) -> Result:
    """Checks files and whole directories.

    Directories are walked, what git ignores in them is left out. Includes are followed inside the directories given (for a
    file: inside its own directory) and nowhere else. Files that are certainly about the same cluster are compared with each
    other. Without `config`, pgsurvive.toml or pyproject.toml in the current directory or above it hold. `progress` is called
    with a count and a path before each file. Raises FileNotFoundError for a path that doesn't exist, ValueError for an
    unknown major and ConfigError for a bad configuration file. A file that can't be read doesn't stop the rest; it is listed
    in the result.
    """
    given = [Path(path) for path in paths]
    for path in given:
        if not path.exists():
            raise FileNotFoundError(f"{path}: no such file or directory")
    config = _with_major(config or configuration.find(Path.cwd(), exists), pg)
    files = _Disk(given)
    findings: list[Finding] = []
    checked: list[Source] = []
    unreadable: list[tuple[str, str]] = []
    passed_over = 0
    unread: list[str] = []
    subjects: list[Subject] = []
    for number, found in enumerate(discover(given, config.exclude), start=1):
        if progress is not None:
            progress(number, found.path)
        if found.problem is not None:
            unreadable.append((found.path, found.problem))
        elif found.kind is None or found.source is None:
            passed_over += 1
            unread.append(found.path)
        else:
            checked.append(found.source)
            own = list(_subjects(found.source, found.kind, _majors(found.source, config), files))
            findings.extend(_found_in(own))
            subjects.extend(own)
    whole = _whole(subjects, unread, files)
    if whole is not None:
        answered = _answered(subjects, whole)
        findings = [each for each in findings if each.path not in answered.get(each.code, ())]
        findings.extend(run(rules_for(type(whole).__name__), whole))
    kept, silenced = _sorted_out(findings, checked, config)
    paths_checked = tuple(source.path for source in checked)
    return Result(tuple(kept), paths_checked, passed_over, tuple(unreadable), silenced)


def _found_in(subjects: Iterable[Subject]) -> Iterator[Finding]:
    """Everything the rules find in one file, whatever the configuration and the file's comments say about it."""
    for subject in subjects:
        for finding in run(rules_for(type(subject).__name__), subject):
            # What a file with syntax errors means is not certain enough to change it.
            is_broken = getattr(subject, "is_broken", None)
            broken = is_broken is not None and is_broken(finding.path)
            yield replace(finding, fix=None) if broken and finding.fix else finding


def _whole(subjects: Sequence[Subject], unread: Sequence[str], files: Files) -> Estate | None:
    """All files together, of which some may contradict each other; imports nothing where no two of them have to agree."""
    names = {type(subject).__name__ for subject in subjects}
    has_programs = not names.isdisjoint(_BACKUP_PROGRAMS) and not names <= _BACKUP_PROGRAMS
    if not has_programs and not _has_incremental(subjects):
        return None
    from pgsurvive.estate.estate import Estate

    return Estate.of(subjects, unread, files)


def _answered(subjects: Iterable[Subject], whole: Estate) -> dict[str, frozenset[str]]:
    """By the code of a rule, the paths of the files in which another one gives what the rule misses."""
    kinds = {type(subject).__name__ for subject in subjects}
    rules = {each for kind in kinds for each in rules_for(kind)}
    return {each.code: each.answered_in(whole) for each in rules if each.answered_in is not None}


def _has_incremental(subjects: Sequence[Subject]) -> bool:
    """Whether a script makes incremental base backups, and a server is there that has to keep summaries for them."""
    kinds = {type(subject).__name__ for subject in subjects}
    return {"PostgresConfig", "ShellScript"} <= kinds and any(
        "--incremental" in subject.source.text
        for subject in subjects
        if type(subject).__name__ == "ShellScript"
    )


def _subjects(source: Source, kind: Kind, majors: frozenset[int], files: Files | None) -> Iterator[Subject]:
    """What the rules are given of a file; each kind brings in what reads it, and no other."""
    match kind:
        case Kind.POSTGRESQL_CONF | Kind.RECOVERY_CONF:
            yield from _server(postgres.read(source, kind, majors, files))
        case Kind.PGBACKREST_CONF:
            from pgsurvive.estate import pgbackrest

            read_by_main = pgbackrest.main_file(source, files) is not None if files else False
            if not read_by_main:
                yield pgbackrest.read(source, files, is_fragment=pgbackrest.is_include(source.path))
        case Kind.BARMAN_CONF:
            from pgsurvive.estate import barman

            yield barman.read(source, files)
        case Kind.SQL:
            from pgsurvive.estate import sql

            yield sql.read(source, majors)
        case Kind.SHELL:
            from pgsurvive.estate import script

            yield from _script(script.read(source, majors, files))
        case _:
            yield from _platform_file(source, kind, majors, files)


def _platform_file(
    source: Source, kind: Kind, majors: frozenset[int], files: Files | None
) -> Iterator[Subject]:
    from pgsurvive.estate.files import NoFiles
    from pgsurvive.estate.platform import PlatformFile

    file = PlatformFile(source, kind, majors, files or NoFiles())
    yield file
    if kind is Kind.COMPOSE:
        from pgsurvive.estate import compose

        for service in compose.read(source, majors):
            yield from _server(service)
    if kind is Kind.PATRONI:
        from pgsurvive.estate import patroni

        for server in patroni.read(source, majors):
            yield from _server(server)
    for code in file.scripts:
        yield from _script(code, settings=kind is not Kind.COMPOSE)


def _server(read: PostgresConfig) -> Iterator[Subject]:
    """A server's configuration, and the commands in it."""
    yield read
    if any(entry.name.endswith("_command") for _, entry in read.lines):
        from pgsurvive.estate import server_command

        yield from server_command.read(read)


def _script(read: ShellScript, *, settings: bool = True) -> Iterator[Subject]:
    """A script, and what it hands to servers and to psql."""
    from pgsurvive.estate import command_line, sql

    yield read
    if settings:
        for server in command_line.read(read):
            yield from _server(server)
    yield from sql.read_shell(read)


def _majors(source: Source, config: Config) -> frozenset[int]:
    if config.pg is not None:
        return frozenset({config.pg})
    return postgres.majors_of(source) or frozenset(MAJORS)


def _sorted_out(
    findings: Iterable[Finding], sources: list[Source], config: Config
) -> tuple[list[Finding], int]:
    """What to report, in order and each once, and how many findings comments silence."""
    # A file that others include is checked with each of them and alone.
    once = {(*f.order, f.message): f for f in findings}
    outcome = suppress(once.values(), sources)
    rules = rules_for(UnusedIgnores.__name__)
    about_comments = [finding for each in outcome.unused for finding in run(rules, each)]
    reported = [
        finding if severity is finding.severity else replace(finding, severity=severity)
        for finding in (*outcome.kept, *suppress(about_comments, sources).kept)
        if (severity := config.applied(finding)) is not None
    ]
    silenced = sum(config.applied(finding) is not None for finding in outcome.silenced)
    return sorted(reported, key=lambda f: f.order), silenced


def _with_major(config: Config, pg: int | None) -> Config:
    if pg is None:
        return config
    if pg not in MAJORS:
        raise ValueError(f"PostgreSQL {pg} is unknown; the majors are {', '.join(map(str, MAJORS))}")
    return replace(config, pg=pg)


class _Disk:
    """The files below the checked paths. Links that lead out of them count as absent."""

    def __init__(self, given: Sequence[Path]) -> None:
        self._given = list(dict.fromkeys(p if p.is_dir() else p.parent for p in given))
        self._roots = [path.resolve() for path in self._given]

    def read(self, path: str) -> Source | None:
        """The file under this name, None outside the checked paths."""
        file = Path(path)
        if not self._inside(file):
            return None
        try:
            return Source.read(file, posixpath.normpath(path)) if file.is_file() else None
        except OSError:
            return None

    def covers(self, path: str) -> bool:
        """Whether this name lies in the checked paths."""
        return self._inside(Path(path))

    def names_in(self, directory: str) -> list[str] | None:
        """The names in a directory, None outside the checked paths."""
        if not self._inside(Path(directory)):
            return None
        try:
            return [entry.name for entry in Path(directory).iterdir()]
        except OSError:
            return None

    def find(self, name: str, near: str) -> Source | None:
        """The file of this name that is the fewest steps through the tree away from `near`."""
        here = Path(near).resolve().parent
        distances: dict[Path, int] = {}
        for file in self._by_name.get(name, ()):
            there = file.resolve().parent
            shared = len(Path(os.path.commonpath([here, there])).parts)
            distances[file] = len(here.parts) + len(there.parts) - 2 * shared
        nearest = (file for file, steps in distances.items() if steps == min(distances.values()))
        sources = [source for file in nearest if (source := self.read(file.as_posix())) is not None]
        return sources[0] if len({source.text for source in sources}) == 1 else None

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        """Every file by its name; nothing where there are more than a project has."""
        found: dict[str, list[Path]] = {}
        count = 0
        for given in self._given:
            for directory, below, names in os.walk(given):
                below[:] = sorted(name for name in below if name not in SKIPPED_DIRECTORIES)
                count += len(names)
                if count > _MAX_FILES:
                    return {}
                for name in names:
                    found.setdefault(name, []).append(Path(directory, name))
        return found

    def _inside(self, path: Path) -> bool:
        try:
            resolved = path.resolve()
        except (OSError, ValueError):
            return False
        return any(resolved == root or root in resolved.parents for root in self._roots)
