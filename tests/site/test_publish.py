"""What is added to the built site for programs that read it: llms.txt, Markdown, and the skill with its indexes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from tests.docs.page import Page
from tests.site.conftest import BIN, ROOT, Site
from tests.support.cache import SoftwareError
from tools.publish import diagrams, executed, skill

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "https://pgsurvive.github.io/pgsurvive/"
SKILL = ROOT / "skills" / skill.NAME


def test_llms_txt_names_every_page_and_each_address_is_served_as_markdown(site: Site) -> None:
    text = (site.directory / "llms.txt").read_text()
    assert text.startswith("# pgsurvive\n\n> ")
    links = re.findall(r"^- \[.+\]\((\S+)\): .+$", text, re.MULTILINE)
    files = [site.directory / link.removeprefix(ADDRESS) for link in links]
    assert not [file for file in files if not file.is_file()]
    not_named = {"index.html", "404.html", "tags/index.html", "guide/incidents-print/index.html"}
    assert len(links) == len(set(site.pages()) - not_named)
    assert not [file for file in files if "--8<--" in file.read_text()]


def test_llms_full_txt_holds_every_chapter_once(site: Site) -> None:
    text = (site.directory / "llms-full.txt").read_text()
    for chapter in SKILL.glob("references/*.md"):
        assert text.count(chapter.read_text().rstrip()) == 1, chapter


def test_the_index_of_skills_leads_to_the_archive_that_it_describes(site: Site) -> None:
    path = site.directory / ".well-known/agent-skills/index.json"
    index = json.loads(path.read_text())
    assert index["$schema"] == "https://schemas.agentskills.io/discovery/0.2.0/schema.json"
    (entry,) = index["skills"]
    assert set(entry) == {"name", "type", "description", "url", "digest"}
    assert (entry["name"], entry["type"]) == (skill.NAME, "archive")
    where = urljoin(ADDRESS + ".well-known/agent-skills/index.json", entry["url"]).removeprefix(ADDRESS)
    archive = site.directory / where
    assert entry["digest"] == f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"


def test_the_archive_is_the_skill_and_its_scripts_can_be_run(site: Site, tmp_path: Path) -> None:
    archive = site.directory / f".well-known/agent-skills/{skill.NAME}.zip"
    with zipfile.ZipFile(archive) as packed:
        assert packed.namelist()[0] == "SKILL.md"
        for info in packed.infolist():
            assert packed.read(info) == (SKILL / info.filename).read_bytes()
            assert bool(info.external_attr >> 16 & 0o111) == os.access(SKILL / info.filename, os.X_OK)
        packed.extractall(tmp_path / skill.NAME)
    validated = subprocess.run(
        [str(BIN / "agentskills"), "validate", str(tmp_path / skill.NAME)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert validated.returncode == 0, validated.stdout + validated.stderr


def test_the_same_skill_gives_the_same_archive_whatever_the_time(tmp_path: Path) -> None:
    for number, name in enumerate(("one", "two")):
        directory = tmp_path / name
        (directory / "scripts").mkdir(parents=True)
        for path, text in {"SKILL.md": "# Skill\n", "scripts/run.sh": "true\n"}.items():
            (directory / path).write_text(text)
            os.utime(directory / path, (number * 10_000, number * 10_000))
        (directory / "scripts/run.sh").chmod(0o755)
    one, two = (skill.archive(tmp_path / n, skill.skill_files(tmp_path / n)) for n in ("one", "two"))
    assert one == two


def test_older_clients_find_every_file_of_the_skill(site: Site) -> None:
    served = site.directory / ".well-known/skills"
    (entry,) = json.loads((served / "index.json").read_text())["skills"]
    assert entry["files"][0] == "SKILL.md"
    for name in entry["files"]:
        assert (served / entry["name"] / name).read_bytes() == (SKILL / name).read_bytes()


def test_the_program_that_draws_diagrams_is_the_pinned_one_and_comes_with_its_copyright(site: Site) -> None:
    vendor = site.directory / "assets/vendor"
    assert hashlib.sha256((vendor / diagrams.PROGRAM).read_bytes()).hexdigest() == diagrams.DIGEST
    assert "MIT licensed" in (vendor / diagrams.NOTICE).read_text()


def test_another_program_in_the_wheel_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "mermaid.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr(f"artoo_mermaid/assets/{diagrams.PROGRAM}", "steal()")
        packed.writestr("artoo_mermaid/assets/NOTICE.md", "MIT licensed")
    with pytest.raises(SoftwareError, match="is not mermaid"):
        diagrams.unpack(wheel, tmp_path)
    assert not (tmp_path / diagrams.PROGRAM).exists()


def record_of(path: Path, **changes: object) -> dict[str, object]:
    entry = {
        "page": path.name,
        "major": 18,
        "digest": hashlib.sha256(path.read_bytes()).hexdigest()[:16],
        "date": "2026-11-28",
        "programs": {"PostgreSQL": "18.6"},
        "ran": 3,
        "skipped": [],
        "failure": None,
    }
    return entry | changes


def said(tmp_path: Path, *changes: dict[str, object]) -> str | None:
    path = tmp_path / "page.md"
    path.write_text("# Page\n\n```bash\ntrue\n```\n")
    assert Page.read(path, tmp_path).name == "page.md"
    return executed.sentences([path], [record_of(path, **each) for each in changes], tmp_path).get("page.md")


def test_the_versions_are_listed_in_their_order_with_the_other_programs_and_the_date(tmp_path: Path) -> None:
    sentence = said(
        tmp_path,
        {"programs": {"PostgreSQL": "18.6", "pgBackRest": "2.60.0"}},
        {"major": 14, "programs": {"PostgreSQL": "14.9", "pgBackRest": "2.60.0"}},
        {"major": 14, "programs": {"PostgreSQL": "14.23", "Barman": "3.19.1"}},
    )
    assert sentence == (
        "The commands of this page ran on PostgreSQL 14.9, 14.23 and 18.6,"
        " with Barman 3.19.1 and pgBackRest 2.60.0, on 2026-11-28."
    )


def test_runs_of_several_days_name_the_first_and_the_last(tmp_path: Path) -> None:
    sentence = said(tmp_path, {}, {"major": 17, "programs": {"PostgreSQL": "17.11"}, "date": "2026-11-30"})
    assert sentence == (
        "The commands of this page ran on PostgreSQL 17.11 and 18.6 between 2026-11-28 and 2026-11-30."
    )


def test_what_was_shown_without_running_is_counted_with_its_reason(tmp_path: Path) -> None:
    skipped = [[7, "needs a cloud account"], [9, "if pg>=19"]]
    sentence = said(tmp_path, {"skipped": skipped}, {"major": 17, "skipped": skipped})
    assert sentence is not None
    assert sentence.endswith(" 1 block is shown without having run: needs a cloud account.")


def test_a_run_that_failed_or_ran_nothing_or_was_of_another_text_says_nothing(tmp_path: Path) -> None:
    assert said(tmp_path, {"failure": "exit status 1 instead of 0"}) is None
    assert said(tmp_path, {"ran": 0}) is None
    assert said(tmp_path, {"digest": "another"}) is None
    assert said(tmp_path, {"programs": {}}) is None
    assert said(tmp_path) is None
