"""The site, built once per session by each of its two builders."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.page import Page, find_pages
from tests.docs.report import record
from tests.docs.run import Result, digest
from tools.publish import executed
from tools.publish.__main__ import main as publish
from tools.publish.pages import INCLUDE

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BIN = Path(sys.executable).parent
# The page whose record is of an older text.
STALE = "skills/postgresql-backup-recovery/references/restore-drills.md"


@dataclass(frozen=True)
class Site:
    """A built site and what its builder printed."""

    directory: Path
    status: int
    output: str

    def pages(self) -> dict[str, str]:
        """Return the HTML of each page by its path in the site; there is at least one."""
        found = {
            path.relative_to(self.directory).as_posix(): path.read_text()
            for path in sorted(self.directory.rglob("*.html"))
        }
        assert found, self.output
        return found


def pages() -> list[Path]:
    """List the Markdown files of the site."""
    return sorted(DOCS.rglob("*.md"))


def includes(page: Path) -> list[str]:
    """List the files that a page includes, as paths from the root of the repository."""
    return INCLUDE.findall(page.read_text())


def build(command: list[str], directory: Path, cwd: Path) -> Site:
    """Build the site in ``cwd``; NO_COLOR keeps the output searchable."""
    result = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"NO_COLOR": "1", "NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    return Site(directory, result.returncode, result.stdout)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the site is built from, prepared as `make docs` does, with invented records of the pages' runs.

    A copy, because Zensical insists on writing below its configuration, and because what the last `make docs` left in
    the checkout must not decide what a test sees.
    """
    project = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "mkdocs.yml", project)
    generated = shutil.ignore_patterns("vendor", Path(executed.TEMPLATE).name)
    shutil.copytree(DOCS, project / "docs", ignore=generated)
    for source in {source for page in pages() for source in includes(page)}:
        target = project / source
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, target)
    records = project / "records"
    for path in find_pages():
        page = Page.read(path)
        for major, version in (14, "14.21"), (18, "18.3"):
            result = Result(page.name, major, digest(page), ran=1, programs={"PostgreSQL": version})
            if page.name == STALE:
                result.digest = "of an older text"
            record(result, records)
    status = publish(["prepare", "--docs", str(project / "docs"), "--records", str(records)])
    assert status == 0
    return project


@pytest.fixture(scope="session")
def material(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site as Material for MkDocs builds it. Without -q: that would hide what --strict counts."""
    directory = tmp_path_factory.mktemp("material") / "site"
    built = build(
        [str(BIN / "mkdocs"), "build", "--strict", "--site-dir", str(directory)], directory, project
    )
    if directory.exists():
        publish(["finish", str(directory)])
    return built


@pytest.fixture(scope="session")
def zensical(project: Path) -> Site:
    """The site as Zensical builds it."""
    directory = project / "site"
    built = build([str(BIN / "zensical"), "build", "--strict"], directory, project)
    if directory.exists():
        publish(["finish", str(directory)])
    return built


@pytest.fixture(params=["material", "zensical"])
def site(request: pytest.FixtureRequest) -> Site:
    """The site, once as each builder makes it."""
    built = request.getfixturevalue(request.param)
    assert isinstance(built, Site)
    return built
