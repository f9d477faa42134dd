"""The commands of a script that copy a whole data directory, file by file."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgsurvive.estate.copying import operands_in, operands_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgsurvive.estate.script import ShellScript
    from pgsurvive.estate.steps import Step
    from pgsurvive.syntax.shell import Command, Word

_DATA_DIRECTORY = re.compile(
    r"\$PGDATA|\$\{PGDATA\}|/var/lib/postgresql(?:/data|/\d+(?:/(?:main|docker|data))?)?|/var/lib/pgsql(?:/data|/\d+(?:/data)?)?"
)
"""Where Debian, Red Hat and the official container image put a cluster, and the directories above it."""

_BY_NAME = re.compile(
    r"/var/lib/docker/volumes/(?P<volume>[^/]*(?:postgres|pg_?-?data|pgsql)[^/]*)(?:/_data)?|(?:/[\w.-]+)+/pgdata",
    re.IGNORECASE,
)
"""A volume of Docker, or a directory, that is called after what is in it."""

_HOST = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?=/)|\$\{?\w+\}?:(?=/)")
_CONTENTS = re.compile(r"(?:/\.?|/\*)$")
_VOLUME = re.compile(
    r"(?P<name>[^:]*(?:postgres|pg_?-?data|pgsql)[^:]*):(?P<path>/[^:]*)(?::.*)?", re.IGNORECASE
)
_NO_DATA = re.compile(r"back_?up|dump|archive|wal|conf|log|init", re.IGNORECASE)
_RECURSIVE = re.compile(r"-[A-Za-z]*[rRa][A-Za-z]*|--recursive|--archive")

_TAR_VALUES = frozenset("bCfFgHIKLNTVX")
_TAR_LONG_VALUES = frozenset(
    {"--file", "--directory", "--exclude", "--exclude-from", "--files-from", "--use-compress-program", "--transform"}
    | {"--listed-incremental", "--owner", "--group", "--mode", "--blocking-factor", "--checkpoint-action", "--warning"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DirectoryCopy:
    """A command that reads a whole data directory and stores it elsewhere."""

    step: Step
    program: str
    """`tar`, `rsync`, `cp`, `scp`, `docker cp`, …"""

    path: str
    """The data directory, as it is written."""


def directory_copies(script: ShellScript) -> Iterator[DirectoryCopy]:
    """Every copy of a data directory in a script, in the order in which they are written."""
    for step in script.own_steps:
        program, sources = _sources(step.command)
        for path in sources:
            if _is_data_directory(path, step):
                yield DirectoryCopy(step, program, path)
                break


def _sources(command: Command) -> tuple[str, list[str]]:
    """The program and what it copies; nothing of a command that copies no directories."""
    arguments = command.arguments
    match command.name:
        case "tar" | "gtar":
            return "tar", _archived(arguments)
        case "rsync" | "cp" | "scp" as name if any(_RECURSIVE.fullmatch(word.text) for word in arguments):
            return name, [word.text for word in operands_in(command)[:-1]]
        case "docker" | "podman" | "kubectl" as name if arguments and arguments[0].text == "cp":
            operands = operands_of(arguments[1:], frozenset({"-n", "--namespace", "-c", "--container"}))
            return f"{name} cp", [word.text for word in operands[:1]]
        case _:
            return "", []


def _archived(words: Sequence[Word]) -> list[str]:  # noqa: C901 - one case per way to write an option
    """What tar puts into an archive, each below the directory that it changes to."""
    creates, directory = False, ""
    found: list[str] = []
    values: list[str] = []
    for number, word in enumerate(words):
        text = word.text
        if values:
            if values.pop(0) in ("C", "--directory"):
                directory = text
        elif text.startswith("--"):
            name, equals, value = text.partition("=")
            creates = creates or name == "--create"
            if name == "--directory" and equals:
                directory = value
            elif name in _TAR_LONG_VALUES and not equals:
                values = [name]
        elif re.fullmatch(r"-[A-Za-z]\S*", text):
            letters, given, rest = _bundle(text[1:])
            creates = creates or "c" in letters
            if given == "C" and rest:
                directory = rest
            elif given and not rest:
                values = [given]
        elif number == 0 and re.fullmatch(r"[A-Za-z]+", text):
            creates = "c" in text
            values = [letter for letter in text if letter in _TAR_VALUES]
        else:
            found.append(posixpath.join(directory, text))
    return found if creates else []


def _bundle(text: str) -> tuple[str, str, str]:
    """The letters of `-czf`, the one that takes a value, and what of the value stands in the same word."""
    for position, letter in enumerate(text):
        if letter in _TAR_VALUES:
            return text[:position], letter, text[position + 1 :]
    return text, "", ""


def _is_data_directory(path: str, step: Step) -> bool:
    path = _HOST.sub("", path, count=1) if _HOST.match(path) else path
    path = _CONTENTS.sub("", path)
    if _DATA_DIRECTORY.fullmatch(path) or path in _volumes(step):
        return True
    return _BY_NAME.fullmatch(path) is not None and not _NO_DATA.search(path)


def _volumes(step: Step) -> Iterator[str]:
    """Where a container has volumes whose names say that a cluster is in them."""
    for wrapper in step.wrappers:
        if not wrapper.name.startswith(("docker", "podman")):
            continue
        for word in wrapper.words:
            mounted = _VOLUME.fullmatch(re.sub(r"^(?:-v|--volume)=?", "", word.text))
            if mounted and not _NO_DATA.search(mounted["name"].rpartition("/")[2]):
                yield _CONTENTS.sub("", mounted["path"])
