"""A sample of the comparison with Barman; `make differential` makes the whole."""

import os
from pathlib import Path

import pytest

from tests.differential.barman_conf import compare, real_files
from tests.differential.generate_barman import case

SAMPLE = 300
CORPUS = os.environ.get("PGSURVIVE_CORPUS")


@pytest.mark.server
def test_generated_configurations_are_read_as_barman_reads_them() -> None:
    assert [f"{each.name}: {found}" for each, found in compare(map(case, range(SAMPLE)))] == []


@pytest.mark.server
def test_real_configurations_are_read_as_barman_reads_them() -> None:
    files = real_files(Path(CORPUS) / "dev/barman") if CORPUS else []
    assert [f"{each.name}: {found}" for each, found in compare(files)] == []
