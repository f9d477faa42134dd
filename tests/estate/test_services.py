"""Where the data of a Compose service is, and whether a later container finds it again."""

import pytest

from pgsurvive.estate.platform import PlatformFile
from pgsurvive.estate.services import Service, servers
from pgsurvive.text import Kind, Source


def _services(service: str, path: str = "compose.yaml") -> list[Service]:
    text = "services:\n  db:\n" + "".join(f"    {line}\n" for line in service.split("\n"))
    return list(servers(PlatformFile(Source(path, text), Kind.COMPOSE, frozenset({18}))))


@pytest.mark.parametrize(
    ("image", "tagged", "data"),
    [
        ("postgres:17", 17, ("/var/lib/postgresql/data",)),
        ("postgres:16.4-alpine3.20", 16, ("/var/lib/postgresql/data",)),
        ("docker.io/library/postgres:18-bookworm", 18, ("/var/lib/postgresql/18/docker",)),
        ("mirror.example.com/library/postgres:19", 19, ("/var/lib/postgresql/19/docker",)),
        ("postgres", None, ("/var/lib/postgresql/data", "/var/lib/postgresql/18/docker")),
        ("postgres:alpine", None, ("/var/lib/postgresql/data", "/var/lib/postgresql/18/docker")),
        ("postgis/postgis:16-3.4", 16, ("/var/lib/postgresql/data",)),
        ("pgvector/pgvector:pg17", 17, ("/var/lib/postgresql/data",)),
        ("timescale/timescaledb:2.17.2-pg16", 16, ("/var/lib/postgresql/data",)),
    ],
)
def test_the_image_says_where_the_data_is(image: str, tagged: int | None, data: tuple[str, ...]) -> None:
    assert [(s.major, s.data) for s in _services(f"image: {image}")] == [(tagged, data)]


@pytest.mark.parametrize(
    ("service", "keeps"),
    [
        ("image: postgres:17", False),
        ("image: postgres:17\nvolumes: ['data:/var/lib/postgresql/data']", True),
        ("image: postgres:17\nvolumes: ['./data:/var/lib/postgresql/data/:Z']", True),
        ("image: postgres:17\nvolumes: ['${D:-./data}:/var/lib/postgresql/data']", True),
        ("image: postgres:17\nvolumes: ['/var/lib/postgresql/data']", False),
        ("image: postgres:17\nvolumes: ['data:/var/lib/postgresql']", False),
        (
            "image: postgres:17\nenvironment: [PGDATA=/var/lib/postgresql/data/x]\nvolumes: ['d:/var/lib/postgresql/data']",
            True,
        ),
        (
            "image: postgres:17\nenvironment: [PGDATA=/var/lib/postgresql/pg]\nvolumes: ['data:/var/lib/postgresql']",
            True,
        ),
        (
            "image: postgres:17\nenvironment: [PGDATA=/srv/pg]\nvolumes: ['data:/var/lib/postgresql/data']",
            False,
        ),
        ("image: postgres:18\nvolumes: ['data:/var/lib/postgresql']", True),
        ("image: postgres:18\nvolumes: ['data:/var/lib/postgresql/18/docker']", True),
        ("image: postgres:18\nvolumes: ['data:/var/lib/postgresql/data']", False),
        (
            "image: postgres:18\nenvironment: {PGDATA: /var/lib/postgresql/data}\nvolumes: ['d:/var/lib/postgresql/data']",
            True,
        ),
        ("image: postgres:17\nvolumes:\n- {type: bind, source: ./d, target: /var/lib/postgresql/data}", True),
        ("image: postgres:17\nvolumes:\n- {type: tmpfs, target: /var/lib/postgresql/data}", True),
        ("image: postgres:17\nvolumes:\n- {type: volume, target: /var/lib/postgresql/data}", False),
    ],
)
def test_a_mount_keeps_the_data_if_the_image_puts_nothing_over_it(service: str, keeps: bool) -> None:
    (found,) = _services(service)
    assert any(found.keeps(place) for place in found.data) is keeps


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("image: redis:7", "compose.yaml"),
        ("image: bitnami/postgresql:17", "compose.yaml"),
        ("image: example/postgres:17", "compose.yaml"),
        ("image: postgres:${TAG}", "compose.yaml"),
        ("image: postgres:17\nprofiles: [tools]", "compose.yaml"),
        ("image: postgres:17\nentrypoint: /backup.sh", "compose.yaml"),
        ("image: postgres:17\ncommand: pg_dump shop", "compose.yaml"),
        ("image: postgres:17\nextends: {service: base}", "compose.yaml"),
        ("image: postgres:17\ntmpfs: /var/lib/postgresql/data", "compose.yaml"),
        ("image: postgres:17", "docker-compose.test.yml"),
        ("image: postgres:17", "dev/compose.yaml"),
        ("image: postgres:17", "examples/compose.yaml"),
    ],
)
def test_other_services_and_those_to_throw_away_are_left_alone(service: str, path: str) -> None:
    assert _services(service, path) == []


def test_a_mount_in_a_place_that_a_variable_holds_leaves_it_open() -> None:
    (found,) = _services("image: postgres:17\nvolumes: ['data:${PGDATA}']")
    assert found.mounts is None
