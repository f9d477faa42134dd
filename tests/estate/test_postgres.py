import pytest

from pgsurvive.estate.postgres import PostgresConfig, State, majors_of, read
from pgsurvive.text import Kind, Source

ALL = frozenset({14, 15, 16, 17, 18})


def _read(text: str, path: str = "postgresql.conf") -> PostgresConfig:
    return read(Source(path, text), Kind.POSTGRESQL_CONF, ALL)


@pytest.mark.parametrize(
    ("path", "text", "majors"),
    [
        ("etc/postgresql/16/main/postgresql.conf", "", {16}),
        ("var/lib/pgsql/17/data/postgresql.conf", "", {17}),
        ("pg-15/postgresql.conf", "", {15}),
        ("postgresql.conf", "# pgsurvive: pg=18\n", {18}),
        ("etc/postgresql/16/main/postgresql.conf", "# pgsurvive: pg=17\n", {17}),
        ("postgresql.conf", "data_directory = '/var/lib/postgresql/15/main'\n", {15}),
        ("postgresql.conf", "# data_directory = '/var/lib/postgresql/15/main'\n", None),
        ("postgresql.conf", "port = 5432\n", None),
        ("etc/postgresql/9.6/main/postgresql.conf", "", None),
        ("hosts/16/postgresql.conf", "", None),
    ],
)
def test_the_major_is_what_the_file_or_its_path_says(path: str, text: str, majors: set[int] | None) -> None:
    assert majors_of(Source(path, text)) == (majors and frozenset(majors))


def test_a_server_older_than_those_supported_is_known_by_its_paths() -> None:
    assert _read("", "etc/postgresql/9.1/main/postgresql.conf").is_for_older_major
    assert _read("hba_file = '/etc/postgresql/12/main/pg_hba.conf'\n").is_for_older_major
    assert not _read("", "etc/postgresql/14/main/postgresql.conf").is_for_older_major


@pytest.mark.parametrize(
    ("path", "text", "complete"),
    [
        ("postgresql.conf", "listen_addresses = '*'\nport = 5432\n", True),
        ("postgresql.conf", "data_directory = '/srv/pg'\n", True),
        ("postgresql.conf", "work_mem = 4MB\n", False),
        (
            "postgresql.conf",
            "#port = 5432\n#fsync = on\n#work_mem = 4MB\n#wal_level = replica\n#archive_mode = off\n",
            True,
        ),
        ("conf.d/10-network.conf", "listen_addresses = '*'\nport = 5432\n", False),
        ("postgresql.auto.conf", "listen_addresses = '*'\nport = 5432\n", False),
        ("postgresql.conf", "listen_addresses = '*'\nport = {{ port }}\n", False),
        ("postgresql.conf", "listen_addresses = '*'\nport = '{{ port }}'\nmax_connections = 9\n", False),
        ("postgresql.conf", "listen_addresses = '*'\nport = 5432\nnonsense\n", False),
        ("postgresql.conf", "listen_addresses = '*'\nport = 5432\ninclude '/etc/elsewhere.conf'\n", False),
        ("etc/prod-postgresql.conf", "listen_addresses = '*'\nport = 5432\n", True),
    ],
)
def test_what_is_not_set_is_known_only_where_the_file_is_the_whole_truth(
    path: str, text: str, complete: bool
) -> None:
    config = _read(text, path)
    assert config.is_complete is complete
    assert config.effective("archive_mode").state is (State.DEFAULT if complete else State.UNKNOWN)
    assert config.effective("archive_mode").value == ("off" if complete else None)


@pytest.mark.parametrize(
    ("path", "text", "standby"),
    [
        ("replica/postgresql.conf", "", True),
        ("postgresql-standby.conf", "", True),
        ("hot-standby/master/postgresql.conf", "", False),
        ("replication/postgresql.conf", "", False),
        ("postgresql.conf", "primary_conninfo = 'host=a'\n", True),
        ("postgresql.conf", "hot_standby = on\n", False),
    ],
)
def test_a_standby_is_known_by_its_path_or_its_settings(path: str, text: str, standby: bool) -> None:
    assert _read(text, path).is_standby is standby


def test_values_come_in_the_base_unit() -> None:
    config = _read(
        "archive_timeout = 5min\nmax_slot_wal_keep_size = 10GB\nfsync = OFF\nwal_level = Archive\n"
    )
    values = [
        config.effective(n).value for n in ("archive_timeout", "max_slot_wal_keep_size", "fsync", "wal_level")
    ]
    assert values == [300, 10240, False, "replica"]


def test_an_invalid_value_is_no_value() -> None:
    setting = _read("archive_timeout = 5 parsecs\nfsync = maybe\n").effective("fsync")
    assert (setting.value, setting.text, setting.invalid) == (None, "maybe", "it takes on or off")
