import pytest

from pgsurvive.estate.conninfo import Target, target_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("host=db1 port=5433 user=barman", Target("db1", 5433, names_port=True)),
        ("user=barman host = 'db1'", Target("db1", 5432, names_port=False)),
        (r"host=db1 password='it\'s=5' dbname=postgres", Target("db1", 5432, names_port=False)),
        ("dbname=postgres", Target("", 5432, names_port=False)),
        ("postgresql://barman:secret@db1:6000/postgres", Target("db1", 6000, names_port=True)),
        ("postgres://db1", Target("db1", 5432, names_port=False)),
        ("postgresql://[::1]:5433/", Target("::1", 5433, names_port=True)),
    ],
)
def test_a_connection_string_says_where_it_leads(text: str, expected: Target) -> None:
    assert target_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "host=a,b",
        "service=prod",
        "hostaddr=10.0.0.1 host=db1",
        "host=db1 port=$PORT",
        "nonsense",
        "postgresql://a,b/x",
        "postgresql:///x?host=/tmp",
    ],
)
def test_what_may_lead_elsewhere_is_not_read(text: str) -> None:
    assert target_of(text) is None


@pytest.mark.parametrize(
    ("host", "elsewhere"),
    [
        ("db1", True),
        ("10.0.0.5", True),
        ("localhost", False),
        ("127.0.0.1", False),
        ("/run", False),
        ("", False),
    ],
)
def test_a_host_is_elsewhere_unless_it_is_this_machine(host: str, *, elsewhere: bool) -> None:
    assert Target(host, 5432, names_port=False).is_elsewhere is elsewhere


@pytest.mark.parametrize("host", ["dbproxy", "pgbouncer.internal", "pool-1", "db-vip", "lb.example.org"])
def test_a_host_may_be_called_after_what_stands_between(host: str) -> None:
    assert Target(host, 5432, names_port=False).is_proxy
    assert not Target("balboa", 5432, names_port=False).is_proxy
