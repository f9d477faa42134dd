"""Writes linter/pgsurvive/catalog/pgbackrest_options.json from real pgBackRests: Debian 12's 2.45 and the current one.

    python -m tools.catalog_pgbackrest           write the file
    python -m tools.catalog_pgbackrest --check   say whether it is current

Help lists the options of each command and their defaults. What it leaves out is asked for:

- every word in the program is tried as a key of a file: a warning or an error says what the program makes of it;
- files that set every option are handed to every command: the refusals teach what an option takes, and the line that
  begins a command's log shows which options it has read. An option that is read in some files and dropped in others
  depends on the one choice among their options that tells these files apart;
- a command that is given less asks for what it needs.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from pgsurvive.catalog.pgbackrest import VERSIONS, split_index
from pgsurvive.catalog.pgbackrest_values import NUMBERS, number
from tests.support.cache import SoftwareError, output_of, server_account
from tests.support.pgbackrest_reading import LOGGING, Said, ask
from tests.support.software import pgbackrest, pgbackrest_2_45

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).parents[1] / "linter/pgsurvive/catalog/pgbackrest_options.json"

FILES = 48
"""How many files each command is asked about."""

_INTERNAL_COMMANDS = ("manifest", "repo-create", "repo-put", "repo-rm")
"""Commands that help leaves out; each program is asked whether it has them."""

_PARAMETERS = {
    "archive-get": ("000000010000000000000001", "x"),
    "archive-push": ("x",),
    "repo-get": ("x",),
    "repo-put": ("x",),
    "repo-rm": ("x",),
    "server-ping": ("127.0.0.1",),
}
_GIVEN = {"annotate": {"set": "20260101-000000F", "annotation": "a=b"}}
"""What a command refuses to run without, and a file can't set for it."""

_NOT_IN_A_FILE: dict[tuple[str, str], tuple[str, tuple[str, ...]] | None] = {
    ("pg-path", "check"): ("stanza", ())
}
"""Dependencies on what only the command line gives, from pgBackRest's build/config.yaml; the differential tests try it."""

_VALUES_OF_OLD: dict[str, tuple[str, ...]] = {}
"""Values that 2.45 takes, doesn't list, and the newer program doesn't have."""

_TYPES = ("x", "16KiB", "1m", "1")
"""Tried one after the other: no number is `x`, no time 16KiB, no integer 1m."""

_LADDER = (
    "1",
    "100",
    "1000",
    "",
    "16KiB",
    "1MiB",
    "8MiB",
    "64MiB",
    "1GiB",
    "",
    "1m",
    "1s",
    "1h",
    "1d",
    "30d",
)
"""Tried one after the other where one is out of range."""

_REFUSALS = {
    "number": re.compile(r"'(.*)' is not valid for '([^']+)' option$", re.DOTALL),
    "list": re.compile(r"'(.*)' is not allowed for '([^']+)' option$", re.DOTALL),
    "range": re.compile(r"'(.*)' is out of range for '([^']+)' option", re.DOTALL),
    "path": re.compile(r"'(.*)' must begin with / for '([^']+)' option$", re.DOTALL),
    "hash": re.compile(r"key/value '(.*)' not valid for '([^']+)' option$", re.DOTALL),
    "build": re.compile(r"pgBackRest not built with '([^=]+)=(.*)' support", re.DOTALL),
}
_REFUSALS_OF_KEYS = re.compile(r"^option '.*' (?:cannot begin|key must be|exceeds)")
_REQUIRES = re.compile(r"[a-z-]+ command requires option: (\S+)$")
_SHOWN = re.compile(r" --(?:no-)?([a-z0-9-]+)")
_HUGE = "9000000000000000"


def bare(key: str) -> str:
    """The option that a key names: repo-path for `repo1-path`."""
    return split_index(key)[0]


def _quoted(warnings: tuple[str, ...], saying: str) -> set[str]:
    """The first quoted word of each warning that says this."""
    return {w.partition("'")[2].partition("'")[0] for w in warnings if saying in w}


Depends = tuple[str, tuple[str, ...]] | None


@dataclass
class Option:
    """What was learned of one option."""

    internal: bool = False
    group: bool = False
    type: str = "string"
    section: str = "global"
    secure: bool = False
    negatable: bool = False
    commands: set[str] = field(default_factory=set)
    allowed: tuple[str, ...] | None = None
    ranges: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By the value of what it depends on, else under the empty string."""

    defaults: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """By command and the value of what it depends on."""

    depends: dict[str, Depends] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    old: dict[str, set[str]] = field(default_factory=dict)
    sample: str = "x"


class Program:
    """One version, asked again and again."""

    def __init__(self, program: Path, directory: Path, newer: dict[str, Option]) -> None:
        self.program = program
        self.directory = directory
        self.newer = newer
        self.options: dict[str, Option] = {}
        self._pages: dict[str, dict[str, str | None]] = {}

    # Asking

    def read(self, command: str, text: str) -> Said:
        """What a command of the stanza main says to a file."""
        with tempfile.NamedTemporaryFile(dir=self.directory, suffix=".conf") as file:
            path = Path(file.name)
            path.write_text(text)
            path.chmod(0o644)
            page = self.help_of(command)
            given = ["--stanza=main"] if "stanza" in page or command == "manifest" else []
            given += [f"--{name}={value}" for name, value in _GIVEN.get(command, {}).items()]
            return ask(self.program, [command, f"--config={path}", *given, *_PARAMETERS.get(command, ())])

    def keyed(self, name: str) -> str:
        """How a file writes an option: `repo1-path` for repo-path."""
        return re.sub("^([a-z]+)-", r"\g<1>1-", name) if self.options[name].group else name

    def set(self, command: str, values: dict[str, str]) -> Said:
        """What a command says to options in a section for itself."""
        place = "main" if "stanza" in self.help_of(command) or command == "manifest" else "global"
        lines = "".join(f"{self.keyed(name)}={value}\n" for name, value in values.items())
        return self.read(command, f"[{place}:{command}]\n{lines}")

    def help(self, *words: str) -> str:
        """A page of help."""
        return output_of([self.program, *words], what="no help", account=server_account(), cwd=Path("/"))

    def help_of(self, command: str) -> dict[str, str | None]:
        """The options in the help of a command, with their defaults."""
        if command not in self._pages:
            try:
                text = self.help("help", command)
            except SoftwareError:
                text = ""
            entries = re.findall(r"^  --([a-z0-9-]+) +(.*\n(?: {10,}.*\n)*)", text, re.MULTILINE)
            self._pages[command] = {name: _default_in(" ".join(said.split())) for name, said in entries}
        return self._pages[command]

    @cached_property
    def commands(self) -> list[str]:
        """Every command that reads a configuration."""
        listed = re.findall(r"^    ([a-z-]+) ", self.help("help").partition("Commands:")[2], re.MULTILINE)
        return sorted({*listed, *filter(self._knows, _INTERNAL_COMMANDS)} - {"help", "version"})

    def _knows(self, command: str) -> bool:
        said = ask(self.program, ["--no-config", command])
        return said.error is None or not said.error[1].startswith("invalid command")

    # Learning

    def learn(self) -> dict[str, Option]:
        """Everything about every option, in an order in which each step knows enough for the next."""
        for step in (
            self._learn_names,
            self._learn_commands,
            self._learn_dependencies,
            self._learn_lists,
            self._learn_required,
            self._learn_ranges,
            self._learn_defaults,
        ):
            started = time.monotonic()
            step()
            print(f"  {step.__name__} {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        return self.options

    def _learn_names(self) -> None:
        inside = self.program.parent / "root/usr/bin/pgbackrest"
        binary = (inside if inside.exists() else self.program).read_bytes()
        words = {match.decode() for match in re.findall(rb"[a-z][a-z0-9-]{1,60}(?=\0)", binary)}
        listed = {name for command in self.commands for name in self.help_of(command)}
        # Where one word ends in another, the compiler stores both once.
        words |= {word[match.end() :] for word in words for match in re.finditer("-", word)}
        words = {w for w in words | listed if re.fullmatch(r"(?!no-|reset-)[a-z][a-z0-9-]*[a-z0-9]", w)}
        keys = words | {re.sub(r"^([a-z]+)-", r"\g<1>1-", word) for word in words}
        means: dict[str, str] = {}
        while True:
            said = self.read("archive-push", "[global]\n" + "".join(f"{key}=y\n" for key in sorted(keys)))
            error = said.error[1] if said.error else ""
            refused = re.match(r"(?:deprecated )?option '([^']+)' (?:requires|cannot have) an index", error)
            same = re.match(r"configuration file contains duplicate options \('([^']+)', '([^']+)'\)", error)
            if refused:
                keys.discard(refused[1])
            elif same:
                old, new = sorted(same.groups(), key=lambda key: (bare(key) in listed, bare(key) != key))
                means[old] = new
                keys.discard(old)
            elif said.begin is None and _REFUSALS_OF_KEYS.search(error):
                raise AssertionError(error)
            else:
                break
        for key in sorted(keys - _quoted(said.warnings, "contains invalid option")):
            self.options[bare(key)] = Option(internal=bare(key) not in listed, group=bare(key) != key)
        for key in _quoted(said.warnings, "command-line only option"):
            self.options[bare(key)].section = "command-line"
        for old in sorted(means):
            new = means[old]
            while new in means:
                new = means[new]
            form = "" if bare(old) == old else "N"
            self.options[bare(new)].old.setdefault(bare(old), set()).add(form)

    def _learn_commands(self) -> None:
        keys = "".join(f"{self.keyed(name)}=y\n" for name in self.options)
        for command in self.commands:
            said = self.read(command, f"[global:{command}]\n{keys}")
            for key in _quoted(said.warnings, "stanza-only option"):
                self.options[bare(key)].section = "stanza"
            invalid = {bare(key) for key in _quoted(said.warnings, "invalid for section")}
            for name, option in self.options.items():
                known = (
                    name in self.help_of(command) if option.section == "command-line" else name not in invalid
                )
                if known:
                    option.commands.add(command)
            if not ask(self.program, ["--no-config", command, "--stanza=x"]).says("'stanza' not valid for"):
                self.options["stanza"].commands.add(command)
            if ask(self.program, ["--no-config", command]).says("requires option: stanza"):
                self.options["stanza"].required.add(command)
        for name, option in self.options.items():
            said = ask(self.program, ["info", "--no-config", f"--{self.keyed(name)}=x"])
            error = said.error[1] if said.error else ""
            option.secure = "is not allowed on the command-line" in error
            negated = ask(self.program, ["info", "--no-config", f"--no-{self.keyed(name)}"])
            option.negatable = not (negated.error and "cannot be negated" in negated.error[1])
            if error.startswith("boolean option"):
                option.type, option.sample = "boolean", "y"

    def _settable(self, command: str) -> list[str]:
        return [n for n, o in self.options.items() if o.section != "command-line" and command in o.commands]

    def _begin(self, command: str, values: dict[str, str]) -> Said:
        """Hands options to a command until it refuses nothing, and learns from each refusal."""
        values = dict(values)
        for _ in range(1000):
            said = self.set(command, values)
            if said.begin is not None:
                return said
            required = _REQUIRES.match(said.error[1]) if said.error else None
            name = bare(required[1]) if required else self._learn_from(said)
            values[name] = self.options[name].sample
        raise AssertionError(f"{command} refuses without end: {said}")

    def _learn_from(self, said: Said) -> str:
        """Learns what an option takes from the refusal of what it was given; returns its name."""
        for what, pattern in _REFUSALS.items():
            match = pattern.match(said.error[1] if said.error else "")
            if match is None:
                continue
            value, name = (match[2], bare(match[1])) if what == "build" else (match[1], bare(match[2]))
            option = self.options[name]
            match what:
                case "number":
                    option.sample = _TYPES[_TYPES.index(value) + 1]
                    option.type = {"16KiB": "size", "1m": "time", "1": "integer"}[option.sample]
                case "range":
                    option.sample = _LADDER[_LADDER.index(value) + 1]
                case "path":
                    option.type, option.sample = "path", "/nowhere/x"
                case "hash":
                    option.type, option.sample = "hash", "a=b"
                case "build":
                    option.allowed = tuple(v for v in option.allowed or () if v != value)
                    option.sample = option.allowed[0]
                case _ if option.allowed is None:
                    option.allowed = self._listed(name, said)
                    option.sample = option.allowed[0]
                case _:
                    option.allowed = tuple(v for v in option.allowed if v != value)
                    option.sample = option.allowed[0]
            return name
        raise AssertionError(f"a refusal that teaches nothing: {said}")

    def _listed(self, name: str, said: Said) -> tuple[str, ...]:
        """The values a hint lists. 2.45 gives none: there, the values of the newer program are tried in turn."""
        listed = re.findall(r"'([^']*)'", " ".join(said.hints).partition("allowed values are")[2])
        newer = self.newer.get(name)
        return tuple(listed) or (newer and newer.allowed) or _VALUES_OF_OLD[name]

    def _learn_dependencies(self) -> None:
        files = {command: list(self._files(command)) for command in self.commands}
        for name, option in self.options.items():
            # A command that drops the option in no file doesn't ask for anything else.
            dropping = [
                command
                for command in self.commands
                if name in self._settable(command)
                and any(name not in read for values, read in files[command] if self._tells(name, values))
            ]
            depends = self._dependency(name, [each for command in dropping for each in files[command]])
            for command in self.commands:
                if name in self._settable(command):
                    option.depends[command] = depends if command in dropping else None
        for (name, command), depends in _NOT_IN_A_FILE.items():
            if command not in self.options["stanza"].required:
                self.options[name].depends[command] = depends

    def _files(self, command: str) -> Iterator[tuple[dict[str, str], frozenset[str]]]:
        """Files with a random choice for every option, and the options that the command has read from each."""
        random = Random(command)  # noqa: S311 - the same files each time
        for number_ in range(FILES):
            values: dict[str, str] = {}
            for name in self._settable(command):
                option = self.options[name]
                if option.type == "boolean":
                    values[name] = random.choice("yyn") if name != "beta" else "y"
                elif option.type == "string" and option.allowed:
                    values[name] = random.choice(option.allowed)
                elif number_ % 2 == 0 or random.random() < 0.8:  # noqa: PLR2004 - left out at times
                    values[name] = option.sample
            said = self._begin(command, values)
            values |= {
                name: self.options[name].sample for name in values if self._is_corrected(name, values[name])
            }
            yield values, frozenset(bare(key) for key in _SHOWN.findall(said.begin or ""))

    def _is_corrected(self, name: str, value: str) -> bool:
        allowed = self.options[name].allowed
        return allowed is not None and value not in allowed

    def _dependency(self, name: str, files: list[tuple[dict[str, str], frozenset[str]]]) -> Depends:
        """The choice that decides whether an option is read, and the values with which it is."""
        if not files:
            return None
        others = [n for n, o in self.options.items() if n != name and o.section != "command-line"]
        explaining = [f for f in others if self._explains(name, f, files) is not None]
        if not explaining:
            raise AssertionError(f"nothing explains when {name} is read")
        # Of several, such as the kind of repository and an option that only one kind has: a choice, and what needs least.
        factor = min(
            explaining, key=lambda f: (not self._is_choice(f), sum(f not in read for _, read in files))
        )
        return factor, self._explains(name, factor, files) or ()

    def _is_choice(self, name: str) -> bool:
        option = self.options[name]
        return option.type == "boolean" or bool(option.type == "string" and option.allowed)

    def _tells(self, name: str, values: dict[str, str]) -> bool:
        """Whether a file that has these values shows whether an option is read: `n` is shown though it isn't."""
        return values.get(name, "n") != "n" or (name in values and self.options[name].type != "boolean")

    def _explains(
        self, name: str, factor: str, files: list[tuple[dict[str, str], frozenset[str]]]
    ) -> tuple[str, ...] | None:
        """The values of a factor with which an option is read, if nothing else matters; () where it must only be set."""
        read_with: set[str] = set()
        dropped_with: set[str] = set()
        for values, read in files:
            # A choice that a file leaves out is at its default, which may be any of its values.
            if not self._tells(name, values) or (self._is_choice(factor) and factor not in values):
                continue
            state = values.get(factor, "") if factor in read else ""
            (read_with if name in read else dropped_with).add(state)
        if not read_with or "" in read_with or read_with & dropped_with:
            return None
        return tuple(sorted(read_with)) if self._is_choice(factor) and dropped_with - {""} else ()

    def _learn_lists(self) -> None:
        """Which options may be repeated; a hash has been told by its refusals."""
        for name in LOGGING:
            # Given to each command so that it says what it reads, whatever a file says.
            said = ask(self.program, ["info", "--no-config", f"--{name}=x"], logging=LOGGING.keys() - {name})
            self.options[name].allowed = self._listed(name, said)
        for name, option in self.options.items():
            if option.type != "string" or option.allowed or option.section == "command-line":
                continue
            command = min(option.commands - {"annotate"} or option.commands)
            values = self._read_with(name, command)
            lines = [*values.items(), (name, "y")]
            text = "".join(f"{self.keyed(key)}={value}\n" for key, value in lines)
            place = "main" if "stanza" in self.help_of(command) else "global"
            said = self.read(command, f"[{place}]\n{text}")
            if not (said.error and "cannot be set multiple times" in said.error[1]):
                option.type = "list"

    def _read_with(self, name: str, command: str) -> dict[str, str]:
        """What must be set so that a command reads an option, itself included."""
        values = {name: self.options[name].sample}
        depends = self.options[name].depends.get(command)
        while depends:
            other, wanted = depends
            values[other] = wanted[0] if wanted else self.options[other].sample
            depends = self.options[other].depends.get(command)
        return values

    def _learn_required(self) -> None:
        """What a command asks for when it is given nothing, and with each choice."""
        for command in self.commands:
            self._ask_for_more(command, {})
            needed = {depends[0] for o in self.options.values() if (depends := o.depends.get(command))}
            for name in sorted(needed):
                if self.options[name].type == "string":
                    for value in self.options[name].allowed or ():
                        self._ask_for_more(command, self._read_with(name, command) | {name: value})

    def _ask_for_more(self, command: str, values: dict[str, str]) -> None:
        while True:
            said = self.set(command, values)
            required = _REQUIRES.match(said.error[1]) if said.error else None
            if required is None or bare(required[1]) in values:
                return
            name = bare(required[1])
            self.options[name].required.add(command)
            if self.options[name].section == "command-line":
                return
            values[name] = self.options[name].sample

    def _learn_ranges(self) -> None:
        for name, option in self.options.items():
            if option.type == "size":
                command = min(option.commands)
                fraction = {**self._read_with(name, command), name: "1.5x"}
                if not self._set_with_required(command, fraction).says("is not valid for"):
                    # 2.45 reads a time as a number of seconds, whatever follows it.
                    option.type, option.sample = "seconds", "1"
            if option.type in NUMBERS and option.section != "command-line" and option.allowed is None:
                command = min(option.commands)
                values = self._read_with(name, command)
                depends = option.depends[command]
                for value in (depends[1] if depends else ()) or ("",):
                    if depends and value:
                        values[depends[0]] = value
                    found = self._range(name, command, values)
                    if found:
                        option.ranges[value] = found
                if len(set(option.ranges.values())) == 1:
                    option.ranges = {"": next(iter(option.ranges.values()))}

    def _set_with_required(self, command: str, values: dict[str, str]) -> Said:
        """What a command says to these options once it has what it needs besides."""
        while True:
            said = self.set(command, values)
            required = _REQUIRES.match(said.error[1]) if said.error else None
            if required is None or bare(required[1]) in values:
                return said
            values[bare(required[1])] = self.options[bare(required[1])].sample

    def _range(self, name: str, command: str, values: dict[str, str]) -> tuple[str, str] | None:
        said = self._set_with_required(command, {**values, name: _HUGE})
        if said.error is not None and _REFUSALS["list"].match(said.error[1]):
            self.options[name].allowed = self._listed(name, said)
        if said.error is None or not _REFUSALS["range"].match(said.error[1]):
            return None
        hint = re.search(r"allowed range is (\S+) to (\S+) inclusive", " ".join(said.hints))
        if hint:
            return hint[1], hint[2]
        return self._border(name, command, values, -1), self._border(name, command, values, 1)

    def _border(self, name: str, command: str, values: dict[str, str], direction: int) -> str:
        """The last number in a direction that 2.45 takes, which doesn't say it; as the newer program writes it if it can."""
        kind = self.options[name].type

        def is_taken(value: int) -> bool:
            said = self._set_with_required(command, {**values, name: _written(kind, value)})
            return not said.says(self.keyed(name))

        newer = self.newer.get(name)
        for text in (end for pair in (newer.ranges.values() if newer else ()) for end in pair):
            value = number(kind, text)
            if value is not None and is_taken(value) and not is_taken(value + direction):
                return text
        good, bad = number(kind, self.options[name].sample) or 0, direction * int(_HUGE)
        while abs(bad - good) > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if is_taken(middle) else (good, middle)
        return _written(kind, good)

    def _learn_defaults(self) -> None:
        for name, option in self.options.items():
            readers = [command for command in sorted(option.commands) if name in self.help_of(command)]
            for command in readers:
                if not option.depends.get(command):
                    option.defaults[command, ""] = self.help_of(command)[name]
            needing = next((command for command in readers if option.depends.get(command)), None)
            depends = option.depends[needing] if needing else None
            if needing and depends:
                for value in depends[1] or ("",):
                    option.defaults[needing, value] = self._default_with(name, needing, depends[0], value)

    def _default_with(self, name: str, command: str, factor: str, value: str) -> str | None:
        """The default that help shows once what the option depends on is set; None where it can't be asked."""
        values = self._read_with(name, command)
        del values[name]
        if value:
            values[factor] = value
        if any(self.options[n].secure for n in values):
            return None
        given = [f"--{self.keyed(n)}={v}" for n, v in values.items()]
        try:
            text = self.help(*given, "help", command, name)
        except SoftwareError:  # it wants still more than the dependency
            return None
        found = re.search(r"^default: (.*)$", text, re.MULTILINE)
        return found[1] if found else None


def _default_in(text: str) -> str | None:
    found = re.search(r"\[(?:current=[^,\]]*, )?default=([^\]]*)\]$", text)
    return found[1] if found else None


def _written(kind: str, value: int) -> str:
    if kind == "seconds":
        return (
            f"{value // 1000}.{value % 1000:03}".rstrip("0").rstrip(".") if value >= 0 else str(value // 1000)
        )
    return f"{value}ms" if kind == "time" else str(value)


def entry(name: str, option: Option, program: str) -> dict[str, Any]:
    """An option as the file has it; what is empty is left out."""
    depends = _common(option.depends)
    defaults = {
        command: value
        for (command, by), value in sorted(option.defaults.items())
        if not by or len({v for (c, _), v in option.defaults.items() if c == command}) == 1
    }
    by = {value: text for (_, value), text in sorted(option.defaults.items()) if value}
    default = _common(defaults)
    if default == program:
        default, defaults = None, {}  # the program itself, wherever it is
    if default is None and option.internal and option.type == "boolean":
        default = "n"  # no help shows it; it is what every one of them is in build/config.yaml
    data = {
        "type": option.type,
        "section": option.section,
        "group": name.partition("-")[0] if option.group else None,
        "commands": sorted(option.commands),
        "default": default,
        "defaults": {c: v for c, v in defaults.items() if v != default},
        "default_by": by if len(set(by.values())) > 1 else {},
        "allowed": list(option.allowed) if option.allowed else None,
        "minimum": option.ranges.get("", (None, None))[0],
        "maximum": option.ranges.get("", (None, None))[1],
        "range_by": {value: list(ends) for value, ends in option.ranges.items() if value},
        "depends": depends and [depends[0], list(depends[1])],
        "depends_by_command": {
            c: d and [d[0], list(d[1])] for c, d in sorted(option.depends.items()) if d != depends
        },
        "required": sorted(option.required),
        "deprecated": {old: sorted(forms) for old, forms in sorted(option.old.items())},
        "secure": option.secure,
        "internal": option.internal,
        "negatable": option.negatable,
    }
    return {key: value for key, value in data.items() if value not in (None, {}, [], False)}


def _common(by_command: dict[str, Any]) -> Any:
    values = list(by_command.values())
    return max(values, key=lambda value: (values.count(value), value is not None), default=None)


def catalog() -> dict[str, Any]:
    """Commands by version, and options by name with a variant for each version that differs."""
    commands: dict[str, list[str]] = {}
    options: dict[str, list[dict[str, Any]]] = {}
    newer: dict[str, Option] = {}
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        for version, path in reversed(list(zip(VERSIONS, (pgbackrest_2_45(), pgbackrest()), strict=True))):
            print(f"pgBackRest {version} ...", file=sys.stderr, flush=True)
            program = Program(path, Path(directory), newer)
            newer = program.learn()
            commands[version] = program.commands
            for name, option in newer.items():
                data = entry(name, option, str(path))
                variants = options.setdefault(name, [])
                same = next(
                    (v for v in variants if {**v, "versions": None} == {"versions": None, **data}), None
                )
                if same is None:
                    variants.insert(0, {"versions": [version], **data})
                else:
                    same["versions"].insert(0, version)
    return {"commands": dict(reversed(commands.items())), "options": dict(sorted(options.items()))}


def rendered(data: dict[str, Any]) -> str:
    """One line per variant, so that a change of a version reads well in a diff."""
    commands = ",\n".join(f"    {json.dumps(v)}: {json.dumps(c)}" for v, c in data["commands"].items())
    options = ",\n".join(
        f"    {json.dumps(name)}: [\n      " + ",\n      ".join(json.dumps(v) for v in variants) + "\n    ]"
        for name, variants in data["options"].items()
    )
    return f'{{\n  "commands": {{\n{commands}\n  }},\n  "options": {{\n{options}\n  }}\n}}\n'


def main(arguments: list[str]) -> int:
    """Writes or checks the file; returns the exit status."""
    text = rendered(catalog())
    if arguments == ["--check"]:
        current = FILE.read_text() == text
        print("current" if current else f"{FILE} is out of date: python -m tools.catalog_pgbackrest")
        return 0 if current else 1
    FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
