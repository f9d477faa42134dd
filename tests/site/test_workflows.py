"""The public CI is checked as code is, by actionlint and zizmor; the commit hooks by pre-commit itself."""

from __future__ import annotations

import re
import subprocess

from tests.site.conftest import BIN, ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def run(*command: str) -> str:
    result = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_actionlint_finds_nothing_in_the_workflows() -> None:
    assert run("actionlint", *map(str, WORKFLOWS)) == ""


def test_zizmor_finds_nothing_in_the_workflows_even_as_an_auditor() -> None:
    assert "No findings to report" in run(
        "zizmor", "--offline", "--persona=auditor", "--no-progress", ".github"
    )


def test_every_action_is_pinned_to_a_commit_and_says_which_version_that_is() -> None:
    lines = [line for workflow in WORKFLOWS for line in workflow.read_text().splitlines()]
    uses = [line for line in lines if "uses:" in line and "uses: $/" not in line]  # $/ is this very commit
    assert len(WORKFLOWS) == len(["ci", "docs", "release"])
    assert uses
    assert not [
        line for line in uses if not re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)
    ]


def test_one_action_has_one_version_in_all_workflows() -> None:
    pins = {pin for workflow in WORKFLOWS for pin in re.findall(r"uses: (\S+) # (\S+)", workflow.read_text())}
    actions = [pin.partition("@")[0] for pin, _ in pins]
    assert sorted(set(actions)) == sorted(actions)


def test_the_workflows_test_every_major_version() -> None:
    from tests.support.software import MAJORS  # noqa: PLC0415 -- keeps the other tests free of it

    text = (ROOT / ".github/workflows/ci.yml").read_text()
    assert f"pg: [{', '.join(map(str, MAJORS))}]" in text


def test_the_site_is_published_with_the_records_of_the_run_that_tested_its_pages() -> None:
    ci, docs = ((ROOT / ".github/workflows" / name).read_text() for name in ("ci.yml", "docs.yml"))
    assert "uses: $/.github/workflows/docs.yml" in ci
    assert "needs: [lint, test]" in ci
    assert "name: records-${{ matrix.pg }}\n          path: .cache/docs/\n" in ci
    assert "pattern: records-*\n          path: .cache/docs\n" in docs
    assert docs.index("actions/download-artifact") < docs.index("make docs")


def test_pre_commit_accepts_the_hooks_of_this_repository() -> None:
    run("pre-commit", "validate-config", ".pre-commit-config.yaml")
    entries = re.findall(r"entry: \.venv/bin/(\S+)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert entries
    assert not [entry for entry in entries if not (BIN / entry).exists()]
