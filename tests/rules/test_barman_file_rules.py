"""What the pages of the rules about the file of Barman don't show."""

from pathlib import Path

import pytest

from pgsurvive import Finding, check_paths, check_text
from pgsurvive.fix import fixed

MAIN = "[barman]\nbarman_home = /srv/barman\n"
ABOUT_THE_FILE = frozenset({"PGS501", "PGS502", "PGS503", "PGS511", "PGS512", "PGS518", "PGS519"})


def _found(text: str, path: str = "etc/barman.conf") -> list[Finding]:
    return [finding for finding in check_text(text, path) if finding.code in ABOUT_THE_FILE]


def _codes(text: str, path: str = "etc/barman.conf") -> list[tuple[int, str]]:
    return [(finding.line, finding.code) for finding in _found(text, path)]


SERVER = "[main]\nconninfo = host=db1\nbackup_method = postgres\nstreaming_archiver = on\n"


def test_a_comment_behind_a_value_moves_to_a_line_of_its_own() -> None:
    text = MAIN + SERVER + "slot_name = barman  # by Barman\nsnapshot_zone = z\n"
    (after,) = fixed(_found(text))
    assert after.text == MAIN + SERVER + "# by Barman\nslot_name = barman\ngcp_zone = z\n"


@pytest.mark.parametrize(
    "line", ["retention_policy = REDUNDANCY 2 # two", "backup_directory = /srv/a ; disk"]
)
def test_a_comment_stays_where_moving_it_could_cost_backups(line: str) -> None:
    (finding,) = _found(f"{MAIN}{SERVER}{line}\n")
    assert (finding.code, finding.fix) == ("PGS503", None)


def test_no_report_holds_the_secret() -> None:
    found = _found(MAIN + "[main]\nconninfo = host=db1 password=hunter%22\nbackup_method = postgres\n")
    assert {finding.code for finding in found} == {"PGS518", "PGS519"}
    assert not any("hunter" in f"{finding.message} {finding.help}" for finding in found)


def test_a_line_of_barman_that_no_server_uses_is_no_finding_of_its_value() -> None:
    assert _codes(MAIN + "compression = none\n" + SERVER + "compression = gzip\n") == []
    assert _codes(MAIN + "compression = none\n" + SERVER) == [(3, "PGS502")]


def test_a_line_that_several_servers_inherit_is_reported_once() -> None:
    text = MAIN + "minimum_redundancy = two\n" + SERVER + SERVER.replace("main", "other")
    assert _codes(text) == [(3, "PGS502")]


def test_a_comment_silences_a_finding_on_the_next_line() -> None:
    assert _codes(MAIN + SERVER + "# pgsurvive: ignore[PGS501] Barman 4 has it\nnew_option = 1\n") == []


@pytest.mark.parametrize(
    "text",
    [
        MAIN + "[main]\nconninfo = {{ conninfo }}\nnew_option = 1\n",
        MAIN + "{% for server in servers %}\n[{{ server }}]\nkeep\n{% endfor %}\n",
    ],
)
def test_templates_are_left_to_whoever_fills_them_in(text: str) -> None:
    assert _codes(text, "templates/barman.conf.j2") == []


def test_files_among_tests_are_left_alone() -> None:
    assert _codes(MAIN + "nothing\n[main]\nkeep = 3\n", "tests/fixtures/barman.conf") == []


def test_what_no_server_inherits_is_no_finding_from_another_file_either(tmp_path: Path) -> None:
    (tmp_path / "barman.d").mkdir()
    (tmp_path / "barman.conf").write_text(
        MAIN + "configuration_files_directory = barman.d\ncompression = none\n"
    )
    (tmp_path / "barman.d/main.conf").write_text(SERVER + "slot_name = barman\ncompression = gzip\n")
    assert [f for f in check_paths([tmp_path]).findings if f.code in ABOUT_THE_FILE] == []


def test_an_option_for_all_servers_conflicts_with_the_one_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "barman.d").mkdir()
    (tmp_path / "barman.conf").write_text(
        MAIN + "configuration_files_directory = /etc/barman.d\nreuse_backup = link\n"
    )
    (tmp_path / "barman.d/main.conf").write_text(SERVER + "slot_name = barman\n")
    found = [f for f in check_paths([tmp_path]).findings if f.code == "PGS512"]
    assert [(Path(f.path).name, f.line) for f in found] == [("barman.conf", 4)]
    (related,) = found[0].related
    assert (Path(related.path).name, related.span.line) == ("main.conf", 3)
