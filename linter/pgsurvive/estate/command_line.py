"""Settings given on a server's command line: `postgres -c name=value`, `pg_ctl -o '-c name=value'`."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pgsurvive.estate.postgres import PostgresConfig
from pgsurvive.syntax import shell
from pgsurvive.syntax.postgresql_conf import Entry, PostgresqlConf
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgsurvive.estate.script import ShellScript
    from pgsurvive.syntax.shell import Word
    from pgsurvive.text import Source

_SERVERS = frozenset({"postgres", "postmaster"})
_CONTROLS = frozenset({"pg_ctl", "pg_ctlcluster"})


def read(script: ShellScript) -> Iterator[PostgresConfig]:
    """For each command of a script that starts a server with settings, the configuration that these make up."""
    if not script.mentions(*_SERVERS, *_CONTROLS):
        return
    for command in script.commands:
        entries: list[Entry] = []
        if command.name in _SERVERS:
            entries = list(settings(command.arguments, script.source))
        # `pg_ctl init -o` hands its options to initdb.
        elif command.name in _CONTROLS and not any(w.text in ("init", "initdb") for w in command.arguments):
            entries = [e for options in _options(command.arguments) for e in _inner(options, script.source)]
        if entries:
            tree = PostgresqlConf(script.source, tuple(entries), (), ())
            yield PostgresConfig(tree, Kind.SHELL, script.majors)


def _options(words: Sequence[Word]) -> Iterator[Word]:
    """What `pg_ctl -o` hands to the server."""
    for word, following in pairwise(words):
        if word.text in ("-o", "--options") and following.constant:
            yield following


def _inner(options: Word, source: Source) -> Iterator[Entry]:
    """The settings in a string of options; each stands, as far as one can point at it, where the string does."""
    for command in shell.commands(shell.parse(f"postgres {options.text}").body):
        yield from settings(command.arguments, source, options)


def settings(words: Sequence[Word], source: Source, place: Word | None = None) -> Iterator[Entry]:
    """The settings among the arguments of a server; each stands where its word does, or at `place`."""
    for index, word in enumerate(words):
        text = word.text
        if not word.constant:
            continue
        if text in ("-c", "--") and index + 1 < len(words) and words[index + 1].constant:
            yield from _entry(words[index + 1].text, place or words[index + 1], source)
        elif text.startswith("-c") and len(text) > len("-c"):
            yield from _entry(text[len("-c") :], place or word, source)
        elif text.startswith("--") and "=" in text:
            yield from _entry(text.removeprefix("--"), place or word, source)


def _entry(text: str, word: Word, source: Source) -> Iterator[Entry]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        return
    span = source.span(word.start, word.end)
    # Where the value stands to the letter, a finding can point into it; where it is quoted or escaped, only at the word.
    at = source.text.find(value, word.start, word.end) if value.strip() else -1
    value_span = source.span(at, at + len(value)) if at >= 0 else span
    # As in a file, names are compared without regard to case; a dash stands for an underscore (manual: Shell interaction).
    yield Entry(name.strip().lower().replace("-", "_"), value, span, span, value_span, quoted=False)
