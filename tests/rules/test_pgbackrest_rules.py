"""What the rules about pgBackRest's file make of cases that a page's block has no room for."""

import pytest

from pgsurvive import Config, check_text


def _found(text: str, code: str, path: str = "pgbackrest.conf") -> list[int]:
    return [f.line for f in check_text(text, path, config=Config(select=(code,)))]


@pytest.mark.parametrize(
    "name",
    ["Global", "GLOBAL:backup", "global ", "globl", "globel", "expire", ":backup", "main:nothing", "MAIN"],
)
def test_a_section_that_no_command_reads_is_found(name: str) -> None:
    assert _found(f"[main]\npg1-path=/x\n[{name}]\nrepo1-path=/x\n", "PGS406") == [3]


@pytest.mark.parametrize(
    "name",
    ["goal", "local", "db", "main-standby", "Main2", "global:server", "global:manifest", "main:backup"],
)
def test_a_stanza_may_be_called_anything_else(name: str) -> None:
    assert _found(f"[main]\npg1-path=/x\n[{name}]\nrepo1-path=/x\n", "PGS406") == []


def test_a_value_is_judged_by_the_command_that_reads_it() -> None:
    text = "[global]\ncompress-type=lz4\ncompress-level=10\n[global:backup]\ncompress-type=gz\n[main]\npg1-path=/x\n"
    (finding,) = check_text(text, "pgbackrest.conf", config=Config(select=("PGS402",)))
    assert (finding.line, finding.help) == (3, "it takes -1 to 9")
    assert "(backup)" in finding.message


def test_a_line_that_a_nearer_section_overrides_is_not_judged() -> None:
    assert _found("[global]\nprocess-max=many\n[main]\npg1-path=/x\nprocess-max=2\n", "PGS402") == []


def test_no_message_or_help_holds_a_secret() -> None:
    twice = "repo1-cipher-pass=hunter2 # mine\nrepo1-cipher-pass=hunter2\n"
    text = f"[global]\n{twice}[main]\npg1-path=/x\nrepo1-azure-key=hunter2\n"
    findings = check_text(text, "pgbackrest.conf")
    assert {"PGS403", "PGS404", "PGS405", "PGS435"} <= {f.code for f in findings}
    assert [f.code for f in findings if "hunter2" in f.message + f.help] == []


@pytest.mark.parametrize("path", ["tests/pgbackrest.conf", "ci/fixtures/pgbackrest.conf"])
def test_files_among_tests_are_left_alone(path: str) -> None:
    text = "[Global]\nnothing=1\n[main]\npg1-path=x # y\npg1-path=x\ntype=full\nrepo-path=/x\nrepo1-cipher-pass=x\n;\n"
    assert [
        f.code for f in check_text(text, path) if f.code in {"PGS434", "PGS435"} or f.code < "PGS409"
    ] == []
