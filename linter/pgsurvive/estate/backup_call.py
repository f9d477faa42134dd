"""Where a backup program is called: in archive_command and restore_command, in scripts, through `ssh` or `docker exec`.

The code in crontabs, units, Dockerfiles and YAML counts as a script.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.estate.archiving import wal_command
from pgsurvive.estate.expansion import expanded
from pgsurvive.estate.script import SHELLS, unwrapped
from pgsurvive.findings import Draft, Related
from pgsurvive.syntax import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.postgres import PostgresConfig, Setting
    from pgsurvive.estate.script import ShellScript
    from pgsurvive.syntax.shell import Command, Word
    from pgsurvive.text import Source, Span

_CARRIERS = frozenset({"docker", "docker-compose", "podman", "podman-compose", "kubectl", "oc", "ssh"})
"""Programs that run the words behind their own somewhere else."""

_SETTING = re.compile(
    r"\b(?P<name>(?:archive|restore)_command)\s*(?:=|\bTO\b)\s*\\?['\"]?(?P<value>[^'\"\\\n;]*)",
    re.IGNORECASE,
)
_HAND_OVER = frozenset({"su", "runuser", *SHELLS})
"""Programs that run a string behind `-c`."""


@dataclass(frozen=True)
class BackupCall:
    """One call of a program."""

    words: tuple[Word, ...]
    """The program's own words, its name first."""

    source: Source
    span: Span
    place: str
    """What a message calls the place: `archive_command`, `the script`."""

    @property
    def program(self) -> str:
        """Its name without a directory."""
        return self.words[0].text.rpartition("/")[2]

    @property
    def is_constant(self) -> bool:
        """Whether every word is known."""
        return all(word.constant for word in self.words)

    def option(self, name: str) -> str | None:
        """The value of a long option, given as `--name=value` or `--name value`; None if it isn't given or known."""
        value: str | None = None
        for word, following in zip(self.words, (*self.words[1:], None), strict=True):
            key, equals, text = word.text.partition("=")
            if key != f"--{name}":
                continue
            if equals:
                value = text if word.constant else None
            else:
                value = following.text if following and following.constant else None
        return value

    def has_option(self, *names: str) -> bool:
        """Whether one of these long options is given, whatever its value."""
        given = {word.text.partition("=")[0] for word in self.words[1:]}
        return any(f"--{name}" in given for name in names)

    @property
    def has_pg_options(self) -> bool:
        """Whether pgbackrest is told on its command line where the cluster is."""
        return any(re.match(r"--pg\d*-|--reset-pg|--db", word.text) for word in self.words)

    @cached_property
    def operands(self) -> tuple[str, ...]:
        """The words that are no options, in order; the value of an option behind a space counts as one."""
        return tuple(word.text for word in self.words[1:] if not word.text.startswith("-"))

    def finding(self, message: str, *, help: str, related: tuple[Related, ...] = ()) -> Draft:  # noqa: A002 - the word the reports use
        """A finding at the call."""
        return Draft(self.source, self.span, message, help, related)

    def related(self, message: str) -> Related:
        """The call as the other place of a finding."""
        return Related(self.source.path, self.span, message, self.source)


def in_setting(config: PostgresConfig, name: str, programs: frozenset[str]) -> tuple[BackupCall, ...]:
    """The calls of these programs in archive_command or restore_command; nothing where the setting's value is unknown."""
    setting = config.effective(name)
    text = setting.value
    if not isinstance(text, str) or not any(program in text for program in programs):
        return ()
    return tuple(
        BackupCall(words, setting.source, _span_in(setting, words), name)
        for command in wal_command(text).commands
        if (words := _words(command, programs))
    )


def in_script(script: ShellScript, programs: frozenset[str]) -> tuple[BackupCall, ...]:
    """The calls of these programs in a script, known variables put in, and those in a setting that it writes."""
    if not script.mentions(*programs) or script.script.broken:
        return ()
    source = script.source
    called = (
        BackupCall(words, source, source.span(words[0].start, words[-1].end), "the script")
        for each in shell.commands(expanded(script.script.body))
        for command in _with_inner(unwrapped(each))
        if (words := _words(command, programs))
    )
    return (*called, *_written(source, script.text, programs))


def _written(source: Source, text: str, programs: frozenset[str]) -> Iterator[BackupCall]:
    """The calls in an archive_command or restore_command that a script sets, by ALTER SYSTEM or by writing the file."""
    for match in _SETTING.finditer(text):
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        # What stands on a server's command line is read with the rest of it.
        if before.lstrip().startswith(("#", "--")) or re.search(r"(?:-c|--)\s*[\"']?$", before):
            continue
        start = match.start("value")
        for command in shell.commands(shell.parse(match["value"]).body):
            words = tuple(
                replace(word, start=start + word.start, end=start + word.end)
                for word in _words(unwrapped(command), programs)
            )
            if words:
                span = source.span(words[0].start, words[-1].end)
                yield BackupCall(words, source, span, match["name"].lower())


def _span_in(setting: Setting, words: tuple[Word, ...]) -> Span:
    if setting.entry is None:
        return setting.span
    return setting.entry.span_in_value(setting.source, words[0].start, words[-1].end)


def _words(command: Command, programs: frozenset[str]) -> tuple[Word, ...]:
    """The words from the program's name on, if the command calls one of these; else none."""
    if command.name in programs:
        return command.words
    if command.name in _CARRIERS:
        for number, word in enumerate(command.words):
            # `docker exec pgbackrest pgbackrest …` names a container first.
            if _is_program(word, programs) and not any(
                _is_program(each, programs) for each in command.words[number + 1 :]
            ):
                return command.words[number:]
    return ()


def _is_program(word: Word, programs: frozenset[str]) -> bool:
    """Whether a word names a program, and not a file of that name somewhere."""
    directory, _, name = word.text.rpartition("/")
    return word.constant and name in programs and (not directory or directory.endswith("bin"))


def _with_inner(command: Command) -> Iterator[Command]:
    """The command, or those in the string that it hands to a shell; these all stand where the string does."""
    if command.name not in _HAND_OVER and command.name not in _CARRIERS:
        yield command
        return
    code = next((word for word in command.arguments if " " in word.text and word.quoted), None)
    if code is None or not code.constant:
        yield command
        return
    for inner in shell.commands(shell.parse(code.text).body):
        words = tuple(
            shell.Word(word.text, code.start, code.end, word.constant, word.quoted) for word in inner.words
        )
        yield unwrapped(shell.Command(words, code.start, code.end, (), inner.assignments))
