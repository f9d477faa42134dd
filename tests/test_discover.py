import os
import subprocess
from pathlib import Path

import pytest

from pgsurvive.discover import discover, identify
from pgsurvive.kinds import kind_of
from pgsurvive.text import Kind, Source

SETTINGS = "wal_level = replica\narchive_mode = on\n"


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("postgresql.conf", SETTINGS, Kind.POSTGRESQL_CONF),
        ("postgresql.conf", "", Kind.POSTGRESQL_CONF),
        ("etc/postgresql-primary.conf", SETTINGS, Kind.POSTGRESQL_CONF),
        ("templates/postgresql.conf.j2", SETTINGS, Kind.POSTGRESQL_CONF),
        ("data/postgresql.auto.conf", SETTINGS, Kind.POSTGRESQL_CONF),
        ("tuning.conf", SETTINGS, Kind.POSTGRESQL_CONF),
        ("conf.d/wal.conf", "wal_level = replica\n", Kind.POSTGRESQL_CONF),
        ("nginx.conf", "worker_processes 4;\nevents { }\n", None),
        ("sysctl.conf", "vm.overcommit_memory = 2\nkernel.shmmax = 1\n", None),
        ("logrotate/postgresql.conf", "/var/log/postgresql/*.log {\n  weekly\n  rotate 4\n}\n", None),
        ("supervisor/postgres.conf", "[program:postgres]\ncommand=/usr/bin/postgres\n", None),
        ("recovery.conf", "restore_command = 'cp /a/%f %p'\nstandby_mode = on\n", Kind.RECOVERY_CONF),
        ("disaster-recovery.conf", "steps = 5\n", None),
        ("etc/barman.conf", "[barman]\nbarman_home = /srv/barman\n", Kind.BARMAN_CONF),
        ("templates/barman.conf.j2", "[barman]\nbarman_home = {{ home }}\n", Kind.BARMAN_CONF),
        ("etc/barman.d/main.conf", "[main]\nconninfo = host=db1\n", Kind.BARMAN_CONF),
        ("docker/pg.conf", "[pg]\nconninfo = host=db1\nbackup_method = postgres\n", Kind.BARMAN_CONF),
        (
            "files/postgres-main.conf",
            "[main]\nconninfo = host=db1\nbackup_method = postgres\n",
            Kind.BARMAN_CONF,
        ),
        (
            "etc/barman.d/main.conf",
            "[main]\ndescription = x\n  conninfo = host=db1\nactive = on\n",
            Kind.BARMAN_CONF,
        ),
        ("barman.service.d/barman.conf", "[Unit]\nDescription=Barman\n[Service]\nUser=barman\n", None),
        ("supervisor/barman.conf", "[program:barman]\ncommand=/usr/bin/barman cron\n", None),
        ("pgbackrest.conf", "[global]\nrepo1-path=/x\n", Kind.PGBACKREST_CONF),
        ("pgbackrest.conf", "# nothing yet\n", Kind.PGBACKREST_CONF),
        ("pgbackrest.conf", "repo1-path=/x\n", Kind.PGBACKREST_CONF),
        ("templates/pgbackrest.conf.j2", "[global]\n{{ options }}\n", Kind.PGBACKREST_CONF),
        ("etc/pgbackrest/conf.d/site.conf", "[global]\nprocess-max=2\n", Kind.PGBACKREST_CONF),
        ("backup.conf", "[main]\npg1-path=/x\n", Kind.PGBACKREST_CONF),
        ("tmpfiles.d/pgbackrest.conf", "d /run/pgbackrest 0750 postgres postgres -\n", None),
        ("rsyslog.d/pgbackrest.conf", "if $programname == 'pgbackrest' then /var/log/x\n& stop\n", None),
        ("docker-compose.prod.yml", "services:\n  db:\n    image: postgres\n", Kind.COMPOSE),
        ("deploy/Makefile", "x:\n\tpg_dump a\n", Kind.MAKEFILE),
        ("backup.mk", "x:\n\tpg_dump a\n", Kind.MAKEFILE),
        ("etc/crontab.txt", "0 2 * * * pg_dump a\n", Kind.CRONTAB),
        ("docs/crontab_output.md", "0 2 * * * pg_dump a\n", None),
        ("compose.yaml", "services: {}\n", Kind.COMPOSE),
        ("compose.yaml", "some: text\n", None),
        ("values.yaml", "services: {}\n", None),
        ("patroni.yml", "scope: shop\nname: n1\npostgresql:\n  listen: x\n", Kind.PATRONI),
        ("bootstrap.yaml", "bootstrap:  # once\n  # the store\n  dcs:\n    ttl: 30\n", Kind.PATRONI),
        ("settings.yaml", "postgresql:\n  host: x\n", None),
        ("settings.yaml", "bootstrap:\n  theme: dark\nother:\n  dcs: 1\n", None),
        ("values.yaml", "postgresql: {}\n scope: x\n", None),
        ("bin/backup.sh", "pg_dump x\n", Kind.SHELL),
        ("bin/backup", "#!/usr/bin/env bash\npg_dump x\n", Kind.SHELL),
        ("bin/backup", "#!/bin/sh -e\npg_dump x\n", Kind.SHELL),
        ("bin/backup", "#!/usr/bin/env python3\n", None),
        ("notes.md", SETTINGS, None),
    ],
)
def test_a_file_is_known_by_its_name_and_its_text(path: str, text: str, kind: Kind | None) -> None:
    assert kind_of(Source(path, text)) is kind


def _tree(top: Path, *files: str) -> None:
    for name in files:
        file = top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SETTINGS)


def _found(top: Path, *exclude: str) -> list[str]:
    return [found.file.relative_to(top).as_posix() for found in discover([top], exclude) if found.kind]


def test_a_walk_leaves_out_what_git_ignores(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    _tree(
        tmp_path,
        "a/postgresql.conf",
        "b/postgresql.conf",
        "a/keep/postgresql.conf",
        "c/d/postgresql.conf",
        ".venv/postgresql.conf",
    )
    (tmp_path / ".gitignore").write_text("/b/\nkeep\n")
    (tmp_path / "a/.gitignore").write_text("!keep\n")
    (tmp_path / "c/.gitignore").write_text("d/*.conf\n")
    assert _found(tmp_path) == ["a/keep/postgresql.conf", "a/postgresql.conf"]


def test_a_walk_below_the_root_minds_what_the_root_ignores(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    _tree(tmp_path, "a/postgresql.conf", "a/b/postgresql.conf")
    (tmp_path / ".gitignore").write_text("b/\n")
    assert _found(tmp_path / "a") == ["postgresql.conf"]


def test_a_file_that_is_named_is_looked_at_even_where_git_ignores_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    _tree(tmp_path, "postgresql.conf")
    (tmp_path / ".gitignore").write_text("*.conf\n")
    assert [found.kind for found in discover([tmp_path / "postgresql.conf"])] == [Kind.POSTGRESQL_CONF]


def test_each_file_comes_once_in_a_stable_order(tmp_path: Path) -> None:
    _tree(tmp_path, "b/postgresql.conf", "a/postgresql.conf")
    found = list(discover([tmp_path / "b", tmp_path, tmp_path / "a/postgresql.conf"]))
    assert [f.file.parent.name for f in found] == ["b", "a"]


def test_excluded_paths_are_left_out(tmp_path: Path) -> None:
    _tree(tmp_path, "a/postgresql.conf", "old/postgresql.conf")
    assert _found(tmp_path, "old/*") == ["a/postgresql.conf"]


def test_a_directory_that_links_to_itself_ends(tmp_path: Path) -> None:
    _tree(tmp_path, "a/postgresql.conf")
    (tmp_path / "a/again").symlink_to(tmp_path)
    assert _found(tmp_path) == ["a/postgresql.conf"]


def test_a_link_to_a_file_outside_is_not_followed_by_a_walk(tmp_path: Path) -> None:
    _tree(tmp_path, "out/postgresql.conf", "in/here/postgresql.conf")
    (tmp_path / "in/postgresql.conf").symlink_to(tmp_path / "out/postgresql.conf")
    (tmp_path / "in/recovery.conf").symlink_to(tmp_path / "in/here/postgresql.conf")
    assert [found.path for found in discover([tmp_path / "in"])] == [f"{tmp_path}/in/here/postgresql.conf"]
    assert [found.kind for found in discover([tmp_path / "in/postgresql.conf"])] == [Kind.POSTGRESQL_CONF]


def test_a_link_to_nothing_and_a_pipe_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "recovery.conf")
    assert _found(tmp_path) == []


def test_a_file_of_many_megabytes_is_data_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_bytes(b"#" * (6 * 2**20))
    assert identify(tmp_path / "postgresql.conf").kind is None
