"""Configuration files that try the parser: what people write, what they get wrong, and what nobody would think of."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAIN, AUTO = "postgresql.conf", "postgresql.auto.conf"

# ruff: noqa: E501 - lists of examples, a line each

# Settings that a running server can take over from a file, so that pg_file_settings says whether it accepts the value.
_BOOLEANS = (
    "autovacuum",
    "fsync",
    "full_page_writes",
    "log_connections_x",
    "zero_damaged_pages",
    "hot_standby_feedback",
)
_NUMBERS = ("archive_timeout", "work_mem", "checkpoint_timeout", "wal_keep_size", "max_slot_wal_keep_size", "vacuum_cost_delay",
            "random_page_cost", "checkpoint_completion_target", "recovery_min_apply_delay", "wal_sender_timeout", "log_min_duration_statement",
            "temp_file_limit", "max_wal_size", "statement_timeout", "autovacuum_naptime", "tcp_keepalives_idle", "effective_cache_size")  # fmt: skip
_ENUMS = ("synchronous_commit", "client_min_messages", "log_statement", "wal_sync_method_x", "wal_compression", "default_transaction_isolation",
          "log_min_messages", "bytea_output", "constraint_exclusion", "password_encryption", "backslash_quote")  # fmt: skip
_STRINGS = ("archive_command", "restore_command", "archive_cleanup_command", "primary_conninfo", "log_line_prefix", "promote_x",
            "my.own", "plainly.Custom")  # fmt: skip
_UNKNOWN = ("archive_mod", "checkpoint_segments", "wal_keep_segments", "standby_mode", "summarize_wal", "archive_library", "sort_mem",
            "promote_trigger_file", "ssl_ecdh_curve", "default_with_oids")  # fmt: skip

_UNITS = (
    "",
    "",
    "B",
    "kB",
    "MB",
    "GB",
    "TB",
    "KB",
    "mb",
    "us",
    "ms",
    "s",
    "min",
    "h",
    "d",
    "H",
    " MB",
    " s",
    "x",
)
_BOOLEAN_WORDS = (
    "on",
    "off",
    "ON",
    "true",
    "fals",
    "f",
    "t",
    "y",
    "n",
    "yes",
    "no",
    "1",
    "0",
    "of",
    "o",
    "2",
    "enabled",
    "'on'",
    "''",
)
_ENUM_WORDS = ("on", "off", "local", "remote_apply", "'remote_write'", "none", "ddl", "ALL", "mod", "'repeatable read'", "serializable",
               "lz4", "pglz", "true", "1", "hex", "escape", "partition", "md5", "scram-sha-256", "warning", "debug", "fatal", "safe_encoding", "bogus")  # fmt: skip
_TEXTS = ("'cp %p /a/%f'", "''", "'it''s'", r"'it\'s'", r"'a\tb\\c'", r"'\101\377\7'", "'test ! -f /a/%f && cp %p /a/%f'", "'ä€😀'", "/bin/true",
          "plain", "a.b", "a.b.c", "a-b:c/d.e", "'# not a comment'", "'unclosed", '"double"', "'two' 'quoted'", "two words", "'a\\", "é", "-dash",
          "'host=a password=''x y'' port=1'", "%p", "'x'y", "'😀\\777'")  # fmt: skip
_ODD_LINES = ("", "   ", "\t", "# a comment", "#archive_mode = off", "   # indented", "= 5", "5 = 5", "work_mem", "work_mem =", "'quoted' = 1",
              "work_mem == 4MB", "work_mem = = 4MB", "work_mem = 4MB;", "work_mem : 4MB", "[section]", "work_mem = 4MB 5MB", "{{ template }}",
              "SET work_mem = '4MB';", "work_mem=", ".", "a.b", "a.b.c = 1", "work_mem = 4MB // comment", "-- comment", "\x0c", "work_mem\x0b= 1",
              "work_mem = \x014MB", "ALTER SYSTEM SET work_mem = 1", "ünknown = 1", "work_mem = 'a\rb'", "\ufeffwork_mem = 4MB", "include", "include =")  # fmt: skip
_SEPARATORS = (" = ", " = ", " = ", "=", " ", "\t", "  =", " =\t", "= ")
_ENDINGS = ("\n", "\n", "\n", "\n", "\r\n", " \n", " # why\n", "\t# 'why'\n", "#\n")


@dataclass(frozen=True, slots=True)
class Case:
    """The files of one configuration, by their names below the data directory."""

    name: str
    """What to call it in a report; a generated one says its seed."""

    files: dict[str, bytes] = field(repr=False)


def case(seed: int) -> Case:
    """The configuration of this seed, always the same."""
    random = Random(seed)  # noqa: S311 - reproducible test data
    files = {MAIN: _file(random, includes=True)}
    if random.random() < 0.3:
        files[AUTO] = _file(random, lines=random.randint(0, 4), tidy=True)
    for name in (
        "a.conf",
        "conf.d/10-first.conf",
        "conf.d/2-second.conf",
        "conf.d/.hidden.conf",
        "conf.d/note.txt",
        "sub/b.conf",
    ):
        if random.random() < 0.5:
            tidy = random.random() < 0.7
            files[name] = _file(random, lines=random.randint(0, 4), includes=random.random() < 0.3, tidy=tidy)
    return Case(f"seed {seed}", files)


def _file(
    random: Random, *, lines: int | None = None, includes: bool = False, tidy: bool | None = None
) -> bytes:
    tidy = random.random() < 0.6 if tidy is None else tidy
    count = random.randint(1, 12) if lines is None else lines
    parts = [_line(random, tidy=tidy, includes=includes) + random.choice(_ENDINGS) for _ in range(count)]
    text = "".join(parts)
    if random.random() < 0.2:
        text = text.rstrip("\n")
    content = text.encode()
    if random.random() < 0.05:
        at = random.randrange(len(content) + 1)
        content = content[:at] + bytes([random.randint(1, 255)]) + content[at:]
    return content


def _line(random: Random, *, tidy: bool, includes: bool) -> str:
    if not tidy and random.random() < 0.15:
        return random.choice(_ODD_LINES)
    if includes and random.random() < 0.25:
        return _include(random, tidy=tidy)
    kinds: tuple[tuple[tuple[str, ...], Callable[[], str]], ...] = (
        (_BOOLEANS, lambda: random.choice(_BOOLEAN_WORDS)),
        (_NUMBERS, lambda: _number(random)),
        (_ENUMS, lambda: random.choice(_ENUM_WORDS)),
        (_STRINGS, lambda: random.choice(_TEXTS[:7] if tidy else _TEXTS)),
    )
    names, value = random.choice(kinds)
    name = random.choice(names)
    if tidy:
        name = name.removesuffix("_x") if name.endswith("_x") and name != "promote_x" else name
        name = {"log_connections": "log_checkpoints", "promote_x": "log_line_prefix"}.get(name, name)
    elif random.random() < 0.08:
        name = random.choice(_UNKNOWN)
    if random.random() < 0.1:
        name = name.swapcase()
    return f"{random.choice(('', '', '', ' ', chr(9)))}{name}{random.choice(_SEPARATORS)}{value()}"


def _number(random: Random) -> str:
    number = random.choice(
        (
            str(random.choice((0, 1, -1, 5, 10, 60, 64, 100, 1000, 65536, 2**31 - 1, 2**31, 2**40))),
            str(random.randint(-5, 5000)),
            f"{random.uniform(-1, 100):.{random.randint(0, 3)}f}",
            hex(random.randint(0, 5000)),
            oct(random.randint(0, 500)).replace("o", ""),
            random.choice(
                (
                    ".5",
                    "1.",
                    "1e3",
                    "1.5e2",
                    "+7",
                    "08",
                    "0x",
                    "1_000",
                    "nan",
                    "inf",
                    "1e400",
                    "--1",
                    "5%",
                    "0.5.5",
                )
            ),
        )
    )
    text = number + random.choice(_UNITS)
    return f"'{text}'" if random.random() < 0.5 else text


def _include(random: Random, *, tidy: bool) -> str:
    directive = random.choice(("include", "include_if_exists", "include_dir", "INCLUDE"))
    if directive == "include_dir":
        target = random.choice(("conf.d", "conf.d/", "./conf.d", "sub", "../data/conf.d"))
    else:
        target = random.choice(("a.conf", "sub/b.conf", "./a.conf", "conf.d/10-first.conf"))
    if not tidy and random.random() < 0.2:
        target = random.choice(("missing.conf", "missing", "", "..", MAIN))
    quote = "'" if random.random() < 0.8 or not target else ""
    return f"{directive}{random.choice(_SEPARATORS)}{quote}{target}{quote}"
