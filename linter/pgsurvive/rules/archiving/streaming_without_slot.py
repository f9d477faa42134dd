"""PGS121 streaming-without-slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgsurvive.estate.script import ShellScript
from pgsurvive.findings import Loss, Severity
from pgsurvive.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.findings import Draft
    from pgsurvive.syntax.shell import Command

_RECEIVERS = frozenset({"pg_receivewal", "pg_receivexlog"})
_LETTERS_WITH_VALUE = frozenset("DESZdhpUs")
_WITH_VALUE = frozenset(
    {"--directory", "--endpos", "--slot", "--compress", "--dbname", "--host", "--port", "--username"}
    | {"--status-interval"}
)


@rule(
    code="PGS121",
    severity=Severity.WARNING,
    applies_to=ShellScript,
    costs=Loss.ARCHIVED_WAL,
    source="https://www.postgresql.org/docs/current/app-pgreceivewal.html",
)
def streaming_without_slot(script: ShellScript) -> Iterator[Draft]:
    """While the receiver is down the server recycles WAL that it hasn't got, and a restore can't get past the hole."""
    if script.is_throwaway or not script.mentions(*_RECEIVERS):
        return
    for command in script.commands:
        if command.name in _RECEIVERS and _lacks_slot(command):
            yield script.finding(
                command,
                f"{command.name} without a replication slot: what the server recycles while the receiver is down is missing "
                "for ever, and no restore gets past the hole",
                help=f"create a slot once ({command.name} --slot=NAME --create-slot --if-not-exists), then stream with "
                "--slot=NAME; limit what the slot may keep with max_slot_wal_keep_size",
            )


def _lacks_slot(command: Command) -> bool:
    """Whether the command receives WAL and certainly names no slot."""
    receives = False
    is_value = False
    for word in command.arguments:
        text = word.text
        if is_value:
            is_value = False
        elif text.startswith("--"):
            # getopt_long takes any beginning that is unambiguous: --sl, --dir, --endp.
            name, equals, _ = text.partition("=")
            if name.startswith("--sl") or (len(name) > len("--") and "--endpos".startswith(name)):
                return False
            receives = receives or (name.startswith("--di") and "--directory".startswith(name))
            if name in ("--create-slot", "--drop-slot", "--help", "--version"):
                return False
            is_value = not equals and any(known.startswith(name) for known in _WITH_VALUE)
        elif text.startswith("-") and len(text) > 1:
            letters, is_value = _short(text[1:])
            if letters & {"S", "E", "V", "?"}:
                return False
            receives = receives or "D" in letters
        elif not word.constant:
            return False
    return receives


def _short(bundle: str) -> tuple[frozenset[str], bool]:
    """The options among bundled letters, and whether the value of the last is the next word."""
    for index, letter in enumerate(bundle):
        if letter in _LETTERS_WITH_VALUE:
            return frozenset(bundle[: index + 1]), index + 1 == len(bundle)
    return frozenset(bundle), False
