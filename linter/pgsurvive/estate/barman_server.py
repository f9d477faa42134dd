"""A server's section, and what it inherits from [barman]."""

from __future__ import annotations

import re
from binascii import unhexlify
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.catalog import barman as catalog
from pgsurvive.catalog.barman import GLOBAL
from pgsurvive.catalog.barman_values import interpret
from pgsurvive.catalog.values import Invalid
from pgsurvive.estate.barman_option import BarmanOption, Dropped, State
from pgsurvive.findings import Draft
from pgsurvive.syntax.barman_conf import Unresolved, resolved, unquoted

if TYPE_CHECKING:
    from pgsurvive.catalog.barman import Definition
    from pgsurvive.catalog.barman_values import Value
    from pgsurvive.estate.barman import BarmanConfig
    from pgsurvive.estate.barman_option import Given
    from pgsurvive.text import Source, Span

_REFERENCE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Server:
    """A section for a server, or for a model that a command can lay over one."""

    config: BarmanConfig = field(repr=False)
    name: str
    source: Source = field(repr=False)
    span: Span
    """Its header."""

    is_model: bool = False

    def finding(self, message: str, *, help: str) -> Draft:  # noqa: A002 - the word the reports use
        """A finding at the header."""
        return Draft(self.source, self.span, message, help)

    @property
    def given(self) -> dict[str, Given]:
        """The options of the section itself, whether Barman knows them or not."""
        return self.config.given.get(self.name, {})

    def effective(self, name: str) -> BarmanOption:
        """The value that decides: of the server's section, of [barman] where Barman looks there too, else the default."""
        return self._reading.options[name]

    @property
    def options(self) -> tuple[BarmanOption, ...]:
        """Every option that Barman reads for it."""
        return tuple(self._reading.options.values())

    @property
    def is_backed_up(self) -> bool:
        """Whether Barman itself takes its backups: it is active, and no copy of what another Barman has."""
        return (
            self.effective("active").value is True
            and self.effective("primary_ssh_command").value is None
            and not self.is_model
        )

    @property
    def unreadable_connections(self) -> tuple[BarmanOption, ...]:
        """The connections that Barman can't read, for which it disables the server.

        It takes them apart at each blank, and each word at its first `=`: addresses and quoted blanks are nothing to it.
        """
        streams = (
            self.effective("backup_method").value == "postgres"
            or self.effective("streaming_archiver").value is True
        )
        names = ("conninfo", "primary_conninfo", *(("streaming_conninfo",) if streams else ()))
        options = (self.effective(name) for name in names)
        return tuple(
            o for o in options if isinstance(o.value, str) and any("=" not in w for w in o.value.split())
        )

    def conflicts(self, option: BarmanOption) -> bool:
        """Whether an option that the backup method doesn't take is in force. Of some a wrong value is, too."""
        definition = catalog.definition(option.name)
        if definition is not None and not definition.is_read_at_once:
            return option.text not in (None, "", "None")
        return option.value not in (None, False, "off")

    @property
    def breaks_at_work(self) -> BarmanOption | None:
        """The option whose value makes every command end in an error as soon as it works on this server."""
        redundancy = self.effective("minimum_redundancy")
        policy = self.effective("retention_policy")
        if redundancy.text in ("", "None"):
            return redundancy
        # It is a policy for WAL, and only that.
        if (policy.text or "").strip().lower() == "main":
            return policy
        magic = self.effective("custom_compression_magic")
        is_used = self.effective("compression").value == "custom" and isinstance(magic.value, str)
        return magic if is_used and not _is_hexadecimal(str(magic.value)[2:]) else None

    @property
    def unresolved(self) -> BarmanOption | None:
        """The first option whose references lead nowhere once the server's other options are known."""
        return self._reading.unresolved

    @cached_property
    def _reading(self) -> _Reading:
        reading = _Reading(self)
        for definition in catalog.definitions("model" if self.is_model else "server"):
            reading.read(definition)
        return reading


@dataclass
class _Reading:
    """Reads one option after the other, in Barman's order: a value can refer to those before it."""

    server: Server
    options: dict[str, BarmanOption] = field(default_factory=dict)
    unresolved: BarmanOption | None = None

    def __post_init__(self) -> None:
        config = self.server.config
        self.values: dict[str, object] = {"name": self.server.name}
        """What reading the file has made of the options so far."""

        self.unsure: set[str] = set()
        """Those of which it isn't known."""

        for name in ("barman_home", "barman_lock_directory", "config_changes_queue"):
            option = config.option(name)
            self.values[name] = option.value
            if not option.is_set and option.value is None:
                self.unsure.add(name)

    def read(self, definition: Definition) -> None:
        """Reads one option."""
        config = self.server.config
        dropped: list[Dropped] = []
        empty: tuple[str, Given] | None = None
        for section in self._sections(definition):
            given = config.given.get(section, {}).get(definition.name)
            if given is None:
                continue
            place = (section, given)
            text = self._text(section, given)
            if isinstance(text, Unresolved):
                option = self._add(definition, State.UNKNOWN, None, None, place, dropped)
                if isinstance(given.text, str) and self.unresolved is None:
                    self.unresolved = option
                return
            meaning = interpret(definition, text)
            value = meaning if definition.is_read_at_once else text
            understood = definition.type != "text" and not isinstance(meaning, Invalid)
            if not understood and config.is_filled_in_later(text):
                self._add(definition, State.UNKNOWN, None, None, place, dropped)
                return
            if isinstance(value, Invalid):
                dropped.append(Dropped(*place, text, value.reason))
            elif value is None:
                # An empty interval or size, or no encryption, leaves the word to [barman] and to the default.
                empty = empty or place
            else:
                self._decide(definition, value, text, place, dropped)
                return
        self._default(definition, empty, dropped)

    def _sections(self, definition: Definition) -> tuple[str, ...]:
        name = self.server.name
        inherits = GLOBAL in definition.sections and not self.server.is_model
        return (name, GLOBAL) if inherits else (name,)

    def _text(self, section: str, given: Given) -> str | Unresolved:
        text = given.text
        if isinstance(text, str) and "%" in text:
            shown = {name: None if value is None else str(value) for name, value in self.values.items()}
            text = resolved(text, {**self.server.config.texts(section), **shown})
        if isinstance(text, Unresolved):
            return text
        return unquoted("" if text == "None" else text)

    def _decide(
        self,
        definition: Definition,
        value: Value,
        text: str,
        place: tuple[str, Given],
        dropped: list[Dropped],
    ) -> None:
        raw: Value = None if value in ("", "None") else value
        self._remember(definition, raw)
        meaning: Value | Invalid = raw
        if not definition.is_read_at_once:
            meaning = interpret(definition, str(raw or ""))
        if isinstance(meaning, Invalid):
            dropped.append(Dropped(*place, text, meaning.reason))
            self._add(definition, State.DROPPED, _fallback(definition), text, place, dropped)
        else:
            self._add(definition, State.SET, meaning, text, place, dropped)

    def _default(
        self, definition: Definition, empty: tuple[str, Given] | None, dropped: list[Dropped]
    ) -> None:
        default = None if self.server.is_model else definition.default
        value: Value = None
        if default is not None:
            read = interpret(definition, default % self.values)
            value = None if isinstance(read, Invalid) or read in ("", "None") else read
        self._remember(definition, value)
        config = self.server.config
        known = config.knows(self.server.name)
        if GLOBAL in definition.sections and not self.server.is_model:
            known = known and config.knows(GLOBAL)
        if not known or not self.unsure.isdisjoint(_REFERENCE.findall(default or "")):
            self._add(definition, State.UNKNOWN, None, None, empty, dropped)
        elif empty:
            self._add(definition, State.SET, value, "", empty, dropped)
        elif dropped:
            first = dropped[0]
            place = (first.section, first.given)
            self._add(definition, State.DROPPED, value, first.text, place, dropped)
        else:
            self._add(definition, State.DEFAULT, value, None, None, dropped)

    def _remember(self, definition: Definition, value: Value) -> None:
        if definition.type == "interval" and isinstance(value, int):
            self.values[definition.name] = timedelta(seconds=value)
        else:
            self.values[definition.name] = value

    def _add(  # noqa: PLR0917 - the parts of one thing
        self,
        definition: Definition,
        state: State,
        value: Value,
        text: str | None,
        place: tuple[str, Given] | None,
        dropped: list[Dropped],
    ) -> BarmanOption:
        section, given = place or (None, None)
        option = BarmanOption(
            definition.name,
            state,
            value,
            text,
            given.source if given else self.server.source,
            given.entry.span if given else self.server.span,
            given.entry if given else None,
            section,
            tuple(dropped),
        )
        if state is State.UNKNOWN:
            self.values.setdefault(definition.name, None)
            self.unsure.add(definition.name)
        self.options[definition.name] = option
        return option


def _is_hexadecimal(text: str) -> bool:
    try:
        unhexlify(text)
    except ValueError:
        return False
    return True


def _fallback(definition: Definition) -> Value:
    """What Barman uses instead of a value that it finds wrong only when it works on the server."""
    uses: dict[str, Value] = {"redundancy": 0, "retention mode": "auto", "WAL retention policy": "main"}
    return uses.get(definition.type)
