import json
import subprocess
import sys
from pathlib import Path

import pytest

from pgsurvive.catalog.programs import Takes, program, programs
from pgsurvive.estate.script import read
from pgsurvive.text import Source
from tests.support.software import barman, pgbackrest, postgresql
from tools import catalog_programs
from tools.programs.asking import said


@pytest.mark.server
@pytest.mark.timeout(1800)
def test_generating_the_catalog_again_changes_nothing() -> None:
    assert catalog_programs.rendered(catalog_programs.catalog()) == catalog_programs.FILE.read_text()


def test_an_option_is_known_in_the_majors_that_have_it() -> None:
    pg_basebackup = program("pg_basebackup")
    assert pg_basebackup is not None
    assert pg_basebackup.majors_with("--incremental") == {17, 18}
    assert pg_basebackup.majors_with("--xlog-method") == frozenset()
    assert pg_basebackup.majors_with("-D") == {14, 15, 16, 17, 18}
    pg_combinebackup = program("pg_combinebackup")
    assert pg_combinebackup is not None
    assert pg_combinebackup.majors == {17, 18}
    assert program("postmaster") is program("postgres") or program("postmaster") == program("postgres")
    assert program("pg_rman") is None


@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("--format", Takes.VALUE),
        ("--for", Takes.VALUE),
        ("-F", Takes.VALUE),
        ("--no-acl", Takes.NOTHING),
        ("--verbose", Takes.NOTHING),
        ("--f", None),
        ("--fil", None),
        ("--formats", None),
        ("-Y", None),
    ],
)
def test_a_name_means_what_it_means_to_pg_dump(
    name: str, takes: Takes | None, major: int, tmp_path: Path
) -> None:
    known = program("pg_dump")
    assert known is not None
    option = known.match(name, major).option
    tmp_path.chmod(0o777)
    answer = said(postgresql(major).bindir / "pg_dump", name, scratch=tmp_path)
    if name == "--fil":
        # --filter came with 17; before, only --file begins with it.
        assert (option is None) is ("ambiguous" in answer) is (major >= 17)
        return
    refused = any(word in answer for word in ("unrecognized option", "invalid option", "ambiguous"))
    assert (option is None) is refused
    if option is not None:
        assert option.takes is takes
        assert (takes is Takes.VALUE) is ("requires an argument" in answer)


@pytest.mark.parametrize(
    "arguments",
    [
        ["backup", "--stanz=main"],
        ["backup", "--onlin"],
        ["backup", "--no-onl"],
        ["backup", "--repo2-pat=/x"],
        ["backup", "--db-path=/x"],
        ["backup", "--reset-pg2-host"],
        ["backup", "--repo1-path=/x"],
        ["info", "--outp=text"],
        ["info", "--online"],
        ["info", "--st=main"],
        ["info", "--type=full"],
        ["check", "--type=full"],
        ["backup", "--pg-path=/x"],
        ["backup", "--repo1=1"],
        ["backup", "--repo1-retention-ful=2"],
        ["restore", "--target-time=now"],
        ["restore", "--targettime=now"],
    ],
    ids=" ".join,
)
def test_a_name_means_what_it_means_to_pgbackrest(arguments: list[str], tmp_path: Path) -> None:
    known = program("pgbackrest")
    assert known is not None
    command, option = arguments
    tmp_path.chmod(0o777)
    answer = said(pgbackrest(), command, option, "--log-level-console=none-such", scratch=tmp_path)
    refused = any(text in answer for text in ("invalid option", "not valid for command", "requires an index"))
    assert (known.match(option.partition("=")[0], command=command).option is None) is refused, answer


@pytest.mark.parametrize(
    "arguments",
    [
        ["barman", "backup", "--jobs", "4", "main"],
        ["barman", "backup", "--immediate", "main"],
        ["barman", "backup", "--retry", "main"],
        ["barman", "backup", "-q", "main"],
        ["barman", "-q", "backup", "main"],
        ["barman", "recover", "--target-tim", "x", "main", "latest", "/x"],
        ["barman", "backup", "--compress", "main"],
        ["barman-wal-archive", "--zip", "a", "b", "c"],
    ],
    ids=" ".join,
)
def test_a_name_means_what_it_means_to_barman(arguments: list[str]) -> None:
    name, *words = arguments
    known = program(name)
    assert known is not None
    done = subprocess.run([barman() / name, *words], capture_output=True, text=True, check=False)
    answer = done.stdout + done.stderr
    option = next(word for word in words if word.startswith("-"))
    command = words[0] if words[0] in known.commands else None
    refused = "unrecognized arguments" in answer or "ambiguous option" in answer
    assert (known.match(option, command=command).option is None) is refused, answer


def test_every_program_is_read_without_loss() -> None:
    for name in programs():
        known = program(name)
        assert known is not None
        data = json.loads(catalog_programs.FILE.read_text()).get(known.name)
        assert len(known.options) == len(data["options"])


def test_a_script_that_calls_a_program_is_known_by_a_part_of_its_name() -> None:
    for name in programs():
        assert read(Source("x.sh", f"{name} --version"), frozenset({18})).invocations, name


def test_looking_up_one_program_costs_little() -> None:
    code = (
        "import time; from pgsurvive.catalog import programs as p; start = time.perf_counter(); p.program('pg_dump'); "
        "print(time.perf_counter() - start)"
    )
    seconds = min(float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(3))
    assert seconds < 0.05
