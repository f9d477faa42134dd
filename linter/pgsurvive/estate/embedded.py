"""Shell code inside other files: crontabs, units, Dockerfiles, Makefiles, Compose files, manifests, CI workflows.

Each piece becomes a script whose text is as long as the file's, everything else blanked out: so every place in the code is
a place in the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgsurvive.estate.files import NoFiles
from pgsurvive.estate.script import ShellScript
from pgsurvive.syntax import crontab, systemd, yaml
from pgsurvive.text import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgsurvive.estate.files import Files
    from pgsurvive.syntax.crontab import Crontab
    from pgsurvive.syntax.yaml import Node, Scalar
    from pgsurvive.text import Source

_RUNS = ("ExecStart", "ExecStartPre", "ExecStartPost", "ExecStop", "ExecStopPost")
_INSTRUCTION = re.compile(
    r"^[ \t]*(?P<name>RUN|CMD|ENTRYPOINT)[ \t]+(?P<flags>(?:--\S+[ \t]+)*)(?P<code>(?:[^\n\\]|\\[^\n]|\\\r?\n)*)",
    re.IGNORECASE | re.MULTILINE,
)
_RECIPE = re.compile(r"^\t[ \t]*[@+-]*(?P<code>(?:[^\n\\]|\\[^\n]|\\\r?\n)+)", re.MULTILINE)
_MAKE = re.compile(r"\$\$(?P<open>[({]?)|\$[({](?P<name>[^(){}\n]*)[)}]|\$(?P<short>[@<^?*+|%A-Za-z])")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PLAIN_WORD = re.compile(r"[\w./:=@%+,-]+")
_SHELLS = re.compile(r"(?:.*/)?(?:ba|da|a|k|z)?sh")
_CI_KEYS = frozenset({"script", "before_script", "after_script", "run"})
_CONTAINER_KEYS = frozenset({"command", "args", "entrypoint"})
_RELEVANT = re.compile(r"pg_|psql|postgres|pgbackrest|barman|wal-g", re.IGNORECASE)


def has_users(source: Source) -> bool:
    """Whether the lines of a crontab name an account, as those of /etc/crontab and /etc/cron.d do."""
    path = "/" + source.path
    return "/cron.d/" in path or path.endswith("/etc/crontab")


def jobs(source: Source) -> Crontab:
    """The jobs of a crontab."""
    return crontab.parse(source.text, has_users=has_users(source))


def scripts(source: Source, kind: Kind, majors: frozenset[int], files: Files | None) -> Iterator[ShellScript]:
    """Every piece of shell code in the file, in order; never raises."""
    for code in _pieces(source, kind):
        yield ShellScript(source, majors, files or NoFiles(), code, kind)


def _pieces(source: Source, kind: Kind) -> Iterator[str]:
    text = source.text
    match kind:
        case Kind.CRONTAB:
            yield from (_only(text, job.start, job.end) for job in jobs(source).jobs)
        case Kind.SYSTEMD:
            yield from _units(text)
        case Kind.DOCKERFILE:
            for match in _INSTRUCTION.finditer(text):
                yield from _instruction(text, match)
        case Kind.MAKEFILE:
            for match in _RECIPE.finditer(text):
                begin = match.start("code")
                yield _only(text, begin, begin) + _without_make(match["code"])
        case Kind.COMPOSE | Kind.KUBERNETES | Kind.CI if _RELEVANT.search(text):
            for document in yaml.parse(source):
                yield from _below(text, document, _CI_KEYS if kind is Kind.CI else _CONTAINER_KEYS)
        case _:
            pass


def _units(text: str) -> Iterator[str]:
    for setting in systemd.parse(text).settings:
        if setting.section == "Service" and setting.name in _RUNS and setting.value:
            yield _only(text, setting.end - len(setting.value.lstrip("@:+!|-")), setting.end)


def _without_make(code: str) -> str:
    """A line of a recipe as its shell gets it, every character at its place; what make puts in is a variable."""

    def replaced(match: re.Match[str]) -> str:
        if match["name"] is not None:
            return "$" + re.sub(r"\W", "_", match["name"]).ljust(len(match[0]) - 1, "_")
        if match["short"] is not None:
            return "$m"
        return {"(": "$( ", "{": "${_", "": "$_"}[match["open"]]

    return _MAKE.sub(replaced, code)


def _instruction(text: str, match: re.Match[str]) -> Iterator[str]:
    code = match["code"]
    if not code.lstrip().startswith("["):
        yield _only(text, match.start("code"), match.end("code"))
        return
    words = [(match.start("code") + word.start(1), word[1]) for word in _STRING.finditer(code)]
    yield from _listed(text, words)


def _below(text: str, node: Node, keys: frozenset[str]) -> Iterator[str]:
    """The code under these keys, wherever they stand in a document."""
    handed = _handed_to_a_shell(node)
    for key, value in node.items():
        if key in keys and handed is not None and value == handed:
            scalar = value.elements()[0].scalar
            yield from _scalar(text, scalar) if scalar else ()
        elif key in keys:
            yield from _value(text, value, joined=keys is not _CI_KEYS)
        else:
            yield from _below(text, value, keys)
    for element in node.elements():
        yield from _below(text, element, keys)


def _handed_to_a_shell(container: Node) -> Node | None:
    """The list whose first element is the code of a container that starts a shell with `-c` and nothing behind it."""
    for starts, handed in (("command", "args"), ("entrypoint", "command")):
        words = container.get(starts)
        rest = container.get(handed)
        known = [scalar.value for element in words.elements() if (scalar := element.scalar)] if words else []
        if rest and rest.elements() and len(known) > 1 and _SHELLS.fullmatch(known[0]):
            return rest if re.fullmatch(r"-[a-z]*c", known[-1]) else None
    return None


def _value(text: str, value: Node, *, joined: bool) -> Iterator[str]:
    """A string is code; the elements of a list are words of one command, or of CI each a command of its own."""
    if value.scalar is not None:
        yield from _scalar(text, value.scalar)
        return
    scalars = [element.scalar for element in value.elements()]
    if not joined:
        for scalar in scalars:
            if scalar is not None:
                yield from _scalar(text, scalar)
        return
    known = [scalar for scalar in scalars if scalar is not None]
    behind = next((n + 1 for n, s in enumerate(known) if re.fullmatch(r"-[a-z]*c", s.value)), None)
    if behind is not None and _SHELLS.fullmatch(known[0].value) and behind < len(known):
        yield from _scalar(text, known[behind])
    elif len(known) == 1 and known[0].is_block:
        yield from _scalar(text, known[0])  # args of a container whose command is a shell with -c
    elif len(known) == len(scalars):
        yield from _listed(text, [(text.find(s.value, s.start, s.end), s.value) for s in known])


def _scalar(text: str, scalar: Scalar) -> Iterator[str]:
    """The code of a scalar, where it stands there to the letter."""
    written = text[scalar.start : scalar.end]
    if written[:1] in ("|", ">"):
        begin = scalar.start + written.find("\n") + 1
        code = _only(text, begin, scalar.end)
        # Folded lines are one; a blank for each line end keeps every place.
        yield code if written[0] == "|" else code[:begin] + code[begin:].replace("\n", " ")
    elif written[:1] in ("'", '"'):
        if scalar.value == written[1:-1]:
            yield _only(text, scalar.start + 1, scalar.end - 1)
    else:
        yield _only(text, scalar.start, scalar.start) + written.replace("\n", " ")


def _listed(text: str, words: list[tuple[int, str]]) -> Iterator[str]:
    """A command whose words stand apart: only what needs no quoting, or the code behind `sh -c`."""
    if len(words) > 2 and _SHELLS.fullmatch(words[0][1]) and re.fullmatch(r"-[a-z]*c", words[1][1]):  # noqa: PLR2004
        at, code = words[2]
        if "\\" not in code:
            yield _only(text, at, at + len(code))
        return
    if (
        not words
        or _SHELLS.fullmatch(words[0][1])
        or not all(at >= 0 and _PLAIN_WORD.fullmatch(word) for at, word in words)
    ):
        return
    first = words[0][0]
    code = _only(text, first, first)
    for at, word in words:
        code += " " * (at - len(code)) + word
    yield code


def _only(text: str, start: int, end: int) -> str:
    """The text up to `end` with everything before `start` blanked out."""
    return re.sub(r"[^\n]", " ", text[:start]) + text[start:end]
