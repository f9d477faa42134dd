from pathlib import Path

import pytest

from pgsurvive import Config, check_paths
from pgsurvive.estate import embedded
from pgsurvive.estate.schedule import Scheduled, scheduled
from pgsurvive.estate.script import read
from pgsurvive.text import Kind, Source


def _scheduled(line: str) -> Scheduled:
    (code,) = embedded.scripts(Source("crontab", line), Kind.CRONTAB, frozenset({18}), None)
    found = scheduled(code)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("schedule", "a_day", "an_hour"),
    [
        ("0 3 * * *", False, False),
        ("@daily", False, False),
        ("30 1 * * 0", False, False),
        ("@hourly", True, False),
        ("5 * * * *", True, False),
        ("0 6,18 * * *", True, False),
        ("0 */6 * * 1", True, False),
        ("*/15 3 * * *", True, True),
        ("0,30 * * * *", True, True),
    ],
)
def test_how_often_a_line_runs_is_read_from_its_schedule(schedule: str, a_day: bool, an_hour: bool) -> None:
    found = _scheduled(f"{schedule} backup.sh")
    assert (found.runs_several_times_a_day, found.runs_several_times_an_hour) == (a_day, an_hour)


def test_code_that_is_no_line_of_a_crontab_has_no_schedule() -> None:
    assert scheduled(read(Source("crontab.sh", "pg_dump x"), frozenset({18}))) is None


@pytest.mark.parametrize(
    ("line", "script", "found"),
    [
        ("0 * * * * /opt/bin/dump.sh", "#!/bin/sh\npg_dump -f x.new a", True),
        ("0 * * * * bash -e /opt/bin/dump.sh", 'pg_dump a >"$DIR/x"', True),
        ("0 * * * * flock /run/x /opt/bin/dump.sh", "#!/bin/sh\npg_dump -f x.new a", False),
        ("0 * * * * /opt/bin/dump.sh", "#!/bin/sh\nexec 9>x; flock 9\npg_dump -f x.new a", False),
        ("0 * * * * /opt/bin/dump.sh", "#!/bin/sh\npg_dump -f x-$(date +%H) a", False),
        ("0 2 * * * /opt/bin/dump.sh", "#!/bin/sh\npg_dump -f x.new a", False),
        ("0 * * * * ssh db /opt/bin/dump.sh", "#!/bin/sh\npg_dump -f x.new a", False),
        ("0 * * * * /opt/bin/other.sh", "#!/bin/sh\npg_dump -f x.new a", False),
    ],
)
def test_a_line_runs_the_script_of_the_tree_that_it_names(
    tmp_path: Path, line: str, script: str, found: bool
) -> None:
    (tmp_path / "crontab").write_text(f"{line}\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dump.sh").write_text(script)
    result = check_paths([tmp_path], config=Config(select=("PGS629",)))
    assert [f.line for f in result.findings] == [1] * found
