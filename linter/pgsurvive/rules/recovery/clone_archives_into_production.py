"""PGS312 clone-archives-into-production."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pgsurvive.estate.expansion import expanded, functions
from pgsurvive.estate.script import SHELLS, ShellScript, unwrapped
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule
from pgsurvive.syntax import shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Command, Node, Word

_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_SETTLED = re.compile(
    r"archive[-_]mode(?!['\s=]*(?:on|always)\b) | archive_(?:command|library) | wal_level['\s=]*minimal"
    r"| standby | primary_conninfo | pg_rewind | recovery\.conf | config_file | --single"
    r"| initdb | pg_createcluster | fsync['\s=]*off | PGBACKREST_",
    re.VERBOSE,
)
"""Words of a script that sees to archiving, makes a standby or a new cluster, or has a configuration of its own."""

_TARGET = re.compile(
    r"recovery_target(?:_time|_xid|_lsn|_name)?['\s]*= | --type[= ](?:time|xid|lsn|name|immediate)",
    re.VERBOSE,
)
"""A recovery that ends here is paused unless told to promote, and a server in recovery archives nothing."""

_BESIDE = frozenset(
    {
        "scratch", "sandbox", "verify", "verification", "drill", "rehearsal", "clone", "cloned", "copy", "fork",
        "trial", "tmp", "temp", "temporary",
    }
)  # fmt: skip
"""What a directory is called whose cluster isn't production."""

_RESTORED = frozenset({"restore", "restored", "recover", "recovered", "recovery", "backup", "pitr"})
_DEFAULT_PORT = "5432"
_TAKES_VALUE = "DFrTtXZclidhpsSU"  # of pg_basebackup
_READS = frozenset(
    {"echo", "printf", "cat", "tee", "test", "[", "[[", "grep", "ls", "stat", "chmod", "chown"}
)
_LEAVES_ALONE = _READS | frozenset(
    {
        "rm", "mkdir", "touch", "cp", "mv", "rsync", "tar", "find", "ln", "du", "install", "pg_ctl", "postgres",
        "pg_isready", "psql", "vacuumdb", "pg_dump", "pg_dumpall", "pg_amcheck", "pg_verifybackup", "pg_basebackup",
        "pg_combinebackup", "pg_controldata", "pg_checksums", "pgbackrest", "wal-g", "wal-e", "trap", "export",
        "log", "log_info", "info",
    }
)  # fmt: skip
"""Programs that change no setting of the directory they are given; any other may turn archiving off."""


@rule(
    code="PGS312",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html",
)
def clone_archives_into_production(script: ShellScript) -> Iterator[Draft]:
    """A copy of a cluster is started beside production and archives to the same place."""
    if script.is_throwaway or not script.mentions("pg_ctl", "postgres"):
        return
    code = _COMMENT.sub("", script.text)
    if _SETTLED.search(code) or (_TARGET.search(code) and "promote" not in code) or script.script.broken:
        return
    body = expanded(script.script.body)
    own = frozenset(functions(body))
    before: list[Command] = []
    started: set[str] = set()
    commands = list(_flat(body))
    for command in commands:
        directory = _started(command, before)
        before.append(command)
        if directory is None or directory in started:
            continue
        started.add(directory)
        why = _why_a_copy(directory, command, before, code)
        if why and not any(_may_configure(each, directory, own) for each in commands):
            yield script.finding(
                command,
                f"a copy of a cluster starts here with the original's archive_command ({why}): the WAL it writes goes into "
                "production's archive, where it takes the place of segments that production has yet to store",
                help="turn archiving off before the copy starts: pg_ctl start -o '-c archive_mode=off', or "
                "pgbackrest restore --archive-mode=off",
            )


def _why_a_copy(directory: str, start: Command, before: Sequence[Command], code: str) -> str | None:
    """What shows that this is no restore of production itself; None where nothing does."""
    options = _server_options(start)
    made = {how for command in before if (how := _made(command, directory))}
    if not made or options is None:
        return None
    if "pg_basebackup" in made:
        return "pg_basebackup took it from a running server"
    if _is_beside(directory):
        return "its directory is named like one"
    if any(
        re.search(rf"\b{name}=[\"']?(?:\$\(|`)\s*mktemp", code) for name in re.findall(r"\$(\w+)", directory)
    ):
        return "its directory is temporary"
    return "it gets a port of its own" if _has_own_port(options) else None


def _flat(node: Node) -> Iterator[Command]:
    """Every command without its wrappers, those in `su postgres -c '…'` included, standing where the outer one does."""
    for outer in shell.commands(node):
        command = unwrapped(outer)
        code = _value_of(command, "c", "command") if command.name in SHELLS | {"su", "runuser"} else None
        if code is None:
            yield command
        else:
            inner = _flat(shell.parse(code).body)
            yield from (replace(each, start=outer.start, end=outer.end) for each in inner)


def _started(command: Command, before: Sequence[Command]) -> str | None:
    """The data directory of the server that a command starts."""
    words = {word.text for word in command.arguments}
    if command.name not in ("postgres", "postmaster") and not (command.name == "pg_ctl" and "start" in words):
        return None
    directory = _value_of(command, "D", "pgdata")
    if directory is None:
        directory = "$PGDATA"
        for each in (*before, command):
            for word in (*each.assignments, *each.words):
                if match := re.match(r"PGDATA=([\"']?)([^\"'\s]+)\1$", word.text):
                    directory = match[2]
    return _normal(directory)


def _made(command: Command, directory: str) -> str | None:
    """The program, if it fills the directory with a cluster that is no standby."""
    words = [word.text for word in command.arguments]
    if "backup-fetch" in words[:-1]:  # WAL-G's word, also behind a script that sets its environment
        return "backup-fetch" if _normal(words[words.index("backup-fetch") + 1]) == directory else None
    match command.name:
        case "pg_basebackup":
            to = _value_of(command, "D", "pgdata")
            plain = (_value_of(command, "F", "format") or "p")[0] == "p"
            unknown = any(
                word.text.startswith("$") and not _is_value(previous)
                for previous, word in zip(("", *words), command.arguments, strict=False)
            )
            if not plain or unknown or any(re.match(r"-[nNPvzwW]*R|--write-recovery-conf", w) for w in words):
                return None
        case "pgbackrest":
            # With a path given here, archive-push refuses the copy: its directory isn't the configured one.
            elsewhere = any(re.match(r"--(?:pg\d*-path|config|archive-mode)", word) for word in words)
            to = directory if "restore" in words and not elsewhere else None
        case "pg_combinebackup":
            to = _value_of(command, "o", "output")
        case "tar":
            extracts = any(re.match(r"-?[A-Za-z]*x|--extract", word) for word in words)
            to = _value_of(command, "C", "directory") if extracts else None
        case "cp" | "rsync":
            recursive = any(re.match(r"-[A-Za-z]*[arR]|--archive|--recursive", word) for word in words)
            operands = [word for word in words if not word.startswith("-")]
            to = operands[-1] if recursive and len(operands) > 1 else None
        case _:
            return None
    return command.name if to is not None and _normal(to) == directory else None


def _is_value(previous: str) -> bool:
    """Whether the word behind this one belongs to it."""
    return (
        re.fullmatch(rf"-[nNPvzwW]*[{_TAKES_VALUE}]|--[\w-]+", previous) is not None and "=" not in previous
    )


def _may_configure(command: Command, directory: str, own: frozenset[str]) -> bool:
    """Whether a command may change settings of the copy in a way that the script's text doesn't show."""
    words = [word.text for word in command.arguments]
    files = [word for word in words if "postgresql" in word and word.endswith(".conf")]
    onto = [r.target.text for r in command.redirects if r.target and r.operator in (">", ">|")]
    if (files and command.name not in _READS) or any(name.endswith("postgresql.conf") for name in onto):
        return True
    touches = any(directory in _normal(word) for word in words)
    return touches and command.name not in _LEAVES_ALONE | own and not _made(command, directory)


def _server_options(start: Command) -> list[str] | None:
    """The words that the server itself is given; None where a variable may hold more of them."""
    words = [word.text for word in start.arguments]
    if start.name == "pg_ctl":
        given = _value_of(start, "o", "options") or ""
        inner = next(shell.commands(shell.parse(f"postgres {given}").body), None)
        words = [word.text for word in inner.arguments] if inner else []
    takes_value = re.compile(r"-[pkhcDBN]$|--$")
    for previous, word in zip(("", *words), words, strict=False):
        if word.startswith("$") and not (takes_value.match(previous) and previous != "-c"):
            return None
    return words


def _has_own_port(options: Sequence[str]) -> bool:
    joined = " ".join(options)
    for match in re.finditer(r"(?:^|\s)(?:-p\s*|--port=|-c\s*port=)(\$\(\(.*?\)\)|\S+)", joined):
        port = match[1]
        number = re.fullmatch(r"(?:\$\{\w+:?-)?(\d+)\}?", port)
        if number:
            return number[1] != _DEFAULT_PORT
        words = _words_of(port)
        return port.startswith("$((") or bool(words & (_BESIDE | _RESTORED | {"test"}))
    return False


def _is_beside(directory: str) -> bool:
    words = _words_of(directory)
    return bool(words & _BESIDE) or ("test" in words and bool(words & _RESTORED))


def _words_of(text: str) -> set[str]:
    return set(re.split(r"[^a-z]+", text.lower()))


def _value_of(command: Command, letter: str, long: str) -> str | None:
    """What an option is given: `-D x`, `-Dx`, `--pgdata x` or `--pgdata=x`, also behind bundled letters as in `-RD x`."""
    following: Sequence[Word | None] = (*command.arguments[1:], None)
    for word, after in zip(command.arguments, following, strict=False):
        text = word.text
        if text.startswith(f"--{long}="):
            return text.partition("=")[2]
        if text == f"--{long}" or re.fullmatch(rf"-[A-Za-z]*{letter}", text):
            return after.text if after else None
        if text.startswith(f"-{letter}"):
            return text[2:]
    return None


def _normal(path: str) -> str:
    """The path as it is compared: without quotes, braces of variables, and what stands for the directory itself."""
    path = re.sub(r"\$\{(\w+)(?::?[?-][^{}]*)?\}", r"$\1", path.replace('"', "").replace("'", ""))
    return re.sub(r"(?:/\.?)+$", "", path) or "/"
