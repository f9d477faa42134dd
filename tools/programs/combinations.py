"""Which options of PostgreSQL's programs don't combine: every pair is tried, and what the program refuses is written down.

A program looks at its options before it connects to a server or opens a file. So it is run where there is neither, and what
it complains about then tells whether the options were accepted.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations, count
from typing import TYPE_CHECKING, Any

from tools.programs.asking import said

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_BASES: dict[str, tuple[str, ...]] = {
    "pg_basebackup": ("--pgdata=new",),
    "pg_checksums": ("--pgdata=missing",),
    "pg_combinebackup": ("missing", "--output=new"),
    "pg_dump": ("--file=new",),
    "pg_dumpall": ("--file=new",),
    "pg_receivewal": ("--directory=new", "--no-loop"),
    "pg_restore": ("--dbname=nowhere", "missing"),
    "pg_rewind": ("--target-pgdata=missing", "--source-pgdata=absent"),
    "pg_verifybackup": ("missing",),
}
"""The programs, and what each is given besides the options that are tried."""

_SAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "--checkpoint": (("fast", "fast"),),
    "--compress": (("0", "0"), ("1", ">0")),
    "--format": (("c", "c"), ("d", "d"), ("t", "t"), ("p", "p")),
    "--jobs": (("1", "1"), ("2", ">1")),
    "--manifest-checksums": (("NONE", "NONE"), ("SHA256", "SHA256")),
    "--section": (("data", "data"), ("pre-data", "pre-data")),
    "--wal-method": (("none", "none"), ("fetch", "fetch"), ("stream", "stream")),
    "--pgdata": (("-", "-"),),
}
"""Values to try, each with the values that it stands for. Other options get a 1, which stands for any value."""

_LEFT_OUT = re.compile(
    r"--(?:host|port|username|no-password|password|verbose|version|help|role|lock-wait-timeout|encoding|progress|debug"
    r"|filter|echo-.*)$"
)
"""Options that go with anything."""

_REACHED = re.compile(
    r"input file is too short|"
    r"connection to server|could not connect|could not open|could not read|does not exist|No such file or directory"
)
_SAYS_NOTHING_OF_OTHERS = re.compile(
    r"\binvalid\b|unrecognized|out of range|must be in range|could not|not a valid|must be (?:greater|at least)"
    r"|connection info string",
    re.IGNORECASE,
)
_FORBIDS = re.compile(r"cannot|incompatible|together")


@dataclass(frozen=True, slots=True)
class _Term:
    """An option as it is tried."""

    name: str
    argument: str
    stands_for: str | None

    def described(self) -> list[str]:
        return [self.name] if self.stands_for is None else [self.name, self.stands_for]


def refusals(
    bindir: Path, scratch: Path, options: dict[str, list[dict[str, Any]]]
) -> dict[str, list[dict[str, Any]]]:
    """What each program refuses: together, which other options make it acceptable, and its words."""
    return {
        name: _Tried(bindir / name, base, scratch).refusals(_terms(options[name], base))
        for name, base in _BASES.items()
        if name in options
    }


def _terms(options: list[dict[str, Any]], base: tuple[str, ...]) -> list[_Term]:
    found: list[_Term] = []
    given = {each.partition("=")[0] for each in base} - set(_SAMPLES)
    for option in options:
        name = next((name for name in option["names"] if name.startswith("--")), option["names"][0])
        if _LEFT_OUT.match(name) or option.get("unlisted") or not name.startswith("--") or name in given:
            continue
        if "value" not in option:
            found.append(_Term(name, name, None))
        else:
            samples = _SAMPLES.get(name, (("1", None),))
            found += (_Term(name, f"{name}={value}", stands_for) for value, stands_for in samples)
    return found


class _Tried:
    def __init__(self, program: Path, base: tuple[str, ...], scratch: Path) -> None:
        self.program = program
        self.base = base
        self.scratch = scratch
        self.number = count()

    def _complaint(self, terms: Iterable[_Term], *, base: bool = True) -> str | None:
        """What the program says against these options; None if it accepts them."""
        arguments = [term.argument for term in terms]
        given = {argument.partition("=")[0] for argument in arguments}
        besides = [
            e for e in self.base if e.partition("=")[0] not in given and (base or not e.startswith("--"))
        ]
        # Each time another name: a format may refuse what another one left behind.
        besides = [re.sub(r"=new$", f"=new{next(self.number)}", each) for each in besides]
        answer = said(self.program, *besides, *arguments, scratch=self.scratch, timeout=60)
        if not answer.strip() or _REACHED.search(answer):
            return None
        line = next((line for line in answer.splitlines() if "error:" in line), answer.splitlines()[0])
        return line.partition("error: ")[2] or line.partition(": ")[2]

    def refusals(self, terms: list[_Term]) -> list[dict[str, Any]]:
        """See `refusals`."""
        with ThreadPoolExecutor(4) as pool:
            alone = dict(zip(terms, pool.map(lambda term: self._complaint([term]), terms), strict=True))
            fine = [term for term in terms if alone[term] is None]
            tried = self._refused_pairs(pool, fine)
            found = [self._refusal(pool, terms, (term,), says) for term, says in alone.items() if says]
            found += [self._refusal(pool, terms, pair, says) for pair, says in tried if says]
            found += self._without_base(pool, fine)
        return [each for each in found if each is not None]

    def _refused_pairs(
        self, pool: ThreadPoolExecutor, terms: list[_Term]
    ) -> list[tuple[tuple[_Term, _Term], str | None]]:
        """The pairs that are refused. Options that are accepted all at once need not be tried in pairs.

        Those with values that matter are: one of them may make another pair acceptable.
        """
        plain = [term for term in terms if term.stands_for is None]
        pairs = [
            p
            for p in combinations(terms, 2)
            if p[0].name != p[1].name and not (p[0] in plain and p[1] in plain)
        ]
        pairs += self._within(plain)
        order = {term: number for number, term in enumerate(terms)}
        pairs.sort(key=lambda pair: (order[pair[0]], order[pair[1]]))
        return list(zip(pairs, pool.map(self._complaint, pairs), strict=True))

    def _within(self, terms: list[_Term]) -> list[tuple[_Term, _Term]]:
        """The pairs in a set that may be refused."""
        if len(terms) < 2 or self._complaint(terms) is None:  # noqa: PLR2004 - a pair
            return []
        half = len(terms) // 2
        first, second = terms[:half], terms[half:]
        return [*self._within(first), *self._within(second), *self._across(first, second)]

    def _across(self, first: list[_Term], second: list[_Term]) -> list[tuple[_Term, _Term]]:
        """The pairs of one of the first and one of the second that may be refused."""
        if not first or not second or self._complaint([*first, *second]) is None:
            return []
        if len(first) == len(second) == 1:
            return [(first[0], second[0])]
        if len(first) >= len(second):
            half = len(first) // 2
            return [*self._across(first[:half], second), *self._across(first[half:], second)]
        half = len(second) // 2
        return [*self._across(first, second[:half]), *self._across(first, second[half:])]

    def _refusal(
        self, pool: ThreadPoolExecutor, terms: list[_Term], refused: tuple[_Term, ...], says: str
    ) -> dict[str, Any] | None:
        """What is refused together, and which third options make it acceptable."""
        if _SAYS_NOTHING_OF_OTHERS.search(says) and "archive format" not in says:
            return None
        against = [[each.partition("=")[0]] for each in self.base if _names(each) and _names(each) in says]
        if against and _FORBIDS.search(says):
            return {"refused": [*(term.described() for term in refused), *against], "says": says}
        names = {term.name for term in refused}
        others = [other for other in terms if other.name not in names]
        helped = pool.map(lambda other: self._complaint([*refused, other]) is None, others)
        unless = [other.described() for other, helps in zip(others, helped, strict=True) if helps]
        if not unless and len(refused) == 1 and "archive format" not in says:
            return None  # it needs more than one other option
        refusal: dict[str, Any] = {"refused": [term.described() for term in refused], "says": says}
        return {**refusal, "unless": unless} if unless else refusal

    def _without_base(self, pool: ThreadPoolExecutor, fine: list[_Term]) -> list[dict[str, Any] | None]:
        """What needs an option that all were tried with."""
        options = [each for each in self.base if each.startswith("--")]
        if len(options) != 1 or self._complaint([], base=False) is not None:
            return []
        said_of = zip(fine, pool.map(lambda term: self._complaint([term], base=False), fine), strict=True)
        needed = [[options[0].partition("=")[0]]]
        return [
            {"refused": [term.described()], "says": says, "unless": needed}
            for term, says in said_of
            if says and not _SAYS_NOTHING_OF_OTHERS.search(says)
        ]


def _names(argument: str) -> str:
    return argument.partition("=")[0] if argument.startswith("--") else ""
