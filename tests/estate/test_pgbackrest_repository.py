"""Where a repository lies, seen from the cluster, and how long it keeps what."""

import pytest

from pgsurvive.estate import pgbackrest
from pgsurvive.estate.pgbackrest_repository import (
    Repository,
    is_loopback,
    is_public,
    is_whole,
    others,
    repositories,
)
from pgsurvive.text import Source

STANZA = "[main]\npg1-path=/srv/pgsql/data/\n"


def _repositories(text: str, path: str = "pgbackrest.conf") -> list[Repository]:
    return list(repositories(pgbackrest.read(Source(path, text))))


def _only(options: str, stanza: str = STANZA) -> Repository:
    (repository,) = _repositories(f"[global]\n{options}\n{stanza}")
    return repository


@pytest.mark.parametrize(
    ("options", "beside"),
    [
        ("process-max=2", True),
        ("repo1-path=/var/lib/pgbackrest", True),
        ("repo1-path=/srv/pgbackrest", True),
        ("repo1-path=/mnt/pgbackrest", False),
        ("repo1-path=/backup", False),
        ("repo1-host=backup1", False),
        ("repo1-type=cifs", False),
        ("repo1-type=s3", False),
        ("repo1-path={{ path }}", False),
    ],
)
def test_a_path_that_may_be_another_machines_disk_is_not_beside_the_data(options: str, beside: bool) -> None:
    assert _only(options).is_beside_data is beside


def test_no_repository_is_beside_a_cluster_on_another_machine() -> None:
    assert not _only(
        "repo1-path=/srv/backup", f"{STANZA}pg2-host=db2\npg2-path=/srv/pgsql/data\n"
    ).is_beside_data


@pytest.mark.parametrize(
    ("path", "around"),
    [
        ("/srv/pgsql/data", "/srv/pgsql/data"),
        ("/srv/pgsql/data/backup/", "/srv/pgsql/data"),
        ("/srv/pgsql/data-backup", None),
        ("/srv/pgsql", None),
        ("/srv/pgsql/data/../backup", None),
    ],
)
def test_only_the_data_directory_and_what_is_below_surrounds_a_repository(
    path: str, around: str | None
) -> None:
    assert _only(f"repo1-path={path}").surrounding_data_directory == around


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[global]\nrepo1-retention-full=3\n[global:expire]\nrepo1-retention-full=1\n", 3),
        ("[global:expire]\nrepo1-retention-full=1\n", 1),
        ("[global:backup]\nrepo1-retention-full=2\n[main:expire]\nrepo1-retention-full=1\n", 2),
        ("[global:archive-push]\nrepo1-retention-full=2\n", None),
    ],
)
def test_retention_is_what_the_end_of_a_backup_finds_and_else_what_expire_does(
    text: str, kept: int | None
) -> None:
    (repository,) = _repositories(text + STANZA)
    assert repository.retention("full").value == kept


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("s3.eu-central-1.amazonaws.com", "s3.eu-central-1.amazonaws.com"),
        ("https://minio:9000/", "minio"),
        ("[::1]:9000", "::1"),
        ("s3.${REGION}.example.com:443", "s3.${REGION}.example.com"),
    ],
)
def test_an_endpoint_is_a_host_whatever_surrounds_it(endpoint: str, host: str) -> None:
    assert _only(f"repo1-type=s3\nrepo1-s3-endpoint={endpoint}").endpoint == host


def test_what_the_connection_really_goes_to_comes_before_the_endpoint() -> None:
    options = "repo1-type=s3\nrepo1-s3-endpoint=s3.example.com\nrepo1-storage-host=127.0.0.1"
    assert _only(options).endpoint == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("s3.amazonaws.com", True),
        ("S3.Amazonaws.COM.", True),
        ("8.8.8.8", True),
        ("10.0.0.5", False),
        ("fd00::1", False),
        ("minio", False),
        ("minio.storage.svc.cluster.local", False),
        ("nas.corp.internal", False),
        ("", False),
        ("..", False),
    ],
)
def test_a_name_of_an_own_network_is_not_public(host: str, public: bool) -> None:
    assert is_public(host) is public


@pytest.mark.parametrize(
    ("host", "near"), [("localhost", True), ("127.0.0.9", True), ("::1", True), ("db1", False)]
)
def test_loopback_is_the_machine_itself(host: str, near: bool) -> None:
    assert is_loopback(host) is near


@pytest.mark.parametrize(
    ("path", "options", "whole"),
    [
        ("etc/pgbackrest.conf", "process-max=2", True),
        ("examples/kube/pgbackrest.conf", "process-max=2", False),
        ("etc/pgbackrest.conf", "repo1-path=/backup/${HOST}", False),
        ("etc/pgbackrest.conf", "repo1-path={{ path }}", False),
    ],
)
def test_a_sample_and_what_is_yet_to_be_filled_in_are_not_whole(path: str, options: str, whole: bool) -> None:
    assert is_whole(pgbackrest.read(Source(path, f"[global]\n{options}\n{STANZA}"))) is whole


def test_the_other_repositories_are_those_of_the_same_stanza() -> None:
    text = f"[global]\nrepo1-path=/a\n{STANZA}repo3-path=/c\n[other]\npg1-path=/o\nrepo2-path=/b\n"
    assert [[o.index for o in others(r)] for r in _repositories(text)] == [[3], [1], [2], [1]]
