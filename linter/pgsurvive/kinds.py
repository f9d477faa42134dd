"""What a file is: by name first, by content where the name doesn't say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.catalog import postgresql
from pgsurvive.syntax import postgresql_conf
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from pgsurvive.text import Source

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
_CRONTAB = re.compile(
    r"(?:[\w.-]*[._-])?crontabs?(?:[._-](?![\w.-]*\.(?:adoc|html?|json|md|py|rst|ya?ml)$)[\w.-]*)?$|[\w.-]*\.cron$"
)
_CRON_LINE = re.compile(r"^[ \t]*(?:@[a-z]+|[\d*][\d*,/-]*(?:[ \t]+[\d*][\w*,/-]*){4})[ \t]+\S", re.MULTILINE)
_UNIT = re.compile(r"\.(?:service|timer)$")
_DOCKERFILE = re.compile(r"(?:[\w.-]*\.)?(?:docker|container)file(?:[._-][\w.-]*)?$")
_MAKEFILE = re.compile(r"(?:gnu)?makefile(?:\.[\w-]+)?$|[\w.-]+\.mk$")
_YAML = re.compile(r"\.ya?ml$")
_CI_PATH = re.compile(r"(?:^|/)(?:\.github/workflows/[^/]+|[\w.-]*\.?gitlab-ci\.ya?ml)$")
_MANIFEST = re.compile(r"^apiVersion:.*^kind:|^kind:.*^apiVersion:", re.MULTILINE | re.DOTALL)
_PATRONI = re.compile(
    r"^scope:.*^(?:bootstrap|postgresql):|^(?:bootstrap|postgresql):.*^scope:"
    r"|^bootstrap:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*#[^\n]*\n)*[ \t]+dcs:",
    re.MULTILINE | re.DOTALL,
)
_BY_NAME = (_CONF, _SHELL, _SQL, _COMPOSE, _CRONTAB, _UNIT, _DOCKERFILE, _MAKEFILE, _YAML)
_SHEBANG = re.compile(rb"#!\s*\S*?(?:/|\benv\s+(?:-\S+\s+)*)(?:ba|da|k|a)?sh\b")

_RECOVERY_ONLY = frozenset({"standby_mode", "trigger_file"})
"""Settings of recovery.conf that no supported major has in postgresql.conf."""


def is_worth_reading(path: str, start: bytes | None) -> bool:
    """Whether a file may be of a kind: named like one, or a script without an ending; `start` is how it begins."""
    name = path.rpartition("/")[2].lower()
    if any(pattern.search(name) for pattern in _BY_NAME) or "cron.d/" in path.lower():
        return True
    return start is not None and "." not in name.lstrip(".") and _SHEBANG.match(start) is not None


def kind_of(source: Source) -> Kind | None:
    """The kind of a text, from the name of its file and from what it says."""
    name = source.path.rpartition("/")[2].lower()
    if _POSTGRESQL_CONF.match(name) and not _belongs_to_another(source):
        return Kind.POSTGRESQL_CONF
    if _CONF.search(name) and _is_barman_conf(source, name):
        return Kind.BARMAN_CONF
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
    from pgsurvive.catalog import barman  # noqa: PLC0415 - only for files that may be Barman's
    from pgsurvive.syntax import barman_conf  # noqa: PLC0415

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
    if _MAKEFILE.match(name):
        return Kind.MAKEFILE
    if not _YAML.search(name):
        return None
    if _CI_PATH.search(path):
        return Kind.CI
    if _MANIFEST.search(source.text):
        return Kind.KUBERNETES
    return Kind.PATRONI if _PATRONI.search(source.text) else None


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
    from pgsurvive.catalog.pgbackrest_keys import look_up  # noqa: PLC0415 - only for files that may be pgBackRest's
    from pgsurvive.syntax import pgbackrest_conf  # noqa: PLC0415

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
