import pytest

from pgsurvive.catalog.barman import definition, definitions, is_complained_about, names, version
from pgsurvive.catalog.barman_values import RetentionPolicy, interpret
from pgsurvive.catalog.values import Invalid
from tests.support.barman import barman_version
from tools import catalog_barman


@pytest.mark.server
def test_generating_the_catalog_again_changes_nothing() -> None:
    assert catalog_barman.rendered(catalog_barman.catalog()) == catalog_barman.FILE.read_text()


def test_the_catalog_is_that_of_the_barman_in_the_tests() -> None:
    assert version() == barman_version()


def test_an_option_is_read_in_some_sections_and_not_in_others() -> None:
    found = {name: definition(name) for name in ("conninfo", "retention_policy", "barman_home", "model")}
    assert {name: known and known.scope for name, known in found.items()} == {
        "conninfo": "server",
        "retention_policy": "both",
        "barman_home": "global",
        "model": "model",
    }
    assert "wals_directory" not in names("model")
    assert definition("minimum_redundency") is None


def test_barman_complains_of_what_it_does_not_know_but_not_of_what_it_ignores() -> None:
    assert is_complained_about("minimum_redundency", "barman")
    assert is_complained_about("barman_home", "server")
    assert is_complained_about("log_format", "barman"), "though it reads it"
    assert not is_complained_about("ssh_command", "barman"), "though it doesn't read it"
    assert not is_complained_about("keepalive_interval", "barman"), "though it doesn't read it"
    assert not is_complained_about("disabled", "server"), "though it doesn't read it"
    assert is_complained_about("wals_directory", "model")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("archiver", "On", True),
        ("archiver", "enable", None),
        ("minimum_redundancy", "3", 3),
        ("minimum_redundancy", "3 ; keep three", None),
        ("minimum_redundancy", "-1", None),
        ("parallel_jobs", "1_0", 10),
        ("last_backup_maximum_age", "2 weeks", 14 * 86400),
        ("last_backup_maximum_age", "1 MONTH", 31 * 86400),
        ("last_backup_maximum_age", "1 fortnight", None),
        ("last_backup_maximum_age", "9999999999 days", None),
        ("last_backup_minimum_size", "2 Gi", 2 * 2**30),
        ("last_backup_minimum_size", "2G", 2 * 10**9),
        ("last_backup_minimum_size", "2GB", None),
        ("retention_policy", " redundancy  2 ", RetentionPolicy(2, "backups")),
        ("retention_policy", "RECOVERY WINDOW OF 4 WEEKS", RetentionPolicy(4, "weeks")),
        ("retention_policy", "RECOVERY WINDOW OF 4 WEAKS", None),
        ("retention_policy", "MAIN", None),
        ("wal_retention_policy", "main", "main"),
        ("backup_method", "Postgres", "postgres"),
        ("aws_encryption", "aes256", None),
        ("recovery_options", "get-wal, Delta-Restore", frozenset({"get-wal", "delta-restore"})),
        ("backup_options", "concurrent_backup, exclusive_backup", None),
        ("slot_name", "Barman_1", "barman_1"),
        ("slot_name", "barman-1", None),
        ("compression_level", "-5", -5),
        ("compression_level", "²", None),
        ("staging_path", "tmp", None),
        ("wals_directory", "s3://bucket/wal", "s3://bucket/wal"),
        ("wals_directory", "ftp://host/wal", None),
        ("snapshot_disks", "a,b", ("a", "b")),
        ("tablespace_bandwidth_limit", "one:100 two:200", {"one": 100, "two": 200}),
        ("tablespace_bandwidth_limit", "one", None),
        ("description", "anything", "anything"),
    ],
)  # fmt: skip
def test_a_value_means_what_it_means_to_barman(name: str, text: str, value: object) -> None:
    known = definition(name)
    assert known is not None
    meaning = interpret(known, text)
    assert (None if isinstance(meaning, Invalid) else meaning) == value


def test_every_default_is_a_value_that_its_option_takes() -> None:
    for known in definitions():
        if known.default is not None and "%" not in known.default:
            assert not isinstance(interpret(known, known.default), Invalid), known.name


def test_a_policy_of_a_window_says_how_far_back_one_can_go() -> None:
    assert RetentionPolicy(2, "months").days == 62
    assert RetentionPolicy(4, "weeks").days == 28
    assert RetentionPolicy(4, "backups").days is None
