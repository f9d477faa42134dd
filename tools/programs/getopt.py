"""The options of PostgreSQL's programs: their help groups and describes them, getopt's complaints tell the rest.

Help leaves out options that a program still takes (initdb --noclean, pg_dump --no-acl) and doesn't always say which take a
value. So each program is asked: `--a=x` is refused with the names of all options that begin with a, `--name=x` with
"doesn't allow an argument", and `--name` at the end with "requires an argument".
"""

from __future__ import annotations

import re
import string
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tools.programs.asking import said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_OPTION = "--pgsurvive-asks"
_LEFT_OUT = frozenset({"ecpg", "postmaster"})
"""A compiler, which some packages don't bring along, and a link that only some majors have."""

_NAME = re.compile(r"(?<![\w-])--?[A-Za-z0-9?][\w-]*")
_POSSIBILITIES = re.compile(r"'(--[\w-]+)'")
_NAMED = re.compile(r"option '(--[\w-]+)' (?:doesn't allow|requires) an argument")


def options(bindir: Path, scratch: Path) -> dict[str, list[dict[str, Any]]]:
    """The options of every program in a directory, by program."""
    names = sorted(p.name for p in bindir.iterdir() if p.name not in _LEFT_OUT and p.is_file())
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda name: _Asked(bindir / name, scratch).options(), names)
    return dict(zip(names, found, strict=True))


class _Asked:
    def __init__(self, program: Path, scratch: Path) -> None:
        self.program = program
        self.scratch = scratch
        self.help = self._said("--help")
        self.unknown_long = self._said(NO_OPTION)
        self.kinds: dict[str, str | None] = {}

    def _said(self, *arguments: str) -> str:
        return said(self.program, *arguments, scratch=self.scratch)

    def options(self) -> list[dict[str, Any]]:
        """Each option with its names, whether it takes a value, and what help calls the value."""
        found: list[dict[str, Any]] = []
        seen: set[str] = set()
        for names, placeholder in _described(self.help):
            known = [name for name in names if name not in seen and self.kind(name) is not None]
            seen.update(known)
            if known:
                kind = self.kind(known[-1]) or "none"
                if kind == "none" and placeholder.startswith("[="):
                    kind = "optional"
                found.append(_option(known, kind, placeholder))
        unlisted = sorted((self._long() | set(self._short())) - seen)
        return found + [
            {**_option([name], self.kind(name) or "none", ""), "unlisted": True} for name in unlisted
        ]

    def kind(self, name: str) -> str | None:
        """`none`, `required` or `optional`: whether an option takes a value. None if there is no such option."""
        if name not in self.kinds:
            self.kinds[name] = self._kind(name)
        return self.kinds[name]

    def _kind(self, name: str) -> str | None:
        if name in ("--help", "--version", "-?", "-V"):
            # Nearly all take these before getopt sees them, and only as the first argument.
            return "none" if name in _NAME.findall(self.help) else None
        if name == "--NAME":
            return None  # any setting of the server
        if self.program.name in ("pg_config", "postgres") and name.startswith("--"):
            return "none" if name in _NAME.findall(self.help) else None
        return self._kind_of_long(name) if name.startswith("--") else self._kind_of_short(name)

    def _kind_of_long(self, name: str) -> str | None:
        answer = self._said(f"{name}=x", NO_OPTION)
        if f"unrecognized option '{name}=x'" in answer or "is ambiguous" in answer:
            return None
        if "invalid option -- '-'" in answer:
            return None  # getopt without long options
        told = _NAMED.search(answer)
        if told:
            return "none" if told[1] == name else None
        told = _NAMED.search(self._said(name))
        if told is None:
            return "optional"
        return "required" if told[1] == name else None

    def _kind_of_short(self, name: str) -> str | None:
        answer = self._said(name, NO_OPTION)
        if f"invalid option -- '{name[1]}'" in answer or f"invalid argument: {name}" in answer:
            return None
        if answer == self.unknown_long:
            return "none"
        return "required" if "requires an argument" in self._said(name) else "none"

    def _long(self) -> set[str]:
        """Every long option that getopt names."""
        found: set[str] = set()
        if self.program.name in ("pg_config", "postgres"):
            return found
        for letter in string.ascii_lowercase + string.digits:
            answer = self._said(f"--{letter}=x", NO_OPTION)
            if "is ambiguous; possibilities:" in answer:
                found.update(_POSSIBILITIES.findall(answer.partition("possibilities:")[2].partition("\n")[0]))
            elif f"unrecognized option '--{letter}=x'" not in answer and "invalid option" not in answer:
                told = _NAMED.search(answer) or _NAMED.search(self._said(f"--{letter}"))
                if told:
                    found.add(told[1])
        return {name for name in found if self.kind(name) is not None}

    def _short(self) -> Iterator[str]:
        for letter in string.ascii_letters + string.digits:
            if self.kind(f"-{letter}") is not None:
                yield f"-{letter}"


def _option(names: list[str], kind: str, placeholder: str) -> dict[str, Any]:
    option: dict[str, Any] = {"names": names}
    if kind != "none":
        option["value"] = placeholder.strip("[]=") if kind == "optional" else placeholder
        if kind == "optional":
            option["optional"] = True
    return option


def _described(help_: str) -> Iterator[tuple[list[str], str]]:
    """The names that a line of the help gives to an option, and its word for the value."""
    usage = re.search(r"^Usage:\n(?: +.*\n)+", help_, re.MULTILINE)
    for line in (help_.replace(usage[0], "") if usage else help_).splitlines():
        text = line.strip().replace('-1 ("one")', "-1")
        match = re.match(r"\[?(-[^\s,=\[]+(?:(?:=?,\s|\s?=,\s)-[^\s,=\[]+)*)(.*)", text)
        if match is None or not line.startswith(" "):
            continue
        names = _NAME.findall(match[1])
        value = re.match(r"=?\]?\s?(\S*)", match[2])
        placeholder = value[1] if value and not match[2].startswith("  ") else ""
        if match[2].startswith("["):
            placeholder = match[2].split()[0]
        if names and all(name.startswith("--") for name in names):
            # `--lc-collate=, --lc-ctype=`: several options that share a line.
            yield from (([name], placeholder) for name in names)
        elif names:
            yield names, placeholder
