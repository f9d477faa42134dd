"""What the catalog says of combinations is what the programs do."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgsurvive.catalog.programs import Refusal, Term, program, programs
from pgsurvive.estate.invocation import invocation
from pgsurvive.syntax.shell import commands, parse
from tests.support.software import barman, pgbackrest, postgresql
from tools.programs.asking import said

_BESIDES = {
    "pg_basebackup": {"--pgdata": "new"},
    "pg_checksums": {"--pgdata": "missing"},
    "pg_dump": {"--file": "new"},
    "pg_dumpall": {"--file": "new"},
    "pg_receivewal": {"--directory": "new"},
    "pg_restore": {"--dbname": "nowhere"},
}


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A directory in which the account that programs run as may write."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o777)
        yield Path(directory)


def _line(name: str, *terms: Term, bare: bool = False) -> str:
    given = {term.name for term in terms}
    besides = {} if bare else {key: value for key, value in _BESIDES[name].items() if key not in given}
    words = [f"{key}={value}" for key, value in besides.items()] + [_written(name, term) for term in terms]
    operand = " missing" if name == "pg_restore" else " --no-loop" if name == "pg_receivewal" else ""
    return f"{name} {' '.join(words)}{operand}"


def _written(name: str, term: Term) -> str:
    if term.value is not None:
        return f"{term.name}={2 if term.value.startswith('>') else term.value}"
    known = program(name)
    assert known is not None
    option = known.match(term.name).option
    return f"{term.name}=1" if option is not None and option.value else term.name


def _refusals(name: str, major: int) -> list[Refusal]:
    known = program(name)
    assert known is not None
    return [refusal for refusal in known.refusals if major in refusal.majors]


@pytest.mark.parametrize("name", sorted(_BESIDES))
def test_what_is_said_to_be_refused_is_refused_and_what_helps_helps(
    name: str, major: int, scratch: Path
) -> None:
    for refusal in _refusals(name, major):
        bare = any(term.name in _BESIDES[name] for term in refusal.unless)
        for helping in (None, *refusal.unless):
            terms = refusal.refused if helping is None else (*refusal.refused, helping)
            line = _line(name, *terms, bare=bare)
            (command,) = commands(parse(line).body)
            read = invocation(command, major)
            assert read is not None
            assert (refusal in read.refusals(major)) is (helping is None), line
            program_, *arguments = line.split()
            answer = said(postgresql(major).bindir / program_, *arguments, scratch=scratch)
            for leftover in scratch.glob("new"):
                leftover.rename(scratch / f"old{len(list(scratch.iterdir()))}")
            if helping is None:
                assert refusal.says in answer, line
            else:
                assert refusal.says not in answer, line


# A value that the option's own check takes.
_VALUES = {
    "--aws-snapshot-lock-expiration-date": "2099-01-01T00:00:00.000000Z",
    "--history-tag": "a,b",
    "--history-tags": "a,b",
    "--retention-policy": "REDUNDANCY 2",
    "--tag": "a,b",
    "--tags": "a,b",
    "--target": "full",
}
# Imports a cloud's library, which isn't installed, before it reads its arguments.
_MUTE = "barman-cloud-backup-delete"
_OTHERS = sorted(
    name for name in programs() - {_MUTE} if (known := program(name)) and known.refusals and not known.majors
)


@pytest.mark.majors(18)
@pytest.mark.parametrize("name", _OTHERS)
def test_what_other_products_are_said_to_refuse_they_refuse(name: str, scratch: Path) -> None:
    known = program(name)
    assert known is not None
    assert known.refusals
    for refusal in known.refusals:
        for command in sorted(refusal.commands or [""]):
            options = [
                f"{term.name}={_VALUES[term.name]}" if term.name in _VALUES else _written(name, term)
                for term in refusal.refused
            ]
            words = [word for word in (command, *options) if word]
            (parsed,) = commands(parse(" ".join((name, *words))).body)
            read = invocation(parsed)
            assert read is not None
            assert refusal in read.refusals(), words
            where = (
                ["--no-config", "--stanza=x", f"--pg1-path={scratch}/none"] if name == "pgbackrest" else []
            )
            executable = pgbackrest() if name == "pgbackrest" else barman() / name
            answer = said(executable, *words, *where, scratch=scratch, as_root=name != "pgbackrest")
            assert refusal.says in answer, (words, answer)


@pytest.mark.parametrize(
    ("line", "is_refused"),
    [
        ("pg_dump -Fc -j 4 -f a b", True),
        ("pg_dump --format=CUSTOM --jobs=4 -f a b", True),
        ("pg_dump -Fd -j 4 -f a b", False),
        ("pg_dump -Fc -j 1 -f a b", False),
        ("pg_dump -Fc -j $n -f a b", False),
        ("pg_dump -F $format -j 4 -f a b", False),
        ("pg_dump $options -j 4 -f a b", False),
        ("pg_dump -j 4 -f a b", True),
        ("pg_basebackup -D - -Ft -Xs", True),
        ("pg_basebackup -D - -Ft", True),
        ("pg_basebackup -D - -Ft -Xf", False),
        ("pg_basebackup -D - -Ft -X unheard-of", False),
        ("pg_basebackup -D x -z -Z gzip:5", False),
        ('pg_dump -j 4 -f a "$b"', True),
    ],
)  # fmt: skip
def test_only_what_is_certain_counts(line: str, is_refused: bool) -> None:
    (command,) = commands(parse(line).body)
    read = invocation(command)
    assert read is not None
    assert any(read.refusals(18)) is is_refused
