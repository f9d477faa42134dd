"""Where the rules about scripts whose backups are worth nothing find something, and where they keep quiet."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgsurvive import Config, check_paths, check_text

CODES = ("PGS612", "PGS614", "PGS623", "PGS624", "PGS628", "PGS629", "PGS630")


def _found(code: str, text: str, path: str = "pg-backup.sh") -> list[int]:
    """The lines where a rule finds something in a script."""
    return [f.line for f in check_text(text, path, config=Config(select=(code,)))]


@pytest.mark.parametrize(
    "before",
    [
        "systemctl stop postgresql",
        "service postgresql stop",
        "docker compose down",
        "docker pause db",
        "kubectl scale sts/db --replicas=0",
        "psql -c \"SELECT pg_start_backup('x')\"",
        "psql <<E\nSELECT pg_backup_start('x');\nE",
        "lvcreate -s -n snap /dev/vg/pg",
        "fsfreeze -f /var/lib/postgresql",
        'stop_postgres() { pg_ctl -D "$PGDATA" stop; }\nstop_postgres',
        "test -e $PGDATA/postmaster.pid && exit 1",
        "pg_basebackup -D $PGDATA",
    ],
)
def test_a_data_directory_that_may_stand_still_may_be_copied(before: str) -> None:
    assert _found("PGS612", f"{before}\ntar czf /b/x.tgz $PGDATA\n") == []


@pytest.mark.parametrize(
    "path",
    ["docker-entrypoint.sh", "restore.sh", "pg-upgrade.sh", "migrate_db.sh", "Dockerfile", "tests/backup.sh"],
)
def test_a_script_that_runs_without_a_server_may_copy_a_data_directory(path: str) -> None:
    assert _found("PGS612", "RUN tar czf /b/x.tgz $PGDATA\ntar czf /b/x.tgz $PGDATA\n", path) == []


def test_a_job_of_kubernetes_copies_a_running_server_but_a_container_of_its_pod_may_not() -> None:
    container = (
        "containers:\n  - name: x\n    command: [sh, -c, 'tar czf /b/x.tgz /var/lib/postgresql/data']\n"
    )
    assert _found("PGS612", f"apiVersion: batch/v1\nkind: CronJob\nspec:\n  {container}", "job.yaml") == [6]
    assert _found("PGS612", f"apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  {container}", "db.yaml") == []


@pytest.mark.parametrize(
    "text",
    [
        "echo '0 2 * * * pg_dump x' | crontab -",
        "printf '0 2 * * * pg_dump x\\n' | crontab",
        "crontab -u postgres - <<E\n0 2 * * * pg_dump x\nE",
        "cat <<E | crontab -\n@daily pg_dump x\nE",
        "JOB='*/5 * * * * '$HOME/pg_dump.sh\necho \"$JOB\" | sudo crontab -",
        "(echo 'MAILTO=a'; echo '0 2 * * * pg_dump x') | crontab -",
        "cat >/tmp/c <<E\n0 2 * * * pg_dump x\nE\ncrontab /tmp/c",
    ],
)
def test_jobs_that_are_written_in_the_script_replace_all_others(text: str) -> None:
    assert len(_found("PGS623", text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "(crontab -l; echo '0 2 * * * pg_dump x') | crontab -",
        "crontab -u postgres -l >/tmp/c\necho '0 2 * * * pg_dump x' >>/tmp/c\ncrontab /tmp/c",
        "echo '0 2 * * * pg_dump x' >>/tmp/c\ncrontab /tmp/c",
        "cp old /tmp/c\ncat >/tmp/c <old\necho '0 2 * * * pg_dump x' >>/tmp/c\ncrontab /tmp/c",
        "crontab deploy/pg_dump.cron",
        "generate_jobs | crontab - # pg_dump",
        'echo "$JOBS" | crontab - # pg_dump',
        "echo '0 2 * * * pg_dump x' | crontab -\nexec crond -f",
        "docker exec c sh -c 'echo \"0 2 * * * pg_dump x\" | crontab -'",
        "crontab -r # pg_dump",
        "echo '0 2 * * * pg_dump x' >/var/spool/cron/crontabs/root\ncrontab /var/spool/cron/crontabs/root",
    ],
)
def test_a_crontab_that_may_hold_the_other_jobs_is_left_alone(text: str) -> None:
    assert _found("PGS623", text) == []


def test_a_machine_without_other_jobs_may_get_its_first_ones() -> None:
    text = "echo '0 2 * * * pg_dump x' | crontab -\n"
    assert _found("PGS623", text, "docker/setup.sh") == _found("PGS623", text, "provision-db.sh") == []
    assert _found("PGS623", "echo '0 2 * * * certbot renew' | crontab -\n", "certs.sh") == []


@pytest.mark.parametrize("path", ["Dockerfile", "backup.service"])
def test_other_readers_of_commands_leave_comments_between_lines_out(path: str) -> None:
    text = "[Service]\nExecStart=pg_dump \\\n# why\n  -Fc x\nRUN pg_dump \\\n# why\n  -Fc x\n"
    assert _found("PGS624", text, path) == []


def test_a_pod_runs_its_lines_as_the_shell_does() -> None:
    text = (
        "apiVersion: batch/v1\nkind: Job\nspec:\n  containers:\n  - command:\n    - sh\n    - -c\n    - |\n"
        "      pg_dump \\\n        # why\n        -Fc x\n"
    )
    assert _found("PGS624", text, "job.yaml") == [10]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("0 */6 * * * pg_dump -f /b/x-$(date +\\%F).sql x", True),
        ("0 */6 * * * DAY=$(date +\\%F); pg_dump x | gzip >/b/x-$DAY.sql.gz", True),
        ("*/10 * * * * pg_dump -f /b/x-$(date +\\%H).sql x", True),
        ("0 2 * * * pg_dump -f /b/x-$(date +\\%F).sql x", False),
        ("0 */6 * * * pg_dump -f /b/x-$(date +\\%H).sql x", False),
        ("0 */6 * * * pg_dump -f /b/x-$(date +\\%F)-$STAMP.sql x", False),
        ("0 */6 * * * pg_dump -Fd -f /b/x-$(date +\\%F) x", False),
        ("0 */6 * * * pg_dump x >>/b/x-$(date +\\%F)", False),
        ("0 */6 * * * pg_dump -s -f /b/x-$(date +\\%F) x", False),
        ("0 */6 * * * pg_dump -f /b/x-$(date +\\%F) x; restic backup /b", False),
        ("0 */6 * * * pg_basebackup -D /b/x-$(date +\\%F)", False),
    ],
)
def test_a_name_collides_where_its_date_is_coarser_than_the_schedule(line: str, found: bool) -> None:
    assert _found("PGS628", f"{line}\n", "crontab") == [1] * found


def test_a_schedule_in_the_tree_is_held_against_the_names_of_the_script_that_it_calls(tmp_path: Path) -> None:
    (tmp_path / "cron.d").mkdir()
    (tmp_path / "cron.d" / "backup").write_text("0 */6 * * * postgres /opt/backup.sh\n")
    (tmp_path / "backup.sh").write_text(
        "#!/bin/bash\nNOW=$(date +%Y%m%d)\npg_dump x | gzip >/b/$NOW.sql.gz\n"
    )
    result = check_paths([tmp_path], config=Config(select=("PGS628",)))
    assert [(f.path.rpartition("/")[2], f.line) for f in result.findings] == [("backup", 1)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("rsync -a --delete $BACKUP_DIR/ host:/x/", True),
        ('D=/srv/x; rsync -a --delete "$D/" host:/x/', False),
        ('BACKUP_DIR=/srv/x; rsync -a --delete "$BACKUP_DIR/" "$HOST:/x/"', True),
        ("rsync -a --delete /srv/backup/ /srv/other/", False),
        ("rsync -a --delete /srv/backup/ db:/var/lib/postgresql/16/main/", False),
        ("roll_back() { rsync -a --delete /srv/backup/ web:/srv/app/; }", False),
        ("rsync -a --delete /srv/backup/ host:/x-$(date +%F)/", False),
        ("rsync -a --delete root@db:/srv/backup/ /mnt/nas/", False),
        ("mountpoint -q /srv/backup && rsync -a --delete /srv/backup/ host:/x/", False),
        ("aws s3 sync s3://prod-backups s3://other-backups --delete", True),
    ],
)
def test_a_mirror_of_backups_deletes_where_nothing_keeps_them(line: str, found: bool) -> None:
    text = f"pg_dump -f x shop\n{line}\n"
    assert _found("PGS630", text) == [2] * found
    assert _found("PGS630", text, "pg-restore.sh") == []


@pytest.mark.parametrize(
    "text",
    [
        "pg_basebackup -D /srv/backup/b-1\n",
        "pg_basebackup -D /srv/backup/b-1\npg_verifybackup /srv/backup/b-1\n{}",
        "pg_basebackup -Ft -D /srv/backup/b-1\n{}",
        "pg_basebackup -R -D /srv/backup/b-1\n{}",
        "pg_basebackup $OPTIONS -D /srv/backup/b-1\n{}",
        "pg_basebackup -D /srv/backup/b-1\ncheck_integrity /srv/backup/b-1\n{}",
    ],
)
def test_a_base_backup_that_may_be_looked_at_or_replaces_none_is_left_alone(text: str) -> None:
    removal = "find /srv/backup -name 'b-*' -mtime +7 -exec rm -r {} +\n"
    assert _found("PGS614", "pg_basebackup -D /srv/backup/b-1\n" + removal) == [1]
    assert _found("PGS614", text.replace("{}", removal)) == []


def test_a_script_beside_it_may_verify(tmp_path: Path) -> None:
    text = "pg_basebackup -D /srv/backup/b-1\nfind /srv/backup -name 'b-*' -mtime +7 -exec rm -r {} +\n"
    (tmp_path / "backup.sh").write_text(text)
    assert len(check_paths([tmp_path], config=Config(select=("PGS614",))).findings) == 1
    (tmp_path / "nightly.sh").write_text("pg_verifybackup /srv/backup/b-1\n")
    assert not check_paths([tmp_path], config=Config(select=("PGS614",))).findings


_PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "tar ",
                "czf",
                "-C",
                " $PGDATA",
                " \\",
                "\n",
                " # ",
                "pg_dump",
                " -f ",
                "crontab -",
                " | ",
                "echo ",
                "<<E",
            ),
            *(
                "'0 2 * * * x'",
                "`date +%F`",
                "$(date ",
                ")",
                "*/5 * * * * ",
                "rsync --delete ",
                "a:b ",
                "/srv/backup",
            ),
            *("E\n", '"', "'", ";"),
        ]
    ),
    max_size=25,
)


@given(_PIECES, st.sampled_from(["backup.sh", "crontab", "Dockerfile", "x.service"]))
def test_any_text_can_be_checked(pieces: list[str], path: str) -> None:
    check_text("".join(pieces), path, config=Config(select=CODES))
