"""The site, built once per session by each of its two builders."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BIN = Path(sys.executable).parent
INCLUDE = re.compile(r'^--8<-- "(?P<path>[^"]+)"$', re.MULTILINE)


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
def material(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site as Material for MkDocs builds it. Without -q: that would hide what --strict counts."""
    directory = tmp_path_factory.mktemp("material") / "site"
    return build([str(BIN / "mkdocs"), "build", "--strict", "--site-dir", str(directory)], directory, ROOT)


@pytest.fixture(scope="session")
def zensical(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site as Zensical builds it, in a copy: it insists on writing below the configuration."""
    project = tmp_path_factory.mktemp("zensical")
    shutil.copy(ROOT / "mkdocs.yml", project)
    shutil.copytree(DOCS, project / "docs")
    for source in {source for page in pages() for source in includes(page)}:
        target = project / source
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, target)
    return build([str(BIN / "zensical"), "build", "--strict"], project / "site", project)


@pytest.fixture(params=["material", "zensical"])
def site(request: pytest.FixtureRequest) -> Site:
    """The site, once as each builder makes it."""
    built = request.getfixturevalue(request.param)
    assert isinstance(built, Site)
    return built
