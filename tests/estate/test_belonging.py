import pytest

from pgsurvive.estate.belonging import Neighbors


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql.conf", "pgbackrest.conf"),
        ("postgresql/postgresql.conf", "pgbackrest/pgbackrest.conf"),
        ("etc/postgresql/16/main/postgresql.conf", "etc/pgbackrest/pgbackrest.conf"),
        ("docker/primary/postgresql.conf", "docker/pgbackrest/pgbackrest.conf"),
        ("docker-compose.yml", "pgbackrest/pgbackrest.conf"),
        ("prod/postgresql/postgresql.conf", "prod/pgbackrest.conf"),
        ("postgresql/prod/postgresql.conf", "pgbackrest/prod/pgbackrest.conf"),
        ("docker-compose.prod.yml", "prod/pgbackrest.conf"),
        ("conf.d/archiving.conf", "pgbackrest.conf"),
        ("/srv/a/postgresql.conf", "/srv/a/pgbackrest.conf"),
    ],
)
def test_files_with_only_ordinary_names_between_them_belong_together(one: str, other: str) -> None:
    assert Neighbors([other], str).belonging_to(one) == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("prod/postgresql.conf", "staging/pgbackrest.conf"),
        ("docker/replica/postgresql.conf", "docker/pgbackrest/pgbackrest.conf"),
        ("db1/postgresql.conf", "db2/pgbackrest.conf"),
        ("node-1/postgresql.conf", "node-2/pgbackrest.conf"),
        ("apps/shop/postgresql.conf", "apps/blog/pgbackrest.conf"),
        ("postgresql-prod.conf", "pgbackrest.conf"),
        ("docker-compose.dev.yml", "pgbackrest.conf"),
        ("conf.d/staging.conf", "pgbackrest.conf"),
    ],
)
def test_files_under_different_names_do_not(one: str, other: str) -> None:
    assert Neighbors([other], str).belonging_to(one) is None


def test_paths_that_cannot_be_compared_do_not_either() -> None:
    assert _owner("/etc/postgresql.conf", "pgbackrest.conf") is None
    assert _owner("../a/postgresql.conf", "pgbackrest.conf") is None


def test_a_script_is_called_after_what_it_does_unless_it_names_an_environment() -> None:
    def owner(script: str) -> str | None:
        return Neighbors(["pgbackrest/pgbackrest.conf"], str).belonging_to(script, is_script=True)

    assert owner("scripts/nightly-full.sh")
    assert not owner("scripts/nightly-staging.sh")


def _owner(path: str, *candidates: str) -> str | None:
    return Neighbors(candidates, str).belonging_to(path)


def test_the_nearest_is_taken_and_of_equally_near_ones_none() -> None:
    assert _owner("docker/postgresql.conf", "pgbackrest.conf", "docker/pgbackrest.conf") == (
        "docker/pgbackrest.conf"
    )
    assert _owner("postgresql.conf", "docker/pgbackrest.conf", "conf/pgbackrest.conf") is None


def test_another_that_may_be_meant_makes_it_uncertain() -> None:
    assert _owner("compose.yml", "pgbackrest/pgbackrest.conf", "pgbackrest-b/pgbackrest.conf") is None
    assert _owner("compose.yml", "pgbackrest/pgbackrest.conf", "staging/pgbackrest.conf") == (
        "pgbackrest/pgbackrest.conf"
    )
    assert _owner("prod/postgresql.conf", "prod/pgbackrest.conf", "pgbackrest.conf") == (
        "prod/pgbackrest.conf"
    )


def test_another_cluster_as_near_may_be_meant_too() -> None:
    def may(path: str, other: str, own: str) -> bool:
        return Neighbors([own, other], str).may_belong_to(path, [own])

    own = "postgresql/postgresql.conf"
    assert may("pgbackrest/pgbackrest.conf", "reports/postgresql.conf", own)
    assert not may("pgbackrest/pgbackrest.conf", "replica/postgresql.conf", own)
    assert not may("a/pgbackrest.conf", "b/postgresql.conf", "a/postgresql.conf")
