"""What a server of Patroni runs with. Tried with Patroni 4.1.5; see estate/patroni.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive import check_text
from pgsurvive.estate import patroni
from pgsurvive.text import Source

ALL = frozenset({14, 15, 16, 17, 18})


def _settings(text: str, path: str = "patroni.yml") -> dict[str, str]:
    return {
        entry.name: entry.value
        for config in patroni.read(Source(path, text), ALL)
        for _, entry in config.lines
    }


def test_the_local_parameters_override_the_store_except_for_those_that_patroni_controls() -> None:
    text = (
        "scope: shop\n"
        "bootstrap:\n  dcs:\n    postgresql:\n"
        "      parameters: {archive_mode: on, archive_timeout: 60, max_wal_senders: 7}\n"
        "postgresql:\n  parameters: {archive_timeout: 30, wal_level: logical, work_mem: 8MB}\n"
    )
    assert _settings(text) == {"archive_mode": "on", "archive_timeout": "30", "work_mem": "8MB"}


def test_recovery_conf_is_read_and_what_a_template_fills_in_is_not() -> None:
    text = (
        "postgresql:\n  recovery_conf: {restore_command: cp /a/%f %p, recovery_target_timeline: latest}\n"
        "  parameters: {archive_command: '${COMMAND}'}\n"
    )
    assert _settings(text) == {"restore_command": "cp /a/%f %p"}


def test_an_archive_command_is_judged_as_in_postgresql_conf() -> None:
    text = "scope: shop\nbootstrap:\n  dcs:\n    postgresql:\n      parameters:\n        archive_command: /bin/true\n"
    found = [(f.code, f.line) for f in check_text(text, "patroni.yml")]
    assert ("PGS103", 6) in found


def test_the_major_is_that_of_the_programs() -> None:
    text = "postgresql:\n  bin_dir: /usr/lib/postgresql/16/bin\n  parameters: {fsync: on}\n"
    assert [config.majors for config in patroni.read(Source("patroni.yml", text), ALL)] == [{16}]


@pytest.mark.parametrize(
    "text",
    ["postgresql: 5\n", "bootstrap: [dcs]\n", "postgresql: {parameters: [a]}\n", "bootstrap:\n  dcs: x\n"],
)
def test_a_file_of_another_shape_has_no_parameters(text: str) -> None:
    assert _settings(text) == {}


@given(st.text(alphabet="ab: \n-[]{}&*#'\"|\t", max_size=60))
def test_no_text_makes_it_fail(text: str) -> None:
    check_text(f"scope: x\nbootstrap:\n  dcs:\n{text}\npostgresql:\n  parameters: {text}", "patroni.yml")
