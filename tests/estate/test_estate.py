from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive import Config, Finding, check_paths
from pgsurvive.estate import barman, pgbackrest, postgres, script
from pgsurvive.estate.estate import Estate
from pgsurvive.rules import rules_for, run
from pgsurvive.text import Kind, Source

POSTGRES = "archive_mode = on\narchive_command = 'pgbackrest --stanza=main archive-push %p'\n"
PGBACKREST = "[global]\nrepo1-path=/srv/repo\n\n[prod]\npg1-path=/srv/data\n"


def _check(root: Path, code: str, **files: str) -> list[Finding]:
    """What one rule finds in files whose names are written with __ for a slash and _ for a dot."""
    for name, text in files.items():
        file = root / name.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return list(check_paths([root], config=Config(select=(code,))).findings)


def test_a_finding_names_both_files(tmp_path: Path) -> None:
    (finding,) = _check(tmp_path, "PGS429", postgresql_conf=POSTGRES, pgbackrest_conf=PGBACKREST)
    assert (Path(finding.path).name, finding.line) == ("postgresql.conf", 2)
    assert [(Path(r.path).name, r.span.line) for r in finding.related] == [("pgbackrest.conf", 4)]


def test_a_file_alone_contradicts_nothing(tmp_path: Path) -> None:
    assert _check(tmp_path, "PGS429", postgresql_conf=POSTGRES) == []
    assert _check(tmp_path / "x", "PGS429", pgbackrest_conf=PGBACKREST) == []


def test_another_environment_is_none_of_its_business(tmp_path: Path) -> None:
    assert (
        _check(tmp_path, "PGS429", prod__postgresql_conf=POSTGRES, staging__pgbackrest_conf=PGBACKREST) == []
    )


def test_each_environment_is_held_to_its_own_file(tmp_path: Path) -> None:
    (finding,) = _check(
        tmp_path,
        "PGS429",
        prod__postgresql_conf=POSTGRES,
        prod__pgbackrest_conf=PGBACKREST,
        staging__postgresql_conf=POSTGRES,
        staging__pgbackrest_conf=PGBACKREST.replace("[prod]", "[main]"),
    )
    assert Path(finding.path).parent.name == "prod"


def test_a_template_of_the_same_file_makes_it_uncertain(tmp_path: Path) -> None:
    files = {
        "postgresql_conf": POSTGRES,
        "pgbackrest_conf": PGBACKREST,
        "pgbackrest_conf_j2": "[{{ stanza }}]\n",
    }
    assert _check(tmp_path, "PGS429", **files) == []


def test_an_unfilled_bucket_leaves_the_stanzas_known(tmp_path: Path) -> None:
    unfilled = PGBACKREST.replace("[prod]", "repo1-s3-bucket=YOUR_BUCKET\n[prod]")
    assert len(_check(tmp_path, "PGS429", postgresql_conf=POSTGRES, pgbackrest_conf=unfilled)) == 1


def test_among_tests_nothing_is_compared(tmp_path: Path) -> None:
    files = {"tests__postgresql_conf": POSTGRES, "tests__pgbackrest_conf": PGBACKREST}
    assert _check(tmp_path, "PGS429", **files) == []


def test_a_cluster_of_the_tests_makes_nothing_uncertain(tmp_path: Path) -> None:
    files = {
        "postgresql_conf": "port = 5433\n",
        "pgbackrest_conf": PGBACKREST + "pg1-port=5434\n",
        "tests__shop__postgresql_conf": "port = 5434\n",
        "tests__shop__pgbackrest_conf": PGBACKREST,
    }
    assert len(_check(tmp_path, "PGS431", **files)) == 1


def test_an_included_file_is_part_of_its_server_and_no_second_one(tmp_path: Path) -> None:
    found = _check(
        tmp_path,
        "PGS431",
        postgresql_conf="include_dir 'conf.d'\n",
        conf_d__port_conf="port = 5433\nmax_connections = 10\n",
        pgbackrest_conf=PGBACKREST + "pg1-port=5434\n",
    )
    (finding,) = [each for each in found if each.related]
    assert (finding.code, Path(finding.related[0].path).name) == ("PGS431", "port.conf")


@pytest.mark.parametrize(
    "script",
    [
        "cat > pgbackrest.conf <<END\n[main]\npg1-path=/srv/data\nEND\n",
        "export PGBACKREST_PG1_PATH=/srv/other\npgbackrest --stanza=main check\n",
    ],
)
def test_a_script_that_configures_pgbackrest_itself_makes_it_uncertain(tmp_path: Path, script: str) -> None:
    files = {
        "postgresql_conf": POSTGRES,
        "pgbackrest_conf": PGBACKREST,
        "setup_sh": f"# pgbackrest\n{script}",
    }
    assert _check(tmp_path, "PGS429", **files) == []


def test_a_dockerfile_may_write_another_configuration(tmp_path: Path) -> None:
    files = {"postgresql_conf": POSTGRES, "pgbackrest_conf": PGBACKREST}
    assert len(_check(tmp_path, "PGS429", **files, Dockerfile="FROM postgres\n")) == 1
    writes = "FROM postgres\nRUN printf '[main]\\npg1-path=/srv\\n' >/etc/pgbackrest/pgbackrest.conf\n"
    assert _check(tmp_path, "PGS429", Dockerfile=writes) == []


def test_a_file_of_sql_may_make_the_slot(tmp_path: Path) -> None:
    barman_conf = "[barman]\nbarman_home = /b\n[main]\nconninfo = host=db1\nstreaming_archiver = on\nslot_name = barman\n"
    makes = "SELECT pg_create_physical_replication_slot('{}');\n"
    other = f'psql -c "{makes.format("barman_old")}"\n'
    assert len(_check(tmp_path, "PGS515", barman_conf=barman_conf, slots_sh=other)) == 1
    assert _check(tmp_path, "PGS515", init_sql=makes.format("barman")) == []


def test_a_comment_silences_a_finding_about_several_files(tmp_path: Path) -> None:
    silenced = POSTGRES.replace("%p'", "%p'  # pgsurvive: ignore[PGS429] the section comes from elsewhere")
    assert _check(tmp_path, "PGS429", postgresql_conf=silenced, pgbackrest_conf=PGBACKREST) == []


TWO = PGBACKREST.replace("[prod]", "repo2-path=/mnt/repo\n[prod]")
NIGHTLY = "#!/bin/sh\npgbackrest --stanza=prod backup\n"
MANIFEST = """\
apiVersion: batch/v1
kind: CronJob
spec: {{jobTemplate: {{spec: {{template: {{spec: {{containers: [{{name: a, command: ["sh", "-c", "{}"]}}]}}}}}}}}}}
"""
SECOND = "pgbackrest --stanza=prod --repo=2 backup"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("crontab", "0 1 * * * {}\n"),
        ("etc/cron.d/backup", "0 1 * * * postgres {}\n"),
        ("backup.service", "[Service]\nType=oneshot\nExecStart=/usr/bin/{}\n"),
        ("Dockerfile", "FROM postgres:18\nCMD {}\n"),
        ("compose.yaml", "services:\n  backup:\n    image: postgres:18\n    command: {}\n"),
        ("job.yaml", MANIFEST),
    ],
)
def test_a_call_in_a_schedule_counts_like_one_in_a_script(tmp_path: Path, name: str, text: str) -> None:
    def found(command: str) -> list[Finding]:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(command))
        return _check(tmp_path, "PGS433", pgbackrest_conf=TWO)

    (finding,) = found("pgbackrest --stanza=prod backup")
    (place,) = finding.related
    assert place.source is not None
    assert place.source.slice(place.span).endswith("pgbackrest --stanza=prod backup")
    assert _check(tmp_path, "PGS433", nightly_sh=NIGHTLY) != []
    assert found(SECOND) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("crontab.j2", f"0 1 * * * {SECOND}\n"),
        ("etc/cron.d/backup", f"0 1 * * * postgres pgbackrest --stanza={{{{ stanza }}}} {SECOND[11:]}\n"),
        ("compose.yaml", f"services:\n  a: {{% if backups %}}\n    command: {SECOND}\n"),
        ("scripts.yaml", f"apiVersion: v1\nkind: ConfigMap\ndata:\n  run.sh: |\n    {SECOND}\n"),
        (".github/workflows/nightly.yml", f"on: push\njobs:\n  a:\n    steps:\n    - run: {SECOND}\n"),
        ("etc/cron.d/backup", f"0 1 * * * postgres if {SECOND}\n"),
        ("backup.py", f"run('{SECOND}')\n"),
    ],
)
def test_what_is_not_read_of_a_schedule_may_serve_the_repository(
    tmp_path: Path, name: str, text: str
) -> None:
    assert len(_check(tmp_path, "PGS433", pgbackrest_conf=TWO, nightly_sh=NIGHTLY)) == 1
    assert len(_check(tmp_path, "PGS433", mkdocs_yml="site_name: backup\n")) == 1
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert _check(tmp_path, "PGS433") == []


def test_expire_is_missed_where_the_whole_crontab_was_read(tmp_path: Path) -> None:
    never = PGBACKREST.replace("[prod]", "expire-auto=n\n[prod]")
    nightly = "0 1 * * * pgbackrest --stanza=prod backup\n"
    assert len(_check(tmp_path, "PGS425", pgbackrest_conf=never, crontab=nightly)) == 1
    expires = f"{nightly}0 5 * * * pgbackrest --stanza=prod expire\n"
    assert _check(tmp_path, "PGS425", crontab=expires) == []


def test_a_slot_that_a_compose_file_makes_is_known(tmp_path: Path) -> None:
    barman_conf = "[barman]\nbarman_home = /b\n[main]\nconninfo = host=db1\nstreaming_archiver = on\nslot_name = barman\n"
    compose = "services:\n  wal:\n    command: pg_receivewal --create-slot --slot={}\n"
    files = {"barman_conf": barman_conf, "compose_yaml": compose.format("barman_old")}
    (finding,) = _check(tmp_path, "PGS515", **files)
    assert Path(finding.related[0].path).name == "compose.yaml"
    assert _check(tmp_path, "PGS515", compose_yaml=compose.format("barman")) == []


def test_a_call_in_another_piece_of_the_same_file_is_found_once(tmp_path: Path) -> None:
    writes = (
        "RUN echo \"archive_command = 'pgbackrest --stanza=main archive-push %p'\" >>/etc/postgresql.conf\n"
    )
    dockerfile = f"FROM postgres:18\nRUN pgbackrest version\n{writes}CMD pgbackrest --stanza=prod check\n"
    found = _check(tmp_path, "PGS429", pgbackrest_conf=PGBACKREST, Dockerfile=dockerfile)
    assert [each.line for each in found] == [3]


SERVER = "data_directory = '/srv/17/main'\nport = 5432\nmax_connections = 10\n"
INCREMENTAL = "pg_basebackup -D /srv/incr --incremental=/srv/full/backup_manifest\n"


def test_an_incremental_backup_needs_the_summaries_of_its_server(tmp_path: Path) -> None:
    (finding,) = _check(tmp_path, "PGS632", postgresql_conf=SERVER, backup_sh=INCREMENTAL)
    assert Path(finding.path).name == "backup.sh"
    assert [Path(place.path).name for place in finding.related] == ["postgresql.conf"]
    assert _check(tmp_path, "PGS632", postgresql_conf=f"{SERVER}summarize_wal = on\n") == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("backup_sh", INCREMENTAL.replace("-D", "--host=db2 -D")),
        ("backup_sh", INCREMENTAL.replace("pg_basebackup", "ssh db2 pg_basebackup")),
        ("backup_sh", f"export PGHOST=db2\n{INCREMENTAL}"),
        ("postgresql_conf", "work_mem = 4MB\n"),
        ("postgresql_conf", SERVER.replace("/srv/17", "/etc/postgresql/16")),
        ("setup_sql", "ALTER SYSTEM SET summarize_wal = on;\n"),
        ("start_sh", "pg_ctl start -o '-c summarize_wal=on'\n"),
        ("ansible_yml", "summarize_wal: on\n"),
        ("other__postgresql_conf", SERVER),
    ],
)
def test_where_the_summaries_may_be_kept_an_incremental_backup_is_left_alone(
    tmp_path: Path, name: str, text: str
) -> None:
    files = {"postgresql_conf": SERVER, "backup_sh": INCREMENTAL} | {name: text}
    if name.startswith("other"):
        files["old__postgresql_conf"] = files.pop("postgresql_conf")
    assert _check(tmp_path, "PGS632", **files) == []


_LINES = [
    "archive_mode = on",
    "archive_command = 'pgbackrest --stanza=main archive-push %p'",
    "archive_command = 'barman-wal-archive b main %p'",
    "archive_command = 'cp %p b:/srv/%f'",
    "primary_slot_name = '\\udcff'",
    "max_replication_slots = 0",
    "port = x",
    "unix_socket_directories = ',/tmp'",
    "[main:backup]",
    "[main]",
    "[global]",
    "[barman]",
    "pg1-path=/a",
    "pg2-port=",
    "repo2-path=$",
    "conninfo = host='",
    "conninfo = postgresql://[",
    "slot_name = barman",
    "streaming_archiver = on",
    "archiver = on",
    "pgbackrest --stanza --repo=2 backup",
    "ssh b 'pgbackrest \\",
    "psql -c \"ALTER SYSTEM SET archive_command TO 'pgbackrest",
    "pg_receivewal --slot=barman_1 --create-slot",
]


@given(*[st.lists(st.sampled_from(_LINES) | st.text(max_size=20), max_size=8).map("\n".join)] * 4)
def test_nothing_in_the_files_makes_it_crash(conf: str, rest: str, man: str, shell: str) -> None:
    majors = frozenset({18})
    estate = Estate.of(
        [
            postgres.read(Source("postgresql.conf", conf), Kind.POSTGRESQL_CONF, majors),
            pgbackrest.read(Source("pgbackrest.conf", rest)),
            barman.read(Source("barman.conf", man)),
            script.read(Source("backup.sh", f"# pgbackrest\n{shell}"), majors),
        ],
        ["crontab"],
    )
    list(run(rules_for("Estate"), estate))
