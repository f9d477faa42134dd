"""PGS306 target-without-signal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript, unwrapped
from pgsurvive.findings import Draft, Loss, Related, Severity
from pgsurvive.rules import rule
from pgsurvive.syntax import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.syntax.shell import Command, Node

_VALUE = r"(?=\s*=\s*(?!''\s*$)\S)"
_TARGET = re.compile(rf"\brecovery_target(?:_time|_xid|_lsn|_name)?{_VALUE}")
_RESTORE_COMMAND = re.compile(rf"\brestore_command{_VALUE}")
_SERVER_FILE = re.compile(r"(?:postgresql(?:\.auto)?\.conf|/conf\.d/[^/]+\.conf)$")

_SIGNALED = re.compile(
    r"\.signal\b|\brecovery\.conf\b|\bstandby_mode\b"
    r"|--write-recovery-conf|\bpg_(?:basebackup|rewind)\b[^\n]*\s-[a-zA-Z]*R"
    r"|\b(?:pgbackrest|barman|pg_probackup|pg_rman)\s[^\n]*\b(?:restore|recover)\b"
    r"|\b(?:repmgr|patroni|patronictl|pitrery|omnipitr-\w+|ansible|ansible-playbook)\b"
)
"""What creates the file, or may; recovery.conf is how servers before 12 were told."""

_UNPACKED = re.compile(
    r"\btar\s+(?:-?[a-zA-Z]*x|[^\n]*\s(?:-[a-zA-Z]*x|--extract))"
    r"|\b(?:wal-g|wal-e)\s[^\n]*\bbackup-fetch\b|\bbarman-cloud-restore\s|\bpg_combinebackup\s"
)
"""A base backup is put into place, by what leaves the file to the user."""

_COPIED = re.compile(r"\bcp\s[^\n]*-\w*[aRr]|\brsync\s|\bpg_basebackup\s")
"""A base backup may be put into place: evidence enough where a target is at hand."""

_ARCHIVES = re.compile(r"\barchive_(?:command|library)\b")
_STARTS = re.compile(
    r"\bpg_ctl\b[^\n]*\s(?:re)?start\b|\bpg_ctlcluster\s[^\n]*\s(?:re)?start\b"
    r"|\bsystemctl\s[^\n]*\b(?:re)?start\s+postgres|\bservice\s+postgres\S*\s+(?:re)?start\b"
)
_ONLY_ASKS = frozenset({"-C", "-V", "--version", "-?", "--help", "--single", "--boot", "--describe-config"})
_HARMLESS_SOURCE = re.compile(
    r"(?:env|conf|cfg|config|settings|profile|rc|os-release|variables|vars)(?:\.sh)?$"
)
_ASSIGNMENT = re.compile(r"^\s*(?:\w+\s+)??(\w+)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s;&|]+)", re.MULTILINE)
_HEREDOC = re.compile(r"<<(-?)\s*\\?(['\"]?)(\w+)\2")
_INTO_FILE = re.compile(r"(?:>>?|\btee\s(?:\s*-\S+)*)\s*(\"[^\"\n]*\"|'[^'\n]*'|[^\s;&|<>]+)")


@dataclass(frozen=True, slots=True)
class _Write:
    """What a script puts into a file."""

    text: str
    file: str
    start: int
    end: int


@rule(
    code="PGS306",
    severity=Severity.ERROR,
    applies_to=ShellScript,
    costs=Loss.RESTORE,
    source="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-PITR-RECOVERY",
)
def target_without_signal(script: ShellScript) -> Iterator[Draft]:
    """The server is started without recovery.signal, so it ignores the target and opens with the base backup alone."""
    if script.is_throwaway or not script.mentions("recovery_target", "recovery-target", "restore_command"):
        return
    code = re.sub(r"^[ \t]*#.*$", "", script.text, flags=re.MULTILINE)
    joined = code.replace("\\\n", " ")
    if _SIGNALED.search(joined) or script.script.broken or any(map(_runs_unknown_script, script.commands)):
        return
    for command in script.commands:
        if not _starts_server(command):
            continue
        found = _given_to(command, joined) or _written_before(script, command, joined)
        if found is None:
            continue
        name, start, end = found
        span = script.source.span
        yield Draft(
            script.source,
            span(command.start, command.end),
            f"the server starts without recovery.signal: it ignores {name}, opens with what the base backup holds, and goes "
            "on writing on the old timeline",
            'touch "$PGDATA/recovery.signal" before the server starts',
            (Related(script.source.path, span(start, end), f"{name} is written here", script.source),),
        )
        return


def _given_to(command: Command, code: str) -> tuple[str, int, int] | None:
    """The target among the words of the command that starts the server on a backup which the script put into place.

    Who is given a directory that is ready to start may find recovery.signal in it.
    """
    if not (_UNPACKED.search(code) or _COPIED.search(code)):
        return None
    for word in command.arguments:
        match = _TARGET.search(word.text.removeprefix("-c").lstrip("-").replace("-", "_"))
        if match:
            return match[0], word.start, word.end
    return None


def _written_before(script: ShellScript, start: Command, code: str) -> tuple[str, int, int] | None:
    """The target that is in a server's file by then; else the restore command, where a backup was unpacked."""
    unpacked = _UNPACKED.search(code) is not None and _ARCHIVES.search(code) is None
    wanted = (_TARGET, _RESTORE_COMMAND) if unpacked else (_TARGET,)
    writes = [w for w in _writes(script) if w.start < start.start and _SERVER_FILE.search(w.file)]
    for pattern in wanted:
        for write in writes:
            lines = (line.lstrip() for line in write.text.splitlines())
            match = next(
                (m for line in lines if not line.startswith("#") and (m := pattern.search(line))), None
            )
            if match:
                return match[0], write.start, write.end
    return None


def _starts_server(command: Command) -> bool:
    program = _program(command)
    words = [word.text for word in command.arguments]
    if program in ("postgres", "postmaster"):
        return bool(words) and _ONLY_ASKS.isdisjoint(words)
    if program in ("su", "runuser", "sh", "bash"):
        return any(map(_STARTS.search, words))
    return _STARTS.search(" ".join((program, *words))) is not None


def _program(command: Command) -> str:
    """The program's name, also where a variable holds its directory."""
    name = command.words[0].text.rpartition("/")[2] if command.words else ""
    return "" if "$" in name else name


def _runs_unknown_script(command: Command) -> bool:
    """Whether another script has a part in it, which may be the one that creates the file."""
    program = _program(command)
    if program in (".", "source"):
        name = command.arguments[0].text if command.arguments else ""
        return _HARMLESS_SOURCE.search(name) is None
    if program in ("sh", "bash", "su", "ssh", "docker", "kubectl"):
        return any(word.text.endswith(".sh") for word in command.arguments)
    return bool(command.words) and (not program or program.endswith((".sh", ".py", ".pl", ".bash")))


def _writes(script: ShellScript) -> Iterator[_Write]:
    variables = {match[1]: match[2].strip("\"'") for match in _ASSIGNMENT.finditer(script.text)}
    for write in (*_heredocs(script.text), *_printed(script.script.body)):
        yield _Write(write.text, _expanded(write.file, variables), write.start, write.end)


def _expanded(word: str, variables: dict[str, str]) -> str:
    """A word with the script's own variables filled in, as far as they are known."""
    for _ in range(3):
        word = re.sub(r"\$\{?(\w+)\}?", lambda m: variables.get(m[1], m[0]), word)
    return word.strip("\"'")


def _heredocs(text: str) -> Iterator[_Write]:
    """`cat >> file <<EOF` and `tee -a file <<EOF`; read from the text, which has their bodies."""
    for match in _HEREDOC.finditer(text):
        first = text.rfind("\n", 0, match.start()) + 1
        behind = text.find("\n", match.end())
        if behind < 0:
            return
        blanks = "\t*" if match[1] else ""
        end = re.compile(rf"^{blanks}{re.escape(match[3])}$", re.MULTILINE).search(text, behind + 1)
        files = [into[1] for into in _INTO_FILE.finditer(text[first:behind]) if into[1] != "/dev/null"]
        for file in files:
            yield _Write(
                text[behind + 1 : end.start() if end else len(text)], file.strip("\"'"), first, behind
            )


def _printed(node: Node) -> Iterator[_Write]:
    """`echo … >> file`, `{ echo …; echo …; } >> file` and `echo … | tee -a file`."""
    inner = [unwrapped(command) for command in shell.commands(node)]
    text = "\n".join(w.text for c in inner if c.name in ("echo", "printf") for w in c.arguments)
    text = text.replace("\\n", "\n")
    if isinstance(node, shell.Command | shell.Group):
        for redirect in node.redirects:
            if redirect.operator in (">", ">>") and redirect.target is not None:
                yield _Write(text, redirect.target.text, node.start, node.end)
    if isinstance(node, shell.Pipeline) and inner and inner[-1].name == "tee":
        for word in inner[-1].arguments:
            yield _Write(text, word.text, node.start, node.end)
    for child in shell.children(node):
        yield from _printed(child)
