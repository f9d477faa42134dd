"""Configurations of Barman that try the reader: what people write, what they get wrong, and what nobody would think of."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from pgsurvive.catalog import barman
from tests.differential.generate import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.catalog.barman import Definition

MAIN, DIRECTORY = "barman.conf", "barman.d"

# ruff: noqa: E501 - lists of examples, a line each

_SERVERS = ("main", "db-1", "standby", "Main", "main db", "a.b", "ä")
_ODD_HEADERS = (
    "[main] ; the main one",
    "[main]extra",
    "[ main ]",
    "[all]",
    "[DEFAULT]",
    "[barman]",
    "[[main]]",
    "[]",
    "[main",
    "main]",
    "[a]b]",
)
_BOOLEANS = ("on", "off", "true", "False", "yes", "no", "t", "F", "1", "0", "ON")
_WRONG_BOOLEANS = (
    "",
    "enable",
    "y",
    "2",
    "on ; why",
    "on # why",
    "o",
    "tru\u0435",
    "on\n  off",
    "\n  on",
    "None",
)
_INTEGERS = ("0", "1", "3", "10", "-1", "+7", "1_000", "007", "60", "٣")
_WRONG_INTEGERS = ("", "three", "3 ; keep three", "3 backups", "3.5", "0x10", "1e3", "--5", "None", "5%%%%")
_INTERVALS = ("1 DAY", "7 days", "2 WEEKS", "1 month", "12 HOURS", "0 days", "4  Weeks", "999999999 days")
_WRONG_INTERVALS = (
    "",
    "1 fortnight",
    "7",
    "7d",
    "1 YEAR",
    "-1 DAYS",
    "7 days # a week",
    "a week",
    "1 DAY 2 HOURS",
    "9999999999 weeks",
    "None",
)
_SIZES = ("0", "100", "1k", "10Ki", "5 Mi", "1G", "2Gi", "1T", "3Ti ")
_WRONG_SIZES = ("", "1KB", "1 gb", "1g", "ten", "-5", "1.5G", "1Gi # each", "None")
_POLICIES = (
    "REDUNDANCY 2",
    "redundancy 0",
    "RECOVERY WINDOW OF 4 WEEKS",
    "RECOVERY WINDOW OF 7 DAYS",
    "recovery window of 1 month",
    "  Redundancy   3 ",
)
_WRONG_POLICIES = ("", "RECOVERY WINDOW OF 4 WEAKS", "4 WEEKS", "REDUNDANCY", "REDUNDANCY -1", "RECOVERY WINDOW OF 2 YEARS", "RECOVERY WINDOW 7 DAYS",
                   "REDUNDANCY 2 ; two", "main", "None", "RECOVERY WINDOW OF 12 HOURS")  # fmt: skip
_TEXTS = ("host=db1 user=barman dbname=postgres", '"The main server"', "'quoted'", "ssh -q postgres@db1", "plain", "a=b:c", "ä€😀", "/usr/lib/postgresql/18/bin",
          "x # y", "x ; y", "'a' and 'b'", '"', "''", "postgresql://barman@db1/postgres", "first\n  second", "first\n\n  third\n# comment\n  fourth", "\n  below")  # fmt: skip
_WRONG_TEXTS = ("", "None", "'None'", "a%b", "100%%", "100%%%%", "%(conninfo)s", "%(description)s x", "%(barman_home)s/x", "%%(barman_home)s/x", "%%(conninfo)s",
                "%(nothing)s", "%(", "%()s", "%(conninfo)", "%(CONNINFO)s", "%(slot_name)s%(slot_name)s", "%%(name)s", "%(cluster)s", "%(active)s", "%%(active)s")  # fmt: skip
_PATHS = (
    "/srv/barman/x",
    "/srv/barman/y",
    "/nowhere/wals",
    "relative/path",
    "s3://bucket/prefix",
    "gs://bucket",
    "/srv/barman/x/",
)
_WRONG_PATHS = ("", "s3://", "ftp://host/x", "https://acct.blob.core.windows.net/c", "https://acct.blob.core.windows.net", "S3://Bucket", "s3://[x", "None",
                "https://console.cloud.google.com/storage/browser/b", "https://console.cloud.google.com/storage/browser/")  # fmt: skip
_SLOTS = ("barman", "BARMAN", "slot_1")
_WRONG_SLOTS = ("", "bar-man", "bar man", "barman ; x", "ä", "None")
_UNKNOWN = (
    "foo",
    "retention",
    "minimum_redundency",
    "basebackup_directory",
    "streaming_archive",
    "archive_mode",
    "keepalive_internval",
    "name",
    "compression_filter",
    "ssh_comand",
)
_ODD_LINES = ("", "   ", "# a comment", "; a comment", "   # indented", "\t; tabbed", "no separator", "= 5", ": 5", "archiver", "{{ template }}", "archiver on", "\x0c", "  = deep",
              "\x85", "\u2028x = 1", "\xa0archiver = on", "archiver\x0b= on", "archiver == on", "archiver = = on", "archiver := on", "\ufeffarchiver = on", "<<<<<<< HEAD")  # fmt: skip
_MATTERS = frozenset({"retention_policy", "minimum_redundancy", "last_backup_maximum_age", "wal_retention_policy", "retention_policy_mode", "archiver", "streaming_archiver",
                      "slot_name", "bandwidth_limit", "backup_method", "backup_options", "compression", "encryption", "backup_directory", "wals_directory", "streaming_conninfo"})  # fmt: skip
_REFERENCES = ("%(description)s", "x%(description)s%(description)sx", "%(Description)s", "100%%%%", "'%(description)s'", "%%%%(description)s", "%(conninfo)s port=5432", "%(parallel_jobs)s",
               "%%(description)s", "%%(parallel_jobs)s")  # fmt: skip
_SEPARATORS = (" = ", " = ", " = ", "=", ": ", " : ", "\t=\t", " =")
_ENDINGS = ("\n",) * 12 + ("\r\n", "\r", " \n", "\t\n", "\n\n", "\x0c\n", " ; c\n", " # c\n")


def case(seed: int) -> Case:
    """The configuration of this seed, always the same."""
    random = Random(seed)  # noqa: S311 - reproducible test data
    tidy = random.random() < 0.7
    lines = [*_globals(random, tidy=tidy)]
    for _ in range(random.randint(0, 3)):
        lines += _server(random, tidy=tidy)
    if not tidy and random.random() < 0.1:
        random.shuffle(lines)
    files = {MAIN: _content(random, lines, tidy=tidy)}
    for name in ("a.conf", "b.conf", ".hidden.conf", "note.txt", "c.conf.bak"):
        if random.random() < 0.3:
            below = [line for _ in range(random.randint(0, 2)) for line in _server(random, tidy=tidy)]
            if random.random() < 0.05:
                below += [
                    "[barman]",
                    random.choice(
                        ("barman_home = /nowhere/barman", "compression = gzip", "log_level = INFO")
                    ),
                ]
            files[f"{DIRECTORY}/{name}"] = _content(random, below, tidy=tidy)
    if any(b"\nmodel" in content for content in files.values()):
        # In a model it is left to chance which options Barman has read when it follows a reference the second time.
        files = {name: content.replace(b"%%(", b"%(") for name, content in files.items()}
    return Case(f"seed {seed}", files)


def _content(random: Random, lines: list[str], *, tidy: bool) -> bytes:
    endings = _ENDINGS[:12] if tidy else _ENDINGS
    text = "".join(line + random.choice(endings) for line in lines)
    if random.random() < 0.2:
        text = text.rstrip("\r\n")
    content = text.encode()
    if not tidy and random.random() < 0.1:
        at = random.randrange(len(content) + 1)
        content = content[:at] + bytes([random.randint(1, 255)]) + content[at:]
    return content


def _globals(random: Random, *, tidy: bool) -> Iterator[str]:
    if tidy or random.random() < 0.95:
        yield "[barman]"
    if tidy or random.random() < 0.95:
        yield "barman_home = /nowhere/barman"
    if random.random() < 0.8:
        yield f"configuration_files_directory = {random.choice(('barman.d', './barman.d/', '/nowhere/else', 'barman.d'))}"
    for name in ("barman_user", "log_file", "log_level", "barman_lock_directory"):
        if random.random() < 0.2:
            yield f"{name} = {random.choice(('barman', '/nowhere/x', 'INFO', 'DEBUG'))}"
    if not tidy and random.random() < 0.2:
        yield f"{random.choice(('lock_directory_cleanup', 'log_format', 'config_changes_queue'))} = {random.choice(('on', 'off', '', 'x', 'no ; x', 'None'))}"
    yield from _options(random, "barman", random.randint(0, 5), tidy=tidy)


def _server(random: Random, *, tidy: bool) -> Iterator[str]:
    if not tidy and random.random() < 0.1:
        yield random.choice(_ODD_HEADERS)
    else:
        yield f"[{random.choice(_SERVERS)}]"
    if random.random() < 0.7:
        yield "conninfo = host=db1 user=barman dbname=postgres"
    if random.random() < 0.1:
        yield f"model = {random.choice(_BOOLEANS if tidy else _BOOLEANS + _WRONG_BOOLEANS)}"
        if random.random() < 0.9:
            yield "cluster = one"
    yield from _options(random, "server", random.randint(0, 8), tidy=tidy)
    if random.random() < 0.1:
        # All that these refer to is there, so that Barman follows them.
        yield f"description = {random.choice(('d', 'None', '3', '%%%%', 'on'))}"
        yield "conninfo = host=db1"
        yield f"parallel_jobs = {random.choice(('2', '0', 'x'))}"
        for name in random.sample(
            (
                "ssh_command",
                "path_prefix",
                "minimum_redundancy",
                "slot_name",
                "check_timeout",
                "archiver",
                "wals_directory",
            ),
            2,
        ):
            yield f"{name} = {random.choice(_REFERENCES)}"


def _options(random: Random, section: str, count: int, *, tidy: bool) -> Iterator[str]:
    own = barman.definitions(section)
    for _ in range(count):
        if not tidy and random.random() < 0.1:
            yield random.choice(_ODD_LINES)
            continue
        definition = random.choice(own if random.random() < 0.9 else barman.definitions())
        if random.random() < 0.3:
            definition = random.choice([d for d in own if d.name in _MATTERS] or own)
        name = definition.name
        if random.random() < 0.05:
            name = random.choice(_UNKNOWN)
        if random.random() < 0.1:
            name = random.choice((name.upper(), name.title()))
        indent = "" if tidy or random.random() < 0.95 else random.choice((" ", "\t", "    "))
        value = _value(random, definition, wrong=random.random() < (0.15 if tidy else 0.35), tidy=tidy)
        yield f"{indent}{name}{random.choice(_SEPARATORS)}{value}"


def _value(random: Random, definition: Definition, *, wrong: bool, tidy: bool) -> str:
    right, bad = _examples(definition)
    if tidy:
        # What Barman refuses everything for shows nothing else.
        bad = tuple(value for value in bad if "%" not in value)
        if definition.name in (
            "backup_directory",
            "wals_directory",
            "basebackups_directory",
            "model",
            "lock_directory_cleanup",
        ):
            wrong = False
    value = random.choice(bad if wrong and bad else right)
    if random.random() < 0.05:
        quote = random.choice("'\"")
        value = f"{quote}{value}{quote}"
    return value.title() if random.random() < 0.03 else value


_Examples = tuple[tuple[str, ...], tuple[str, ...]]
"""Values that an option takes, and others."""

_BY_TYPE: dict[str, _Examples] = {
    "boolean": (_BOOLEANS, _WRONG_BOOLEANS),
    "integer": (_INTEGERS, _WRONG_INTEGERS),
    "redundancy": (_INTEGERS, _WRONG_INTEGERS),
    "bandwidth": (_INTEGERS, _WRONG_INTEGERS),
    "interval": (_INTERVALS, _WRONG_INTERVALS),
    "size": (_SIZES, _WRONG_SIZES),
    "retention policy": (_POLICIES, _WRONG_POLICIES),
    "WAL retention policy": (("main",), ("", "MAIN", "auto", "None", "REDUNDANCY 1")),
    "retention mode": (("auto",), ("", "AUTO", "manual", "None")),
    "slot name": (_SLOTS, _WRONG_SLOTS),
    "absolute path": (_PATHS, _WRONG_PATHS),
    "directory or URL": (_PATHS, _WRONG_PATHS),
    "list": (("a", "a,b", " a , b"), ("", "a,,b", ",", "None")),
    "tablespace bandwidths": (("one:100 two:200", "one:100"), ("one", "one:x two:5", "one:1:2", "", "None")),
}


def _examples(definition: Definition) -> _Examples:
    if definition.type in _BY_TYPE:
        return _BY_TYPE[definition.type]
    if definition.values:
        words = tuple(definition.values)
        first, last = words[0], words[-1]
        wrong = ("", "None", "bogus", f"{first} ; x", ",".join(words), f"{first}, {last}", f"{first},")
        return (*words, *(word.upper() for word in words)), (*wrong, "5", "-5", "²", "--5")
    return (_PATHS, _WRONG_PATHS) if definition.name.endswith("_directory") else (_TEXTS, _WRONG_TEXTS)
