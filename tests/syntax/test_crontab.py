"""A crontab is read as cron reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive.syntax import crontab, systemd


def _commands(text: str, *, has_users: bool = False) -> list[tuple[str, str | None, str]]:
    read = crontab.parse(text, has_users=has_users)
    return [(job.schedule, job.user, text[job.start : job.end]) for job in read.jobs]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 2 * * * a b", ("0 2 * * *", None, "a b")),
        ("  */5\t1-3 1,15 jan mon-fri a", ("*/5\t1-3 1,15 jan mon-fri", None, "a")),
        ("@daily a", ("@daily", None, "a")),
        ("0 2 * * * a %b", ("0 2 * * *", None, "a ")),
        (r"0 2 * * * a \%b", ("0 2 * * *", None, r"a \%b")),
    ],
)
def test_a_line_is_a_schedule_and_a_command_up_to_the_first_percent_sign(
    line: str, expected: tuple[str, str | None, str]
) -> None:
    assert _commands(line) == [expected]


def test_a_system_crontab_names_an_account() -> None:
    assert _commands("0 2 * * * postgres pg_dump a", has_users=True) == [
        ("0 2 * * *", "postgres", "pg_dump a")
    ]


@pytest.mark.parametrize("line", ["# 0 2 * * * a", "PATH=/bin", "0 2 * *", "", "@never a", "hello world"])
def test_what_is_no_job_is_left_out(line: str) -> None:
    assert _commands(line) == []


def test_settings_lose_their_quotes() -> None:
    assert crontab.parse('MAILTO=""\n PATH = /bin:/usr/bin \n', has_users=False).settings == (
        ("MAILTO", "", 0),
        ("PATH", "/bin:/usr/bin", 10),
    )


def test_a_unit_joins_continued_lines_and_an_empty_assignment_takes_back() -> None:
    text = (
        "[Service]\nExecStart=a \\\n# comment\n  b\nExecStart=\nExecStart=c\n;x=1\n[Timer]\nPersistent=true\n"
    )
    unit = systemd.parse(text)
    assert [text[s.start : s.end] for s in unit.settings] == ["a \\\n# comment\n  b", "", "c", "true"]
    assert [s.value for s in unit.get("Service", "ExecStart")] == ["c"]
    assert unit.section("Timer") is not None
    assert unit.section("Install") is None


@given(st.text(alphabet=st.sampled_from("*0 @a%=\\\n\r[]#;'\"\t")) | st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    for job in crontab.parse(text, has_users=True).jobs:
        assert 0 <= job.start <= job.end <= job.line_end <= len(text)
    for setting in systemd.parse(text).settings:
        assert text[setting.start : setting.end] == setting.value
