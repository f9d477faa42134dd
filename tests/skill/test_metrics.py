"""metrics.sh writes what Prometheus reads, and the alerts of the skill fire on it: promtool itself says so."""

import re
import shutil
import subprocess
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.skill.faults import SCRIPTS, scripts
from tests.skill.sources import archive_plainly
from tests.support.lab import Lab
from tests.support.software import promtool

ASSETS = SCRIPTS.parent / "assets"
RULES, CASES = ASSETS / "prometheus-alerts.yml", ASSETS / "prometheus-alerts-test.yml"
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text())
SAMPLE = re.compile(r"^pgsurvive_(?P<name>\w+)(?P<labels>\{.*\})? (?P<value>\S+)$", re.MULTILINE)


def tool(*arguments: str | Path, text: str = "") -> CompletedProcess[str]:
    return subprocess.run([promtool(), *arguments], input=text, capture_output=True, text=True, check=False)


def metrics(lab: Lab, *options: str, status: int = 0) -> str:
    done = lab.run(["bash", scripts(lab) / "metrics.sh", *options], check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def samples(text: str) -> dict[str, float]:
    return {found["name"] + (found["labels"] or ""): float(found["value"]) for found in SAMPLE.finditer(text)}


def test_prometheus_accepts_the_alerts() -> None:
    done = tool("check", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout


def test_each_alert_fires_in_its_case_and_on_no_sound_server() -> None:
    done = tool("test", "rules", CASES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_the_cases_miss_an_alert_that_is_gone(alert: str, tmp_path: Path) -> None:
    parts = re.split(r"(?m)^(?=      - alert: )", RULES.read_text())
    (tmp_path / RULES.name).write_text("".join(part for part in parts if f"- alert: {alert}\n" not in part))
    shutil.copy(CASES, tmp_path)
    done = tool("test", "rules", tmp_path / CASES.name)
    assert done.returncode != 0
    assert alert in done.stdout + done.stderr


@pytest.mark.majors(18)
def test_every_metric_that_an_alert_asks_for_is_one_that_the_script_writes() -> None:
    written = (SCRIPTS / "metrics.sh").read_text() + (SCRIPTS / "sql/metrics.sql").read_text()
    asked = set(re.findall(r"pgsurvive_(\w+)", RULES.read_text()))
    names = re.compile(r"(?m)(?:^ *metric |SELECT ')(\w+)")
    assert asked - set(names.findall(written)) == set()


def test_what_a_server_and_its_directories_give_is_read_by_prometheus(lab: Lab) -> None:
    archive_plainly(lab)
    lab.archive_now()
    lab.wait_until("SELECT last_archived_wal IS NOT NULL FROM pg_stat_archiver")
    lab.psql("SELECT pg_create_physical_replication_slot('old_standby', true)")
    archive, backups = lab.env["ARCHIVE_DIR"], lab.env["BACKUP_DIR"]
    options = ["--archive", archive, "--backups", backups, "--evidence-dir", backups, "--disk", backups]

    text = metrics(lab, *options)

    done = tool("check", "metrics", text=text)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    seen = samples(text)
    assert (seen["up"], seen["archiving"], seen["archive_holds_last_archived"]) == (1, 1, 1)
    assert seen['slot_active{slot="old_standby"}'] == 0
    assert seen[f'backup_last_timestamp_seconds{{directory="{backups}"}}'] == 0
    assert seen["drill_last_passed_timestamp_seconds"] == 0


@pytest.mark.majors(18)
def test_backups_and_drills_are_told_by_their_own_times(lab: Lab) -> None:
    backups = lab.directory / "backup"
    for name, began in (("20260101T000000Z.full", "2026-01-01"), ("20260102T000000Z.full", "2026-01-02")):
        lab.run(["mkdir", backups / name])
        lab.write(backups / name / "backup.json", f'{{\n  "started": "{began}T00:00:00Z",\n}}\n')
    lab.run(["mkdir", backups / ".unfinished.20260103T000000Z.full"])
    lab.write(
        backups / ".unfinished.20260103T000000Z.full/backup.json", '"started": "2026-01-03T00:00:00Z"\n'
    )
    lab.write(
        backups / "drill-20260104T000000Z-1.json",
        '{"status": "passed", "began": "2026-01-04T00:00:00.000Z"}\n',
    )
    lab.write(
        backups / "drill-20260105T000000Z-1.json",
        '{"status": "failed", "began": "2026-01-05T00:00:00.000Z"}\n',
    )

    seen = samples(metrics(lab, "--backups", str(backups), "--evidence-dir", str(backups)))

    assert seen[f'backup_last_timestamp_seconds{{directory="{backups}"}}'] == 1767312000
    assert seen["drill_last_passed_timestamp_seconds"] == 1767484800
    assert seen["drill_newest_failed"] == 1


@pytest.mark.majors(18)
def test_a_server_that_is_down_is_a_metric_and_not_silence(lab: Lab) -> None:
    lab.stop()
    output = lab.directory / "pgsurvive.prom"
    metrics(lab, "--output", str(output), "--disk", str(lab.directory), status=1)
    seen = samples(output.read_text())
    assert seen["up"] == 0
    assert "collected_timestamp_seconds" in seen
    assert "archiving" not in seen


@pytest.mark.majors(18)
@pytest.mark.parametrize("option", ["--archive", "--backups", "--evidence-dir", "--disk"])
def test_without_a_directory_the_earlier_file_stays_and_gets_old(lab: Lab, option: str) -> None:
    output = lab.directory / "pgsurvive.prom"
    lab.write(output, "earlier\n")
    metrics(lab, "--output", str(output), option, str(lab.directory / "unmounted"), status=3)
    assert output.read_text() == "earlier\n"
    assert list(lab.directory.glob(".metrics.*")) == []
