"""A sample of the comparison; `make differential` makes the whole."""

import os
from pathlib import Path

import pytest

from pgsurvive.catalog.pgbackrest import VERSIONS
from tests.differential.generate_pgbackrest import case
from tests.differential.pgbackrest_conf import compare, real_files

SAMPLE = 120
CORPUS = os.environ.get("PGSURVIVE_CORPUS")

each_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.mark.server
@each_version
def test_generated_configurations_are_read_as_pgbackrest_reads_them(version: str) -> None:
    assert [f"{each.name}: {found}" for each, found in compare(version, map(case, range(SAMPLE)))] == []


@each_version
@pytest.mark.skipif(CORPUS is None, reason="PGSURVIVE_CORPUS names no collection of real files")
def test_real_configurations_are_read_as_pgbackrest_reads_them(version: str) -> None:
    files = real_files(Path(str(CORPUS)) / "dev/pgbackrest")
    assert [f"{each.name}: {found}" for each, found in compare(version, files)] == []
