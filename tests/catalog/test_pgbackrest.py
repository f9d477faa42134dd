from pathlib import Path

import pytest

from pgsurvive.catalog.pgbackrest import VERSIONS, Depends, canonical, commands, definition, names
from pgsurvive.catalog.pgbackrest_values import number
from tests.differential.pgbackrest_conf import program
from tests.support.cache import output_of, server_account
from tools import catalog_pgbackrest


@pytest.mark.server
@pytest.mark.timeout(1800)
def test_generating_the_catalog_again_changes_nothing() -> None:
    assert catalog_pgbackrest.rendered(catalog_pgbackrest.catalog()) == catalog_pgbackrest.FILE.read_text()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_versions_are_those_of_the_programs(version: str) -> None:
    said = output_of(
        [program(version), "version"], what="no version", account=server_account(), cwd=Path("/")
    )
    assert said.split()[-1].removesuffix(".0") == version


def test_a_version_has_the_options_it_brought() -> None:
    assert "repo-sftp-host" in names("2.60") - names("2.45")
    assert "repo-type" in names("2.60") & names("2.45")
    assert {"archive-push", "manifest"} <= commands()


def test_an_option_is_defined_for_each_version_as_that_takes_it() -> None:
    types = {version: found.type for version in VERSIONS if (found := definition("archive-timeout", version))}
    assert types == {"2.45": "seconds", "2.60": "time"}


def test_a_key_names_an_option_by_its_present_and_its_old_names() -> None:
    assert canonical("repo2-path") == ("repo-path", 2, False)
    assert canonical("repo-path") == ("repo-path", 1, True)
    assert canonical("db2-path") == ("pg-path", 2, True)
    assert canonical("retention-full") == ("repo-retention-full", 1, True)
    assert canonical("process-max") == ("process-max", None, False)
    assert (
        canonical("pg-path")
        is canonical("process1-max")
        is canonical("repo0-path")
        is canonical("nothing")
        is None
    )


def test_an_option_is_known_with_what_it_takes_and_needs() -> None:
    password = definition("repo-cipher-pass")
    assert password is not None
    assert password.secure
    assert password.depends == Depends("repo-cipher-type", ("aes-256-cbc",))
    level = definition("compress-level")
    assert level is not None
    assert level.range_by["lz4"] == ("-5", "12")
    path = definition("pg-path")
    assert path is not None
    assert (path.section, path.group, path.deprecated) == ("stanza", "pg", ("db-path",))
    assert "backup" in path.required


@pytest.mark.parametrize(
    ("kind", "text", "meaning"),
    [
        ("size", "16KiB", 16384),
        ("size", "1mb", 2**20),
        ("size", "5bb", 5),
        ("size", "5kkb", None),
        ("size", "8192PiB", None),
        ("time", "15m", 900_000),
        ("time", "100MS", 100),
        ("time", "5 s", None),
        ("time", "", None),
        ("seconds", "0.1", 100),
        ("seconds", "15m", 15_000),
        ("seconds", "m15", None),
        ("integer", "+07", 7),
        ("integer", "0x10", None),
        ("integer", "9" * 5000, None),
    ],
)
def test_a_number_is_what_the_program_counts(kind: str, text: str, meaning: int | None) -> None:
    assert number(kind, text) == meaning
