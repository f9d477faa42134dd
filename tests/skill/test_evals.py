"""Each eval tells a solution that knows from one that doesn't, on a real server and without a judge."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tests.support.lab import Lab
from tests.support.software import barman, pgbackrest

SKILL = Path(__file__).parents[2] / "skills/postgresql-backup-recovery"
EVALS = SKILL / "evals"
SCENES = sorted(path.name for path in (EVALS / "scenes").iterdir() if path.is_dir())
PARTS = {"build.sh", "grade.sh", "reference.sh", "wrong.sh"}
Text = Annotated[str, Field(min_length=20)]
# What 14 does differently: the functions of a backup by hand, no checksums by default, other messages.
OLD = 14
ON_THE_OLDEST_TOO = ["01-dropped-table", "04-wal-pinned-twice", "06-which-backup", "08-corrupt-page"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Eval(Strict):
    id: int
    prompt: Text
    expected_output: Text
    files: list[str]
    assertions: Annotated[list[Text], Field(min_length=4)]


class Evals(Strict):
    skill_name: str
    evals: Annotated[list[Eval], Field(min_length=10)]


class Query(Strict):
    query: Text
    should_trigger: bool


DEFINED = Evals.model_validate_json((EVALS / "evals.json").read_text())


def test_each_eval_has_one_scene_and_each_scene_one_eval() -> None:
    assert DEFINED.skill_name == SKILL.name
    assert [eval_.id for eval_ in DEFINED.evals] == [int(scene[:2]) for scene in SCENES]
    assert len(set(SCENES)) == len({scene[3:] for scene in SCENES}) == len(DEFINED.evals)
    for scene in SCENES:
        assert {path.name for path in (EVALS / "scenes" / scene).iterdir()} == PARTS


def test_half_of_the_trigger_queries_are_near_misses() -> None:
    text = (EVALS / "trigger-queries.json").read_text()
    queries = TypeAdapter(list[Query]).validate_json(text)
    assert len({query.query for query in queries}) == 20
    assert sum(query.should_trigger for query in queries) == 10


def test_the_runner_explains_itself_and_prints_each_prompt_as_it_is_written() -> None:
    def said(*arguments: str) -> str:
        command = [str(EVALS / "run.sh"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout

    assert said("--help").startswith("Usage: run.sh")
    assert "xit status" in said("--help")
    assert "Examples:" in said("--help")
    assert [entry["id"] for entry in json.loads(said("list"))["evals"]] == [
        eval_.id for eval_ in DEFINED.evals
    ]
    for eval_ in DEFINED.evals:
        assert said("prompt", str(eval_.id)) == f"{eval_.prompt}\n"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["build", "no-such-eval", "/nowhere/e"], 2, "there is no eval no-such-eval"),
        (["build", "test-copy"], 2, "needs an eval and a directory"),
        (["grade", "test-copy", "/tmp"], 1, "was not made by: run.sh build"),
        (["explain"], 2, "Usage: run.sh"),
    ],
)
def test_the_runner_says_why_it_does_nothing(arguments: list[str], status: int, message: str) -> None:
    command = [str(EVALS / "run.sh"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr


class Incident:
    """One scene, built in a lab."""

    def __init__(self, lab: Lab, scene: str, directory: str) -> None:
        self._lab, self._name, self._directory = lab, scene[3:], str(lab.directory / directory)
        self._run("build")

    def graded(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self._run("grade"))
        assert report["eval"] == self._name
        return report

    def solve(self, *options: str) -> None:
        self._run("solve", *options)

    def stop(self) -> None:
        self._lab.run(["bash", self._runner, "stop", self._directory])

    @property
    def _runner(self) -> Path:
        return self._lab.directory / "skill/evals/run.sh"

    def _run(self, command: str, *options: str) -> str:
        run = ["bash", str(self._runner), command, *options, self._name, self._directory]
        return self._lab.run(run).stdout


def told_apart(scene: str, major: int) -> None:
    with Lab(major, start=False) as lab:
        # The checkout may be closed to the server's account.
        shutil.copytree(SKILL, lab.directory / "skill")
        lab.add_to_path(pgbackrest().parent)
        lab.add_to_path(barman())

        incident = Incident(lab, scene, "a")
        report = incident.graded()
        assert report["score"] <= 0.5, report
        assert [one["name"] for one in report["assertions"]] == DEFINED.evals[int(scene[:2]) - 1].assertions

        incident.solve()
        report = incident.graded()
        assert report["score"] == 1, report
        incident.stop()

        incident = Incident(lab, scene, "b")
        incident.solve("--wrong")
        report = incident.graded()
        assert report["score"] <= 0.5, report


# Orphans become children of this process, as those of a container are of its init, and it never waits for them.
UNREAPED = r"""
my %prctl = (x86_64 => 157, aarch64 => 167);
chomp(my $machine = `uname -m`);
syscall($prctl{$machine} // die("no number for $machine"), 36, 1, 0, 0, 0) == 0 or die("prctl: $!");
system("bash", "-euo", "pipefail", "-c", shift) == 0 or die("it failed");
"""


@pytest.mark.server
def test_a_server_that_was_killed_is_in_nobodys_way_where_no_init_takes_note_of_the_dead() -> None:
    with Lab(18, start=False) as lab:
        shutil.copytree(SKILL, lab.directory / "skill")
        steps = "; ".join(
            f"skill/evals/run.sh {step} newest-commits e" for step in ("build", "solve", "grade")
        )
        done = lab.run(["perl", "-e", UNREAPED, steps])
        assert json.loads(done.stdout.splitlines()[-1])["score"] == 1


@pytest.mark.server
@pytest.mark.parametrize("scene", SCENES)
def test_knowledge_scores_in_full_and_neither_its_absence_nor_idleness_above_half(scene: str) -> None:
    told_apart(scene, 18)


@pytest.mark.server
@pytest.mark.parametrize("scene", ON_THE_OLDEST_TOO)
def test_the_scenes_that_versions_differ_in_work_on_the_oldest_too(scene: str) -> None:
    told_apart(scene, OLD)
