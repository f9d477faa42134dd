import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive import check_text
from pgsurvive.estate import compose
from pgsurvive.text import Source

ALL = frozenset({14, 15, 16, 17, 18})


def _settings(service: str, head: str = "") -> list[tuple[str, str]]:
    text = f"{head}services:\n  db:\n" + "".join(f"    {line}\n" for line in service.split("\n"))
    configs = compose.read(Source("compose.yaml", text), ALL)
    return [(entry.name, entry.value) for config in configs for _, entry in config.lines]


@pytest.mark.parametrize(
    "service",
    [
        "image: postgres:16\ncommand: postgres -c fsync=off -c work_mem='4 MB'",
        "image: postgres:16\ncommand: ['postgres', '-c', 'fsync=off', '-c', 'work_mem=4 MB']",
        "image: postgres:16\ncommand:\n  - -c\n  - fsync=off\n  - -c\n  - work_mem=4 MB",
        "image: docker.io/library/postgres\ncommand: -c fsync=off -c 'work_mem=4 MB'",
        "image: postgres:16\ncommand: >\n  postgres -c fsync=off\n  -c work_mem='4 MB'",
        "build: .\ncommand: postgres -c fsync=off -c 'work_mem=4 MB'",
    ],
)
def test_the_settings_of_a_service_are_known_however_they_are_written(service: str) -> None:
    assert _settings(service) == [("fsync", "off"), ("work_mem", "4 MB")]


@pytest.mark.parametrize(
    "service",
    [
        "image: postgres:16",
        "image: redis:7\ncommand: redis-server -c fsync=off",
        "image: example/app\ncommand: -c fsync=off",
        "image: postgres:16\ncommand: postgres -c fsync=${FSYNC:-off}",
        "image: postgres:16\ncommand: sh -c 'echo postgres'",
    ],
)
def test_other_commands_and_values_from_elsewhere_are_left_alone(service: str) -> None:
    assert _settings(service) == []


def test_anchors_and_merge_keys_are_followed() -> None:
    head = "x-postgres: &postgres\n  image: postgres:16\n  command: postgres -c fsync=off\n"
    assert _settings("<<: *postgres\nports: ['5432:5432']", head) == [("fsync", "off")]


def test_the_major_is_that_of_the_image() -> None:
    text = "services:\n  db:\n    image: postgres:15-alpine\n    command: postgres -c fsync=on\n"
    assert [config.majors for config in compose.read(Source("compose.yaml", text), ALL)] == [{15}]


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("docker-compose.test.yml", "image: postgres:16"),
        ("compose.ci.yaml", "image: postgres:16"),
        ("compose.yaml", "image: postgres:16\n    tmpfs: /var/lib/postgresql/data"),
        ("compose.yaml", "image: postgres:16\n    tmpfs:\n      - /var/lib/postgresql/data:size=1g"),
    ],
)
def test_a_server_whose_data_is_meant_to_be_lost_may_be_fast(path: str, service: str) -> None:
    text = f"services:\n  db:\n    {service}\n    command: postgres -c fsync=off\n"
    assert check_text(text, path) == []
    assert [
        f.code
        for f in check_text(
            "services:\n  db:\n    image: postgres\n    command: -c fsync=off\n", "compose.yaml"
        )
    ]


def test_a_finding_points_into_the_value() -> None:
    text = (
        "services:\n  db:\n    image: postgres:16\n    command:\n      - -c\n      - archive_mode=on\n"
        "      - -c\n      - archive_command=cp %p /archive/%f\n"
    )
    (finding,) = (f for f in check_text(text, "docker-compose.yml") if f.code == "PGS104")
    assert finding.source.slice(finding.span) == "cp %p /archive/%f"
    assert finding.fix is None


@pytest.mark.parametrize(
    "text",
    ["services: {{ x }}", "services:\n\t- a", "a: &a [*a]\nservices: *a", "services: [1, 2]", "- services:"],
)
def test_what_is_no_compose_file_is_passed_over(text: str) -> None:
    assert check_text(text, "compose.yaml") == []


@given(st.text(alphabet="services:db\n -{}[]&*<!|>'\"#$%", max_size=80))
def test_no_text_is_too_strange(text: str) -> None:
    check_text(f"services:\n{text}", "compose.yaml")
