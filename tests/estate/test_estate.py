from pathlib import Path

import pytest

from pgsurvive import Config, Finding, check_paths

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


def test_an_included_file_is_part_of_its_server_and_no_second_one(tmp_path: Path) -> None:
    (finding,) = _check(
        tmp_path,
        "PGS431",
        postgresql_conf="include_dir 'settings.d'\n",
        settings_d__port_conf="port = 5433\nmax_connections = 10\n",
        pgbackrest_conf=PGBACKREST + "pg1-port=5434\n",
    )
    assert Path(finding.related[0].path).name == "port.conf"


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


def test_a_comment_silences_a_finding_about_several_files(tmp_path: Path) -> None:
    silenced = POSTGRES.replace("%p'", "%p'  # pgsurvive: ignore[PGS429] the section comes from elsewhere")
    assert _check(tmp_path, "PGS429", postgresql_conf=silenced, pgbackrest_conf=PGBACKREST) == []


def test_a_crontab_that_is_not_read_may_serve_the_repository(tmp_path: Path) -> None:
    two = PGBACKREST.replace("[prod]", "repo2-path=/mnt/repo\n[prod]")
    nightly = "#!/bin/sh\npgbackrest --stanza=prod backup\n"
    assert len(_check(tmp_path, "PGS433", pgbackrest_conf=two, nightly_sh=nightly)) == 1
    assert len(_check(tmp_path, "PGS433", mkdocs_yml="site_name: backup\n")) == 1
    assert _check(tmp_path, "PGS433", crontab="0 1 * * * pgbackrest --stanza=prod --repo=2 backup\n") == []
