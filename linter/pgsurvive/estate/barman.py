"""Barman's configuration as Barman takes it: which line decides each option of each server, and what Barman ignores."""

from __future__ import annotations

import posixpath
import re
from collections import ChainMap
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.catalog import barman as catalog
from pgsurvive.catalog.barman import GLOBAL
from pgsurvive.catalog.barman_values import interpret
from pgsurvive.catalog.values import Invalid
from pgsurvive.estate.files import NoFiles
from pgsurvive.estate.postgres import looks_templated
from pgsurvive.findings import Draft, Fix, Related
from pgsurvive.syntax import barman_conf
from pgsurvive.syntax.barman_conf import Unresolved, lone_percent, resolved, unquoted
from pgsurvive.text import Span, lies_among_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgsurvive.catalog.barman import Definition
    from pgsurvive.catalog.barman_values import Value
    from pgsurvive.estate.files import Files
    from pgsurvive.syntax.barman_conf import BarmanConf, Entry
    from pgsurvive.text import Source

MAIN = "barman.conf"
RESERVED = "all"
"""The word that means every server on Barman's command line: no section may be called so."""

_TEMPLATE = re.compile(r"\{\{|\{%|<%[-=# ]|@[A-Z_]+@")
_VARIABLE = re.compile(r"\$\{\w+[^}]*\}|\$[A-Z_][A-Z0-9_]*$")


class State(Enum):
    """How an option comes to its value."""

    SET = "set"
    """By a line of a file."""

    DEFAULT = "default"
    """By no line: the files are known to be all there is."""

    UNKNOWN = "unknown"
    """It may be set in a file that was not read, or by a template."""

    DROPPED = "dropped"
    """Lines set it, but Barman understands none of them and uses the default."""


@dataclass(frozen=True, slots=True)
class Given:
    """An option as a line gives it."""

    tree: BarmanConf = field(repr=False)
    entry: Entry
    text: str | Unresolved
    """After the first of the two times that Barman resolves references: while reading the file."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why Barman does no work at all with these files."""

    kind: str
    """`text`, `syntax`, `reference`, `percent`, `section`, `global`, `reserved`, `model`, `boolean`, `missing` or `path`."""

    source: Source = field(repr=False)
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """A line whose value Barman ignores."""

    section: str
    """The section that was looked into: the server's, or barman."""

    given: Given
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class BarmanOption:
    """An option's effective value and the place that decides it."""

    name: str
    state: State
    value: Value
    """What Barman works with: intervals in seconds, sizes in bytes. None where nothing is set, and where it is unknown."""

    text: str | None
    """As the deciding line has it, references resolved and quotes taken off; None where no line sets it."""

    source: Source = field(repr=False)
    span: Span
    """The deciding line; where there is none, the header of the section."""

    entry: Entry | None = None
    section: str | None = None
    """The section of the deciding line."""

    dropped: tuple[Dropped, ...] = ()
    """Lines that would have decided, had Barman understood them."""

    @property
    def is_set(self) -> bool:
        """Whether a line of a file decides it."""
        return self.state is State.SET

    @property
    def is_known(self) -> bool:
        """Whether `value` is what Barman works with."""
        return self.state is not State.UNKNOWN

    def finding(
        self,
        message: str,
        *,
        help: str,  # noqa: A002 - the word the reports use
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
    ) -> Draft:
        """A finding at the line that decides the option, or at the section's header."""
        return Draft(self.source, self.span, message, help, related, fix)

    def related(self, message: str) -> Related:
        """The option's line as the other place of a finding."""
        return Related(self.source.path, self.span, message, self.source)


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

    @cached_property
    def entries(self) -> tuple[Given, ...]:
        """The section's own lines."""
        return tuple(self.config.given.get(self.name, {}).values())

    def effective(self, name: str) -> BarmanOption:
        """The value that decides: of the server's section, of [barman] where Barman looks there too, else the default."""
        return self._options[name]

    @property
    def options(self) -> tuple[BarmanOption, ...]:
        """Every option that Barman reads for it."""
        return tuple(self._options.values())

    @cached_property
    def _options(self) -> dict[str, BarmanOption]:
        config = self.config
        # What Barman has read before an option can be referred to in it.
        known: dict[str, object] = {
            "name": self.name,
            "barman_home": config.global_text("barman_home"),
        }
        found: dict[str, BarmanOption] = {}
        for definition in catalog.definitions("model" if self.is_model else "server"):
            option, raw = self._read(definition, known)
            known[definition.name] = raw
            found[definition.name] = option
        return found

    def _read(self, definition: Definition, known: Mapping[str, object]) -> tuple[BarmanOption, object]:
        """The option, and what reading the file makes of it before anyone looks closer."""
        name = definition.name
        dropped: list[Dropped] = []
        for section in self._sections(definition):
            given = self.config.given.get(section, {}).get(name)
            if given is None:
                continue
            text = self._text(section, given, known)
            if isinstance(text, Unresolved) or _is_filled_in_later(text):
                return self._option(name, State.UNKNOWN, None, None, given, section, dropped), None
            value = interpret(definition, text) if definition.is_read_at_once else text
            if isinstance(value, Invalid):
                dropped.append(Dropped(section, given, text, value.reason))
                continue
            if value is None and section != GLOBAL and GLOBAL in definition.sections:
                # An empty interval or size, or no encryption, is as good as none: [barman] is asked next.
                inherited = self.config.given.get(GLOBAL, {}).get(name)
                if inherited is not None:
                    continue
            return self._decided(definition, value, text, given, section, dropped)
        return self._default(definition, known, dropped)

    def _sections(self, definition: Definition) -> tuple[str, ...]:
        if self.is_model or GLOBAL not in definition.sections:
            return (self.name,)
        return (self.name, GLOBAL)

    def _text(self, section: str, given: Given, known: Mapping[str, object]) -> str | Unresolved:
        if isinstance(given.text, Unresolved):
            return given.text
        text: str | Unresolved = given.text
        if "%" in given.text:
            shown = {key: _shown(value) for key, value in known.items()}
            text = resolved(given.text, ChainMap(shown, self.config.texts(section)))
        if isinstance(text, Unresolved):
            return text
        return unquoted("" if text == "None" else text)

    def _decided(  # noqa: PLR0917 - the parts of one thing
        self,
        definition: Definition,
        value: Value,
        text: str,
        given: Given,
        section: str,
        dropped: list[Dropped],
    ) -> tuple[BarmanOption, object]:
        raw: Value = None if value in ("", "None") else value
        final: Value | Invalid = raw
        if not definition.is_read_at_once and isinstance(raw, str):
            final = interpret(definition, raw)
        if isinstance(final, Invalid):
            ignored = [*dropped, Dropped(section, given, text, final.reason)]
            option = self._option(
                definition.name, State.DROPPED, _fallback(definition), text, given, section, ignored
            )
            return option, raw
        state = State.UNKNOWN if self.config.is_template else State.SET
        return self._option(definition.name, state, final, text, given, section, dropped), raw

    def _default(
        self, definition: Definition, known: Mapping[str, object], dropped: list[Dropped]
    ) -> tuple[BarmanOption, object]:
        name = definition.name
        given = dropped[0].given if dropped else None
        section = dropped[0].section if dropped else None
        if self.is_model or definition.default is None:
            value: Value = None
        else:
            read = interpret(definition, definition.default % known)
            value = None if isinstance(read, Invalid) or read in ("", "None") else read
        if GLOBAL in definition.sections and not self.is_model and not self.config.knows_globals:
            return self._option(name, State.UNKNOWN, None, None, given, section, dropped), None
        if not self.config.knows(self.name) or (
            definition.type == "text" and not _is_there(definition, known)
        ):
            return self._option(name, State.UNKNOWN, None, None, given, section, dropped), value
        state = State.DROPPED if dropped else State.DEFAULT
        text = dropped[0].text if dropped else None
        return self._option(name, state, value, text, given, section, dropped), value

    def _option(  # noqa: PLR0917 - the parts of one thing
        self,
        name: str,
        state: State,
        value: Value,
        text: str | None,
        given: Given | None,
        section: str | None,
        dropped: list[Dropped],
    ) -> BarmanOption:
        source = given.tree.source if given else self.source
        span = given.entry.span if given else self.span
        entry = given.entry if given else None
        return BarmanOption(name, state, value, text, source, span, entry, section, tuple(dropped))


@dataclass(frozen=True)
class BarmanConfig:
    """barman.conf with the files of its configuration_files_directory, or one such file alone."""

    tree: BarmanConf
    """The main file; a file for servers where no main file is known."""

    included: tuple[BarmanConf, ...] = ()
    """The files of configuration_files_directory, in Barman's order."""

    is_fragment: bool = False
    """Whether it is a file for servers whose [barman] nobody has seen."""

    has_all_files: bool = True
    """Whether everything that configuration_files_directory names was read."""

    @property
    def source(self) -> Source:
        """The file that Barman starts with."""
        return self.tree.source

    @property
    def trees(self) -> tuple[BarmanConf, ...]:
        """Every file that was read, the main one first."""
        return (self.tree, *self.included)

    def is_broken(self, path: str) -> bool:
        """Whether one of the files has lines that Barman can't read."""
        return any(tree.problems for tree in self.trees if tree.source.path == path)

    @cached_property
    def is_template(self) -> bool:
        """Whether a template engine has yet to write parts of it."""
        return any(_is_template(tree) for tree in self.trees)

    @cached_property
    def is_throwaway(self) -> bool:
        """Whether it lies among tests, whose servers nobody will miss."""
        return any(lies_among_tests(tree.source.path) for tree in self.trees)

    @cached_property
    def is_complete(self) -> bool:
        """Whether these are all servers, and what the files don't set is at its default."""
        return self.has_all_files and self.knows_globals and not self.refusals

    @cached_property
    def knows_globals(self) -> bool:
        """Whether what [barman] doesn't set is at its default."""
        return not self.is_fragment and not self.is_template and not self.tree.problems

    def knows(self, section: str) -> bool:
        """Whether what a server's section doesn't set isn't set in it."""
        return not self.is_template and not any(tree.problems for tree in self.trees if tree.has(section))

    @cached_property
    def given(self) -> dict[str, dict[str, Given]]:
        """The options of each section over all files, the last line of each."""
        merged: dict[str, dict[str, Given]] = {}
        for tree in self.trees:
            for section in tree.names:
                options = tree.options(section)
                values = {name: entry.value for name, entry in options.items()}
                merged.setdefault(section, {}).update(
                    (name, Given(tree, entry, resolved(entry.value, values)))
                    for name, entry in options.items()
                )
        return merged

    def texts(self, section: str) -> dict[str, str]:
        """The values of a section, for references between them."""
        options = self.given.get(section, {})
        return {name: given.text for name, given in options.items() if isinstance(given.text, str)}

    def global_text(self, name: str) -> str | None:
        """An option of [barman] as text, quotes taken off; None where it isn't set or can't be resolved."""
        given = self.given.get(GLOBAL, {}).get(name)
        if given is None or isinstance(given.text, Unresolved):
            return None
        text = resolved(given.text, self.texts(GLOBAL))
        return None if isinstance(text, Unresolved) or text == "None" else unquoted(text)

    def option(self, name: str) -> BarmanOption:
        """An option of [barman]: what stands there, or the default."""
        definition = catalog.definition(name)
        given = self.given.get(GLOBAL, {}).get(name)
        if given is not None:
            place = (given.tree.source, given.entry.span, given.entry, GLOBAL)
            text = self.global_text(name)
            if text is None or self.is_template or _is_filled_in_later(text):
                return BarmanOption(name, State.UNKNOWN, None, text, *place)
            value = text if definition is None else interpret(definition, text)
            if isinstance(value, Invalid):
                dropped = (Dropped(GLOBAL, given, text, value.reason),)
                return BarmanOption(name, State.DROPPED, None, text, *place, dropped=dropped)
            return BarmanOption(name, State.SET, value, text, *place)
        header = self._header(GLOBAL)
        if not self.knows_globals:
            return BarmanOption(name, State.UNKNOWN, None, None, *header)
        default = definition.default if definition else None
        if default is None or definition is None:
            return BarmanOption(name, State.DEFAULT, None, None, *header)
        text = default.replace("%(barman_home)s", str(self.global_text("barman_home")))
        value = interpret(definition, text)
        if isinstance(value, Invalid):
            value = None
        return BarmanOption(name, State.DEFAULT, value, None, *header)

    def _header(self, section: str) -> tuple[Source, Span]:
        for tree in self.trees:
            for each in tree.sections:
                if each.name == section:
                    return tree.source, each.span
        return self.source, Span(1, 1, 1, 1)

    @cached_property
    def servers(self) -> tuple[Server, ...]:
        """The servers, in the order of the files."""
        return tuple(self._sections(models=False))

    @cached_property
    def models(self) -> tuple[Server, ...]:
        """The models, in the order of the files."""
        return tuple(self._sections(models=True))

    def _sections(self, *, models: bool) -> Iterator[Server]:
        for name in self.given:
            if name not in (GLOBAL, RESERVED) and self._is_model(name) is models:
                yield Server(self, name, *self._header(name), is_model=models)

    def _is_model(self, section: str) -> bool:
        given = self.given[section].get("model")
        definition = catalog.definition("model")
        if given is None or isinstance(given.text, Unresolved) or definition is None:
            return False
        return interpret(definition, given.text) is True

    @cached_property
    def refusals(self) -> tuple[Refusal, ...]:
        """What makes Barman refuse the files, in the order in which it would meet it; it stops at the first."""
        return tuple(self._refusals())

    def _refusals(self) -> Iterator[Refusal]:
        for tree in self.trees:
            source = tree.source
            for problem in tree.problems:
                kind = "text" if problem.message == barman_conf.NOT_UTF8 else "syntax"
                yield Refusal(kind, source, problem.span, problem.message)
            for section in tree.names:
                options = tree.options(section)
                values = {name: entry.value for name, entry in options.items()}
                for entry in options.values():
                    text = resolved(entry.value, values)
                    if isinstance(text, Unresolved):
                        span = entry.span_in_value(source, text.start, text.end)
                        yield Refusal("reference", source, span, text.message)
                    elif lone_percent(text):
                        yield Refusal("percent", source, entry.value_span, "a percent sign")


def _is_template(tree: BarmanConf) -> bool:
    text = tree.source.text
    return any(
        not text[text.rfind("\n", 0, match.start()) + 1 : match.start()].lstrip().startswith(("#", ";"))
        for match in _TEMPLATE.finditer(text)
    )


def _is_filled_in_later(text: str) -> bool:
    return looks_templated(text) or _VARIABLE.search(text) is not None


def _shown(value: object) -> str:
    return str(value)


def _fallback(definition: Definition) -> Value:
    """What Barman uses instead of a value that it finds wrong only when it works on the server."""
    uses: dict[str, Value] = {"redundancy": 0, "retention mode": "auto", "WAL retention policy": "main"}
    return uses.get(definition.type)


def _is_there(definition: Definition, known: Mapping[str, object]) -> bool:
    """Whether what the default refers to is known."""
    return "barman_home" not in (definition.default or "") or known["barman_home"] is not None


def read(source: Source, files: Files | None = None) -> BarmanConfig:
    """The configuration that a file belongs to, its server's sections alone where another file is the main one."""
    tree = barman_conf.parse(source)
    files = files or NoFiles()
    if tree.has(GLOBAL):
        included, has_all = _included(tree, files)
        return BarmanConfig(tree, included, has_all_files=has_all)
    main = files.find(MAIN, source.path)
    if main is not None and main.path != source.path:
        above = barman_conf.parse(main)
        if above.has(GLOBAL) and any(t.source.path == source.path for t in _included(above, files)[0]):
            return BarmanConfig(above, (tree,), has_all_files=False)
    return BarmanConfig(tree, is_fragment=True, has_all_files=False)


def _included(tree: BarmanConf, files: Files) -> tuple[tuple[BarmanConf, ...], bool]:
    """The files of configuration_files_directory as far as they are in the tree, and whether that is all."""
    directory = BarmanConfig(tree).global_text("configuration_files_directory")
    if not directory:
        return (), True
    for place in _places(tree.source.path, directory):
        names = files.names_in(place)
        if names is None:
            continue
        wanted = sorted(name for name in names if name.endswith(".conf") and not name.startswith("."))
        sources = [files.read(posixpath.join(place, name)) for name in wanted]
        trees = tuple(barman_conf.parse(each) for each in sources if each is not None)
        return tuple(t for t in trees if t.source.path != tree.source.path), True
    return (), False


def _places(main: str, directory: str) -> Iterator[str]:
    """Where a directory of the server may lie in the tree that the main file is in.

    In an image of the server's disk it has the same root; in a role or a Docker context it lies beside the main file.
    """
    here = posixpath.dirname(main)
    if not directory.startswith("/"):
        yield posixpath.normpath(posixpath.join(here, directory))
        return
    for place in ("/etc/barman.conf", "/etc/barman/barman.conf"):
        if main.endswith(place):
            yield posixpath.normpath(main.removesuffix(place) + directory)
    name = posixpath.basename(directory.rstrip("/"))
    yield posixpath.normpath(posixpath.join(here, name))
    yield posixpath.normpath(posixpath.join(here, "..", name))
