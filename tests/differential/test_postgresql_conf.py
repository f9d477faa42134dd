"""A sample of the comparison; `make differential` makes the whole."""

import os
from pathlib import Path

import pytest

from tests.differential.generate import case
from tests.differential.postgresql_conf import compare, real_files

SAMPLE = 150
CORPUS = os.environ.get("PGSURVIVE_CORPUS")


@pytest.mark.server
def test_generated_configurations_are_read_as_the_server_reads_them(major: int) -> None:
    assert [f"{each.name}: {found}" for each, found in compare(major, map(case, range(SAMPLE)))] == []


@pytest.mark.server
@pytest.mark.majors(14, 18)
def test_real_configurations_are_read_as_the_server_reads_them(major: int) -> None:
    files = (
        real_files(Path(CORPUS) / "dev/postgresql_conf")
        if CORPUS
        else real_files(Path("examples/careless-shop/postgresql"))
    )
    assert [f"{each.name}: {found}" for each, found in compare(major, files)] == []
