"""Command lines as the programs read them, and as pgsurvive does."""

import random
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgsurvive.catalog.programs import Option, Program, Takes, program
from pgsurvive.estate.invocation import invocation
from pgsurvive.syntax.shell import commands, parse
from tests.support.software import postgresql
from tools.programs.asking import said

_LINES = 25
_REFUSED = re.compile(
    r"unrecognized option '(--[^'=]*)|invalid option -- '(.)'|option '(--[^'=]*)[^']*' is ambiguous"
)
_REACHED = re.compile(r"connection to server|could not open input file")


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A directory in which the account that programs run as may write."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o777)
        yield Path(directory)


def _word(option: Option, chance: random.Random) -> str:
    """The option by one of its names, cut or misspelled at times, with a value at times."""
    name = chance.choice(option.names)
    value = " c" if option.name == "--format" else " 1"
    if not name.startswith("--"):
        letter = chance.choice((name[1], name[1], name[1], "Y"))
        return f"-{letter}{value if option.takes is Takes.VALUE else ''}"
    cut = chance.choice((name, name, name[: chance.randint(3, len(name))], name + "x"))
    return cut + (value.replace(" ", chance.choice((" ", "="))) if option.takes is Takes.VALUE else "")


def _lines(known: Program, major: int) -> Iterator[str]:
    chance = random.Random(f"{known.name} {major}")  # noqa: S311 - the same lines each time
    options = [o for o in known.scope(None, None) if not {"-?", "-V"} & set(o.names)]
    for _ in range(_LINES):
        words = [_word(option, chance) for option in chance.sample(options, chance.randint(1, 4))]
        yield " ".join((known.name, *words))


@pytest.mark.parametrize("name", ["pg_dump", "pg_restore", "pg_basebackup", "psql", "pg_dumpall", "vacuumdb"])
def test_a_command_line_means_what_it_means_to_the_program(name: str, major: int, scratch: Path) -> None:
    known = program(name)
    assert known is not None
    compared = 0
    for line in _lines(known, major):
        (command,) = commands(parse(line).body)
        read = invocation(command, major)
        assert read is not None
        answer = said(postgresql(major).bindir / name, *line.split()[1:], scratch=scratch)
        refused = _REFUSED.search(answer)
        if refused:
            compared += 1
            theirs = refused[1] or refused[3] or f"-{refused[2]}"
            assert theirs in [unknown.name for unknown in read.unknown], f"{line}\n{answer}"
        elif _REACHED.search(answer):
            compared += 1
            assert not read.unknown, f"{line}\n{answer}"
    assert compared > _LINES / 4
