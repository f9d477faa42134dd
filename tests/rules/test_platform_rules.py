"""What the rules about platforms say when several files belong together, which a page's block can't show."""

from pathlib import Path

import pytest

from pgsurvive import Config, check_paths, check_text

CNPG = "apiVersion: postgresql.cnpg.io/v1\nkind: "
CLUSTER = CNPG + "Cluster\nmetadata: {name: shop}\nspec: {instances: 3, storage: {size: 1Gi}}\n"
SCHEDULED = CNPG + "ScheduledBackup\nmetadata: {name: x}\nspec: {schedule: '@daily', cluster: {name: shop}}\n"
PATCH = CNPG + "Cluster\nmetadata: {name: shop}\nspec: {plugins: [{name: x}]}\n"
JSON_PATCH = "patches:\n- target: {kind: Cluster}\n  patch: |\n    - op: add\n      path: /spec/backup\n      value: {}\n"
DUMPS = "apiVersion: batch/v1\nkind: CronJob\nspec: {x: pg_dump --host=shop-rw}\n"
SERVICE = "services:\n  db:\n    image: postgres:17\n    env_file: db.env\n"
VOLUME = "services:\n  db:\n    volumes: ['data:/var/lib/postgresql/data']\n"


def _found(directory: Path, code: str, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    findings = check_paths([directory], config=Config(select=(code,))).findings
    return [Path(f.path).relative_to(directory).as_posix() for f in findings]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory whose path says nothing of tests, as the one of a test does."""
    monkeypatch.chdir(tmp_path)
    return Path()


def test_a_cluster_that_nothing_backs_up_is_found(tree: Path) -> None:
    other = CLUSTER.replace("shop", "blog")
    files = {
        "clusters/shop.yaml": CLUSTER,
        "apps/blog.yaml": other,
        "apps/backup.yaml": SCHEDULED.replace("shop", "blog"),
    }
    assert _found(tree, "PGS809", files) == ["clusters/shop.yaml"]


@pytest.mark.parametrize("other", [SCHEDULED, PATCH, JSON_PATCH, DUMPS])
def test_a_cluster_that_another_file_backs_up_is_not_found(tree: Path, other: str) -> None:
    assert (
        _found(tree, "PGS809", {"clusters/shop/cluster.yaml": CLUSTER, "apps/prod/other.yaml": other}) == []
    )


def test_a_cluster_in_a_list_is_found() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- " + CLUSTER.replace("\n", "\n  ")
    assert [f.line for f in check_text(text, "all.yaml", config=Config(select=("PGS809",)))] == [6]


def test_a_mount_in_an_override_keeps_the_data(tree: Path) -> None:
    files = {"compose.yaml": SERVICE, "compose.override.yaml": VOLUME}
    assert _found(tree, "PGS804", files) == []


def test_an_override_is_no_service_of_its_own(tree: Path) -> None:
    files = {
        "compose.yaml": SERVICE + "    volumes: ['d:/var/lib/postgresql/data']\n",
        "compose.prod.yaml": SERVICE,
    }
    assert _found(tree, "PGS804", files) == []


def test_a_compose_file_of_another_name_that_stands_alone_is_found(tree: Path) -> None:
    assert _found(tree, "PGS804", {"prod/docker-compose.prod.yml": SERVICE}) == [
        "prod/docker-compose.prod.yml"
    ]


def test_an_object_store_is_found_from_the_cluster_in_another_file(tree: Path) -> None:
    store = "apiVersion: barmancloud.cnpg.io/v1\nkind: ObjectStore\nmetadata: {name: store}\nspec: {configuration: {}}\n"
    plugin = "{name: x, isWALArchiver: true, parameters: {barmanObjectName: store}}"
    cluster = CLUSTER.replace("instances: 3", f"instances: 3, plugins: [{plugin}]")
    assert _found(tree, "PGS810", {"store.yaml": store, "clusters/shop.yaml": cluster}) == ["store.yaml"]
    assert _found(tree, "PGS810", {"clusters/shop.yaml": CLUSTER}) == []


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("0 3 * * 1", "in all other months"),
        ("0 3 * * 1-5", "in all other months"),
        ("0 3 * * 0", "refuses"),
        ("0 3 * * SUN", "refuses"),
        ("0 3 1 * *", "on every day"),
        ("0 3 * * *", "every hour, at minute 3"),
        ("0 * * * *", "every minute"),
        ("*/30 * * * *", "never stops"),
    ],
)
def test_a_schedule_of_five_fields_is_explained(schedule: str, said: str) -> None:
    text = SCHEDULED.replace("@daily", schedule)
    (finding,) = check_text(text, "backup.yaml", config=Config(select=("PGS812",)))
    assert said in finding.message


def _job(command: str, volume: str = "nfs: {server: x}") -> str:
    return (
        "apiVersion: batch/v1\nkind: CronJob\nspec:\n  schedule: '0 2 * * *'\n  jobTemplate:\n    spec:\n      template:\n"
        f"        spec:\n          volumes: [{{name: b, {volume}}}]\n          containers:\n          - command: {command}\n"
        "            volumeMounts: [{name: b, mountPath: /backup/}]\n"
    )


@pytest.mark.parametrize(
    ("command", "volume", "found"),
    [
        ("[pg_dump, --file=/backup/shop.dump, shop]", "nfs: {server: x}", True),
        ("[pg_dump, --file=/backup/shop.dump, shop]", "persistentVolumeClaim: {claimName: x}", True),
        ("[sh, -c, 'pg_dumpall | gzip >/backup/all.gz']", "hostPath: {path: /x}", True),
        ("[pg_dump, --file=/backup/shop.dump, shop]", "emptyDir: {}", False),
        ("[pg_dump, --file=/tmp/shop.dump, shop]", "nfs: {server: x}", False),
        ("[sh, -c, 'pg_dump shop >/backup/$(date +%s).dump']", "nfs: {server: x}", False),
        ("[sh, -c, 'pg_dump $DB >/backup/$DB.dump']", "nfs: {server: x}", False),
        ("[pg_dump, --format=directory, --file=/backup/shop, shop]", "nfs: {server: x}", False),
        ("[sh, -c, 'psql -c x >/backup/report']", "nfs: {server: x}", False),
    ],
)
def test_two_runs_meet_in_a_file_of_a_fixed_name_on_a_shared_volume(
    command: str, volume: str, found: bool
) -> None:
    findings = check_text(_job(command, volume), "job.yaml", config=Config(select=("PGS807",)))
    assert bool(findings) is found


@pytest.mark.parametrize(
    ("stored", "local", "found"),
    [
        ("wal_keep_size: 1GB", "wal_keep_size: 1024MB", []),
        ("wal_keep_size: 1GB", "wal_keep_size: 2GB", ["wal_keep_size"]),
        ("work_mem: 4MB", "wal_keep_size: 128MB", []),
        ("work_mem: 4MB", "wal_level: hot_standby", []),
        ("work_mem: 4MB", "wal_level: logical", ["wal_level"]),
        ("work_mem: 4MB", "max_wal_senders: ${SENDERS}", []),
        ("work_mem: 4MB", "max_connections: 500", []),
        ("max_wal_senders: ${SENDERS}", "max_wal_senders: 10", []),
    ],
)
def test_a_parameter_that_patroni_drops_is_found_if_it_would_change_anything(
    stored: str, local: str, found: list[str]
) -> None:
    text = (
        f"scope: shop\nbootstrap:\n  dcs:\n    postgresql:\n      parameters:\n        {stored}\n"
        f"postgresql:\n  parameters:\n    {local}\n"
    )
    findings = check_text(text, "patroni.yml", config=Config(select=("PGS814",)))
    assert [f.source.line(f.line).split(":")[0].strip() for f in findings] == found


@pytest.mark.parametrize(
    "change",
    [
        ("archive", "archive_mode: on"),
        ("archive", "archive_timeout: 60"),
        ("slots: x", "slots: {b: {type: physical}}"),
        ("slots: x", "standby_cluster: {host: x}"),
        ("scope: shop", "scope: '{{ scope }}'"),
        ("scope: shop", "scope: demo"),
        ("scope: shop", "name: shop"),
    ],
)
def test_a_patroni_that_may_be_archived_otherwise_is_left_alone(change: tuple[str, str]) -> None:
    text = "scope: shop\nbootstrap:\n  dcs:\n    slots: x\n    postgresql:\n      parameters:\n        archive: 1\n"
    sound = text.replace("    slots: x\n", "").replace("        archive: 1\n", "        work_mem: 4MB\n")
    config = Config(select=("PGS813",))
    assert [f.line for f in check_text(sound, "patroni.yml", config=config)] == [5]
    assert change[0] in text
    changed = text.replace(f"{change[0]}: 1" if change[0] == "archive" else change[0], change[1])
    if change[0] != "slots: x":
        changed = changed.replace("    slots: x\n", "")
    assert check_text(changed.replace("archive: 1", "work_mem: 4MB"), "patroni.yml", config=config) == []
