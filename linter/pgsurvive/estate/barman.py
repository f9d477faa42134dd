"""Barman's configuration as Barman takes it: which line decides each option of each server, and what Barman ignores."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pgsurvive.catalog import barman as catalog
from pgsurvive.catalog.barman import GLOBAL
from pgsurvive.catalog.barman_values import interpret
from pgsurvive.catalog.values import Invalid
from pgsurvive.estate.barman_option import BarmanOption, Dropped, Given, State
from pgsurvive.estate.barman_refusals import RESERVED, Refusal, Why, refusals
from pgsurvive.estate.barman_server import Server
from pgsurvive.estate.files import NoFiles
from pgsurvive.estate.postgres import looks_templated
from pgsurvive.syntax import barman_conf
from pgsurvive.syntax.barman_conf import Unresolved, resolved, unquoted
from pgsurvive.text import Span, lies_among_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.files import Files
    from pgsurvive.syntax.barman_conf import BarmanConf
    from pgsurvive.text import Source

__all__ = ["BarmanConfig", "BarmanOption", "Dropped", "Given", "Refusal", "Server", "State", "Why", "read"]

MAIN = "barman.conf"

_CONNECTIONS = frozenset({"conninfo", "ssh_command", "primary_ssh_command"})

_TEMPLATE = re.compile(r"\{\{|\{%|<%[-=# ]|@[A-Z_]+@")
_VARIABLE = re.compile(r"\$\{\w+[^}]*\}|\$[A-Z_][A-Z0-9_]*$")


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
        return self.has_all_files and self.knows(GLOBAL) and not self.refusals

    def knows(self, section: str) -> bool:
        """Whether what a section doesn't set is at its default: all that could set it was read."""
        if section == GLOBAL and self.is_fragment:
            return False
        return not self.is_template and not any(tree.problems for tree in self.trees if tree.has(section))

    @cached_property
    def given(self) -> dict[str, dict[str, Given]]:
        """The options of each section over all files, the last line of each. [barman] is the main file's alone."""
        merged: dict[str, dict[str, Given]] = {}
        for tree in self.trees:
            for section in tree.names:
                if section == GLOBAL and tree is not self.tree:
                    continue
                options = tree.options(section)
                values = {name: entry.value for name, entry in options.items()}
                merged.setdefault(section, {}).update(
                    (name, Given(tree, entry, resolved(entry.value, values)))
                    for name, entry in options.items()
                )
        return merged

    def own_lines(self) -> Iterator[tuple[str, Given]]:
        """Every option with its section, of the files that Barman can read; without those that come from DEFAULT."""
        for section, options in self.given.items():
            for given in options.values():
                own = given.tree.own(section).get(given.entry.name)
                if own is given.entry and not given.tree.problems:
                    yield section, given

    def texts(self, section: str) -> dict[str, str]:
        """The values of a section, for references between them."""
        return self._texts.get(section, {})

    @cached_property
    def _texts(self) -> dict[str, dict[str, str]]:
        return {
            section: {name: given.text for name, given in options.items() if isinstance(given.text, str)}
            for section, options in self.given.items()
        }

    def option(self, name: str) -> BarmanOption:
        """An option of [barman]: what stands there, or the default."""
        definition = catalog.definition(name)
        given = self.given.get(GLOBAL, {}).get(name)
        if given is None:
            return self._default(name)
        place = (given.source, given.entry.span, given.entry, GLOBAL)
        text = given.text if isinstance(given.text, Unresolved) else resolved(given.text, self.texts(GLOBAL))
        if isinstance(text, Unresolved) or self.is_filled_in_later(text):
            return BarmanOption(name, State.UNKNOWN, None, None, *place)
        if text == "None":
            if name == "barman_home":  # the one that has no default to fall back to
                return BarmanOption(name, State.SET, None, text, *place)
            text = ""
        text = unquoted(text)
        is_own = definition is not None and "server" not in definition.sections
        if not text and is_own and name != "barman_home":
            return self._default(name)
        value = text if definition is None else interpret(definition, text)
        if isinstance(value, Invalid):
            dropped = (Dropped(GLOBAL, given, text, value.reason),)
            return BarmanOption(name, State.DROPPED, None, text, *place, dropped=dropped)
        return BarmanOption(name, State.SET, value, text, *place)

    def _default(self, name: str) -> BarmanOption:
        header = self.header(GLOBAL)
        if not self.knows(GLOBAL):
            return BarmanOption(name, State.UNKNOWN, None, None, *header)
        definition = catalog.definition(name)
        default = definition.default if definition else None
        if definition is None or default is None:
            return BarmanOption(name, State.DEFAULT, None, None, *header)
        if "%(barman_home)s" in default:
            home = self.option("barman_home")
            if not home.is_known:
                return BarmanOption(name, State.UNKNOWN, None, None, *header)
            if home.value is None:
                return BarmanOption(name, State.DEFAULT, None, None, *header)
            default = default.replace("%(barman_home)s", str(home.value))
        value = interpret(definition, default)
        return BarmanOption(name, State.DEFAULT, None if isinstance(value, Invalid) else value, None, *header)

    def header(self, section: str) -> tuple[Source, Span]:
        """Where a section begins, the first time."""
        return self._headers.get(section, (self.source, Span(1, 1, 1, 1)))

    @cached_property
    def _headers(self) -> dict[str, tuple[Source, Span]]:
        found: dict[str, tuple[Source, Span]] = {}
        for tree in self.trees:
            for section in tree.sections:
                found.setdefault(section.name, (tree.source, section.span))
        return found

    @cached_property
    def servers(self) -> tuple[Server, ...]:
        """The servers, in the order of the files."""
        return tuple(each for each in self._sections.values() if not each.is_model)

    @cached_property
    def models(self) -> tuple[Server, ...]:
        """The models, in the order of the files."""
        return tuple(each for each in self._sections.values() if each.is_model)

    @cached_property
    def _sections(self) -> dict[str, Server]:
        return {
            name: Server(self, name, *self.header(name), is_model=self.is_model(name) or False)
            for name in self.given
            if name not in (GLOBAL, RESERVED)
        }

    def server(self, section: str) -> Server:
        """The server or model of a section that there is."""
        return self._sections[section]

    def kind_of(self, section: str) -> str:
        """What a section is: `barman`, `server` or `model`."""
        if section == GLOBAL:
            return GLOBAL
        return "model" if self.is_model(section) else "server"

    def is_model(self, section: str) -> bool | None:
        """Whether a section is a model; None where the word that says it is none that Barman knows."""
        given = self.given[section].get("model")
        definition = catalog.definition("model")
        if given is None or isinstance(given.text, Unresolved) or definition is None:
            return False
        text = resolved(given.text, self.texts(section))
        if isinstance(text, Unresolved) or self.is_filled_in_later(text):
            return False
        value = interpret(definition, text)
        return None if isinstance(value, Invalid) else bool(value)

    def is_filled_in_later(self, text: str) -> bool:
        """Whether a template engine or a shell has yet to write a part of this value."""
        return looks_templated(text) or _VARIABLE.search(text) is not None

    @cached_property
    def refusals(self) -> tuple[Refusal, ...]:
        """What makes Barman refuse the files, in the order in which it would meet it; it stops at the first."""
        return tuple(refusals(self))


def _is_template(tree: BarmanConf) -> bool:
    text = tree.source.text
    return any(
        not text[text.rfind("\n", 0, match.start()) + 1 : match.start()].lstrip().startswith(("#", ";"))
        for match in _TEMPLATE.finditer(text)
    )


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
    directory = BarmanConfig(tree).option("configuration_files_directory").value
    if not isinstance(directory, str):
        return (), True
    for place in _places(tree.source.path, directory):
        if files.names_in(place) is not None:
            return tuple(_below(place, tree, files)), True
    # Many a Docker context has them beside the main file, and its Dockerfile says where they go.
    here = posixpath.dirname(tree.source.path)
    return tuple(each for each in _below(here, tree, files) if _is_for_servers(each)), False


def _below(directory: str, main: BarmanConf, files: Files) -> Iterator[BarmanConf]:
    """The files that Barman would read in a directory, in its order."""
    for name in sorted(files.names_in(directory) or ()):
        path = posixpath.join(directory, name)
        if name.endswith(".conf") and not name.startswith(".") and path != main.source.path:
            source = files.read(path)
            if source is not None:
                yield barman_conf.parse(source)


def _is_for_servers(tree: BarmanConf) -> bool:
    """Whether a file can hardly be anything but the sections of servers."""
    entries = [entry for section in tree.sections for entry in section.entries]
    known = [entry for entry in entries if catalog.definition(entry.name) is not None]
    return (
        bool(tree.names)
        and not tree.has(GLOBAL)
        and all(not _CONNECTIONS.isdisjoint(tree.own(name)) for name in tree.names)
        and len(known) >= 0.8 * len(entries)
    )


def _places(main: str, directory: str) -> Iterator[str]:
    """Where a directory of the server may lie in the tree that the main file is in.

    In an image of the server's disk it has the same root; in a role or a Docker context it lies beside the main file.
    """
    here = posixpath.dirname(main)
    if not directory.startswith("/"):
        yield posixpath.normpath(posixpath.join(here, directory))
        return
    for place in ("etc/barman.conf", "etc/barman/barman.conf"):
        if f"/{main}".endswith(f"/{place}"):
            yield posixpath.normpath(posixpath.join(main.removesuffix(place), directory.lstrip("/")))
    name = posixpath.basename(directory.rstrip("/"))
    yield posixpath.normpath(posixpath.join(here, name))
    yield posixpath.normpath(posixpath.join(here, "..", name))
