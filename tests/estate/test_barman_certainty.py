"""What is certain about Barman's servers, and what may be otherwise."""

import pytest

from pgsurvive.estate import barman
from pgsurvive.estate.barman_certainty import backed_up, certain, is_on_database_host, may_be_copied_away
from pgsurvive.estate.barman_server import Server
from pgsurvive.text import Source

GLOBAL = "[barman]\nbarman_user = barman\nbarman_home = /var/lib/barman\n"


def _servers(text: str, path: str = "etc/barman.conf") -> list[Server]:
    return list(backed_up(barman.read(Source(path, text))))


def _server(options: str) -> Server:
    (server,) = _servers(f"{GLOBAL}[main]\nbackup_method = postgres\n{options}\n")
    return server


def test_only_active_servers_that_this_barman_backs_up_are_judged() -> None:
    text = (
        GLOBAL
        + "[main]\nconninfo = host=a\n[idle]\nactive = false\n[copied]\nprimary_ssh_command = ssh backup1\n"
        "[odd]\nactive = perhaps\n[other]\nmodel = true\ncluster = main\n"
    )
    assert [server.name for server in _servers(text)] == ["main", "odd"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (GLOBAL + "[{{ name }}]\nconninfo = host={{ host }}\n", "barman.conf.j2"),
        (GLOBAL + "[main]\nconninfo = host=a\n", "tests/barman.conf"),
        (GLOBAL + "this is no line\n[main]\nconninfo = host=a\n", "barman.conf"),
    ],
    ids=["template", "test", "broken"],
)
def test_templates_tests_and_broken_files_are_not_judged(text: str, path: str) -> None:
    assert _servers(text, path) == []


def test_what_nobody_sets_is_certain_only_where_barmans_own_section_is_known() -> None:
    alone = "[main]\nconninfo = host=a\nbackup_method = postgres\n"
    known = certain(_servers(GLOBAL + alone)[0], "slot_name")
    assert known is not None
    assert known.value is None
    servers = _servers(alone, "barman.d/main.conf")
    assert [certain(server, "slot_name") for server in servers] in ([], [None])


def test_a_value_that_barman_ignores_is_left_to_the_rule_about_it() -> None:
    assert certain(_server("minimum_redundancy = 3 ; keep three"), "minimum_redundancy") is None


def test_a_model_of_the_same_cluster_leaves_what_it_sets_in_doubt() -> None:
    server = _server("[second]\nmodel = true\ncluster = main\nslot_name = other")
    assert certain(server, "slot_name") is None
    assert certain(server, "streaming_archiver") is not None
    assert certain(_server("[second]\nmodel = true\ncluster = b\nslot_name = other"), "slot_name") is not None


@pytest.mark.parametrize(
    ("conninfo", "is_here"),
    [
        ("user=barman dbname=postgres", True),
        ("host=/run/postgresql user=barman", True),
        ("host = 'localhost' user=barman", True),
        ("host=localhost port=5432", True),
        ("postgresql:///postgres?host=/run/postgresql", True),
        ("postgresql://barman@%2Frun%2Fpostgresql/postgres", True),
        ("postgres://barman@127.0.0.1/postgres", True),
        ("postgresql://barman@[::1]/postgres", True),
        ("host=localhost port=15432", False),
        ("host=localhost,db2", False),
        ("host=db1", False),
        ("service=main", False),
        ("hostaddr=192.0.2.1", False),
        ("host=/cloudsql/a:b:c", False),
        ("postgresql://barman@db1/postgres", False),
        ("postgresql://[db1/postgres", False),
        ("postgresql://localhost:port/postgres", False),
        ("nonsense", False),
    ],
)
def test_a_connection_says_whether_the_database_is_on_the_same_host(conninfo: str, is_here: bool) -> None:
    assert is_on_database_host(_server(f"conninfo = {conninfo.replace('%', '%%%%')}")) is is_here


def test_an_ssh_command_leads_to_another_host() -> None:
    assert not is_on_database_host(_server("conninfo = host=localhost\nssh_command = ssh postgres@db1"))


@pytest.mark.parametrize(
    ("options", "may_be"),
    [
        ("", False),
        ("forward_config_path = off", False),
        ("forward_config_path = on", True),
        ("post_backup_script = /bin/copy", True),
        ("post_archive_retry_script = /bin/copy", True),
        ("pre_backup_script = /bin/look", False),
        ("basebackups_directory = s3://bucket/barman", True),
        ("backup_directory = /mnt/backup1/main", True),
        ("backup_directory = /srv/nfs-backup/main", True),
        ("backup_directory = /data/barman", False),
        ("backup_method = local-to-cloud", True),
        ("backup_method = snapshot", True),
    ],
)
def test_what_takes_backups_off_the_host_is_seen(options: str, may_be: bool) -> None:
    assert may_be_copied_away(_server(f"conninfo = host=db1\n{options}")) is may_be
