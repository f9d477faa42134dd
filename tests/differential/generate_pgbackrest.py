"""pgBackRest configurations that try the reader: what people write, what they get wrong, and what nobody would think of."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from pgsurvive.catalog import pgbackrest

if TYPE_CHECKING:
    from pgsurvive.catalog.pgbackrest import Definition

# ruff: noqa: E501 - lists of examples

COMMANDS = (
    "archive-get",
    "archive-push",
    "backup",
    "check",
    "expire",
    "info",
    "repo-ls",
    "restore",
    "stanza-create",
    "stanza-delete",
    "stanza-upgrade",
    "start",
    "verify",
)
WITHOUT_STANZA = ("server", "server-ping")
STANZAS = ("main", "other")

FIXED = frozenset(
    {
        *("lock-path", "log-level-console", "log-level-file", "log-level-stderr"),
        "priority",
        *("pg-local", "repo-local"),
    }
)
"""Options that the comparison itself gives, that need rights, or that the program gives to its own workers."""

_SECTIONS = (
    *("global",) * 6,
    *("main",) * 5,
    "global:backup",
    "global:archive-push",
    "global:archive-get",
    "global:restore",
    "global:expire",
    "main:archive-push",
    "main:backup",
    "main:check",
    "other",
    "other:backup",
    "Global",
    "global ",
    "global:archive_push",
    "global:async",
    "main:",
    ":backup",
)
_ODD_LINES = (
    "",
    "   ",
    "# a comment",
    "  # indented",
    "; not a comment",
    "[unclosed",
    "[]",
    "[x] # why",
    "key without value",
    "=y",
    "  =  ",
    "process-max",
    "[main",
    "]",
    "#[main]",
    "process-max = 2 # why",
    "\x0bdelta=y",
    "delta=\x0cy",
    "delta\x00=y",
    "delta=y\x00n",
    "[ma\x00in]",
    "\ufeffdelta=y",
    "ключ=да",
    "export delta=y",
    "{{ template }}",
    "include=/etc/x.conf",
    "delta=y",
    "repo1-path=/a=b",
)
_ODD_KEYS = (
    "repo-path",
    "repo0-path",
    "repo257-path",
    "repo256-type",
    "repo4294967297-type",
    "repo01-type",
    "archive1-async",
    "process1-max",
    "1repo-path",
    "repo1path",
    "-delta",
    "no-delta",
    "no-repo1-path",
    "no-online",
    "no-process-max",
    "reset-process-max",
    "reset-repo1-path",
    "reset-stanza",
    "no-no-delta",
    "no-nothing",
    "x" * 64,
    "x" * 65,
    "Delta",
    "process_max",
    "retention-full",
    "retention-diff",
    "db-path",
    "db1-path",
    "db2-path",
    "db0-path",
    "hardlink",
    "archive-queue-max",
    "repo-cipher-pass",
    "db-include",
    "thread-max",
    "repo1-s3-host",
    "repo1-s3-verify-ssl",
    "backup-host",
    "stanza",
    "set",
    "type",
    "force",
    "config",
    "online",
    "pg",
    "repo",
    "1-2",
    "a1-",
    "repo-",
    "repo1-",
    "compress",
)
_BOOLEANS = ("y", "y", "y", "n", "n", "Y", "yes", "on", "1", "true", '"y"', "")
_INTEGERS = ("0", "1", "2", "5", "10", "99", "999", "1000", "-1", "+3", "007", "0x10", "1.5", "1 0", "x", "", "9223372036854775807",
             "9223372036854775808", "9999999", "10000000", "-6", "-5", "12", "13", "22", "-99999999999999999999999")  # fmt: skip
_SIZES = ("0", "1", "1024", "16KiB", "16kib", "32KB", "64k", "1MiB", "1mb", "2M", "4MiB", "16GiB", "1GB", "4PiB", "5PiB", "1TiB", "8192PiB", "5bb",
          "5kkb", "5kibb", "1.5GiB", "1 MiB", "16 KiB", "MiB", "-1", "0B", "5b", "1048576", "20MiB", "5MiB", "128MiB", "", "x", "1KBs")  # fmt: skip
_TIMES = ("0", "1", "30", "60", "1800", "1830", "15s", "100ms", "99ms", "1m", "30m", "31m", "2h", "1d", "1w", "8d", "1M", "5MS", "1.5", "1.5s", "0.1",
          "ms", "s", "", "-1s", "+5s", "5 s", "1y", "99999999999999999999w", "604800", "604801", "9223372036854775807s")  # fmt: skip
_PATHS = (
    "/var/lib/pgbackrest",
    "/var/lib/pgbackrest",
    "/backup",
    "/backup/",
    "/",
    "//x",
    "/a//b",
    "relative",
    "/with space/x",
    "",
    '"/quoted"',
    "~",
    "/a/",
)
_STRINGS = (
    "x",
    "db1.example",
    "a b",
    '"quoted"',
    "a=b",
    "",
    "s3.example:9000",
    "bucket",
    "buck.et",
    "/x",
    "é",
    "a:b",
    "# x",
    "y",
)
_PAIRS = ("a=b", "a=c", "source=db1", "nothing", "=", "a=", "k=v=w", "")
_LISTS = ("a", "b", "recovery_x", "pg_log/", "", "a b")
_ENDINGS = ("\n", "\n", "\n", "\n", "\n", "\r\n", " \n", "\t\n", "\n\n")


@dataclass(frozen=True, slots=True)
class Case:
    """The files of one configuration by their names, and how they are given."""

    name: str
    """What to call it in a report; a generated one says its seed."""

    files: dict[str, bytes] = field(repr=False)
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    asked: tuple[tuple[str, str | None], ...] = ()
    """The commands to ask, each with a stanza."""

    with_include: bool = True
    """Whether conf.d is read: --config-path, else --config alone."""


def case(seed: int) -> Case:
    """The configuration of this seed, always the same."""
    random = Random(seed)  # noqa: S311 - reproducible test data
    tidy = random.random() < 0.75
    files = {"pgbackrest.conf": _file(random, tidy=tidy, lines=random.randint(1, 14))}
    for name in (
        "conf.d/10-first.conf",
        "conf.d/2-second.conf",
        "conf.d/.conf",
        "conf.d/x.conf.bak",
        "conf.d/.hidden.conf",
    ):
        if random.random() < 0.2:
            files[name] = _file(random, tidy=tidy or random.random() < 0.6, lines=random.randint(0, 5))
    if random.random() < 0.05:
        del files["pgbackrest.conf"]
    environment = {}
    if random.random() < 0.2:
        key, value = _setting(random, tidy=random.random() < 0.7)
        if key.isascii() and not key.startswith("config") and "=" not in key and "\0" not in key + value:
            environment["PGBACKREST_" + key.upper().replace("-", "_")] = value
    asked: list[tuple[str, str | None]] = [
        (command, random.choice(STANZAS[:1] * 5 + STANZAS[1:])) for command in random.sample(COMMANDS, 3)
    ]
    if random.random() < 0.1:
        asked.append((random.choice(WITHOUT_STANZA), None))
    if random.random() < 0.1:
        asked.append((random.choice(("info", "check")), None))
    with_include = "pgbackrest.conf" not in files or random.random() < 0.7
    return Case(f"seed {seed}", files, environment, tuple(asked), with_include)


def _file(random: Random, *, tidy: bool, lines: int) -> bytes:
    parts = (
        []
        if not tidy and random.random() < 0.1
        else [f"[{random.choice(_SECTIONS[:11] if tidy else _SECTIONS)}]\n"]
    )
    if tidy and random.random() < 0.7:
        parts.append("[main]\npg1-path=/var/lib/postgresql/data\n")
    for _ in range(lines):
        if random.random() < 0.2:
            parts.append(f"[{random.choice(_SECTIONS)}]" + random.choice(_ENDINGS))
        elif not tidy and random.random() < 0.1:
            parts.append(random.choice(_ODD_LINES) + random.choice(_ENDINGS))
        else:
            key, value = _setting(random, tidy=tidy or random.random() < 0.6)
            before, sign = (
                random.choice(("", "", "", " ", "\t")),
                random.choice(("=", "=", "=", " = ", "\t=", "= ")),
            )
            parts.append(f"{before}{key}{sign}{value}{random.choice(_ENDINGS)}")
    text = "".join(parts)
    if random.random() < 0.2:
        text = text.rstrip("\n")
    content = text.encode()
    if not tidy and random.random() < 0.05:
        at = random.randrange(len(content) + 1)
        content = content[:at] + bytes([random.randint(1, 255)]) + content[at:]
    return content


def _setting(random: Random, *, tidy: bool) -> tuple[str, str]:
    if not tidy and random.random() < 0.25:
        return random.choice(_ODD_KEYS), random.choice(("y", "1", "/x", "x"))
    names = sorted(pgbackrest.names() - FIXED)
    known = pgbackrest.definition(random.choice(names))
    assert known is not None
    while known.section == "command-line" and random.random() < 0.9:
        known = pgbackrest.definition(random.choice(names))
        assert known is not None
    name = known.name
    if known.group:
        index = random.choice((1, 1, 1, 1, 2, 2, 3, 7))
        name = f"{known.group}{index}{name.removeprefix(known.group)}"
    if known.deprecated and random.random() < 0.3:
        name = random.choice(known.deprecated)
    return name, _value(random, known, tidy=tidy)


def _value(random: Random, known: Definition, *, tidy: bool) -> str:
    if known.type == "boolean":
        return random.choice(_BOOLEANS[:5] if tidy else _BOOLEANS)
    if known.allowed and (tidy or random.random() < 0.7):
        return random.choice(known.allowed)
    pools = {
        "integer": _INTEGERS,
        "size": _SIZES,
        "time": _TIMES,
        "seconds": _TIMES,
        "path": _PATHS,
        "hash": _PAIRS,
        "list": _LISTS,
        "string": _STRINGS,
    }
    pool = pools[known.type]
    if tidy and random.random() < 0.9:
        if known.default is not None and random.random() < 0.5:
            return known.default
        pool = {"integer": ("1", "2", "5"), "size": ("1MiB", "20MiB"), "time": ("1m", "31m"), "path": pool[:5],
                "hash": pool[:3], "list": pool[:3], "string": pool[:3]}[known.type]  # fmt: skip
    return random.choice(pool)
