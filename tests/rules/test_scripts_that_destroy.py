import pytest

from pgsurvive import Config, check_text

CODES = ("PGS604", "PGS606", "PGS607", "PGS608", "PGS609", "PGS610", "PGS611", "PGS622")


def _found(code: str, text: str, path: str = "backup.sh") -> list[int]:
    """The lines where a rule finds something in a script."""
    return [f.line for f in check_text(text, path, config=Config(select=(code,)))]


@pytest.mark.parametrize(
    "behind",
    [
        "find /srv/backup -name 'shop-*.dump' -mtime +7 -delete",
        "find /srv/backup -name 'shop-*.dump' -mtime +7 -exec rm -f {} \\;",
        "find /srv/backup -name 'shop-*.dump' -mtime +7 -print0 | xargs -0 rm -f",
        "aws s3 cp /srv/backup/shop.dump s3://bucket/shop.dump",
        "scp /srv/backup/shop.dump backup1:/srv/",
        "echo 'Backup completed'",
        "logger -t backup 'database dump finished successfully'",
        "exit 0",
    ],
)
def test_what_a_failed_backup_must_not_be_followed_by_is_found(behind: str) -> None:
    assert _found("PGS604", f"pg_dump -Fc -f /srv/backup/shop.dump shop\n{behind}\n") == [1]


@pytest.mark.parametrize(
    "text",
    [
        "set -e\npg_dump -f /srv/backup/shop.sql shop\nexit 0\n",
        "#!/bin/bash -e\npg_dump -f /srv/backup/shop.sql shop\nexit 0\n",
        "trap 'exit 1' ERR\npg_dump -f /srv/backup/shop.sql shop\nexit 0\n",
        ". /usr/lib/strict\npg_dump -f /srv/backup/shop.sql shop\nexit 0\n",
        "pg_dump -f /srv/backup/shop.sql shop || exit 1\nexit 0\n",
        "if pg_dump -f /srv/backup/shop.sql shop; then exit 0; fi\nexit 1\n",
        "pg_dump -f /srv/backup/shop.sql shop\n[ $? -eq 0 ] || exit 1\nexit 0\n",
        "pg_dump -f /srv/backup/shop.sql shop\ntest -s /srv/backup/shop.sql || exit 1\nexit 0\n",
        "pg_dump -f /srv/backup/shop.sql shop\necho 'backup started'\n",
        "pg_dump --schema-only -f /srv/backup/shop.sql shop\nexit 0\n",
        'pg_dump -f /srv/backup/shop.sql shop\nif [ -n "$MAIL" ]; then exit 0; fi\nexit 1\n',
        "size=$(pg_dump shop | wc -c)\nexit 0\n",
        "ssh db1 'pg_dump -f /srv/backup/shop.sql shop' || exit 1\nexit 0\n",
        "set -e\nssh db1 'pg_dump -f /srv/backup/shop.sql shop'\nexit 0\n",
    ],
)
def test_a_backup_that_is_asked_for_or_may_be_is_left_alone(text: str) -> None:
    assert _found("PGS604", text) == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("rm -f /srv/backup/shop.sql\npg_dump -f /srv/backup/shop.sql shop\n", [1]),
        ("rm -f $DIR/*.sql\npg_dump -f $DIR/shop-$(date +%F).sql shop\n", [1]),
        ("for f in $DIR; do rm -f $DIR/*.sql; done\npg_dump -f $DIR/shop-$(date +%F).sql shop\n", [1]),
        ("pg_dump -f $DIR/shop-$(date +%F).sql shop\nrm -f $DIR/*.sql\n", []),
        ("rm -f $DIR/*.log\npg_dump -f $DIR/shop-$(date +%F).sql shop\n", []),
        ("DIR=$(mktemp -d)\nrm -f $DIR/*.sql\npg_dump -f $DIR/shop.sql shop\n", []),
        ("DIR=/srv/$(date +%F)\nrm -rf $DIR/*\npg_dump -f $DIR/shop.sql shop\n", []),
        ("cp -a /srv/b/shop.sql /srv/old/\nrm -f /srv/b/shop.sql\npg_dump -f /srv/b/shop.sql shop\n", []),
        ("rm -f $DIR/*.sql\npg_dump -f $OTHER/shop.sql shop\n", []),
        ("rm -f /srv/b/*\npg_dump -f /srv/b/shop.sql shop\nrclone copy /srv/b r:b\n", []),
        ("rm -rf $PGDATA/*\npg_basebackup -D $PGDATA -R\n", []),
    ],
)
def test_only_what_the_same_backup_left_before_is_missed_when_it_is_removed(
    text: str, lines: list[int]
) -> None:
    assert _found("PGS606", text) == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("set -eu\nfind /srv/backup/postgres -type f -mtime +14 -delete\n", [2]),
        ("/usr/local/bin/pg_dump_all.sh\nfind /srv/backup -mtime +14 -delete\n", [2]),
        ("set -e\n/usr/local/bin/pg_dump_all.sh\nfind /srv/backup -mtime +14 -delete\n", []),
        ("/usr/local/bin/pg_dump_all.sh && find /srv/backup -mtime +14 -delete\n", []),
        ("cd /srv/pg_backup || exit 1\nif [ $(ls | wc -l) -gt 7 ]; then find . -mtime +7 -delete; fi\n", []),
        ("find /var/log/postgresql -name '*.log' -mtime +7 -delete\n", []),
        ("find /tmp/pg_backup -mtime +7 -delete\n", []),
        ("find /srv/backup/photos -mtime +7 -delete\n", []),
        ("find /srv/backup -mtime +7 -delete\npgbackrest backup --stanza=main\n", []),
    ],
)
def test_what_removes_by_age_is_found_where_no_backup_must_have_succeeded(
    text: str, lines: list[int]
) -> None:
    assert _found("PGS607", text, "prune.sh") == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('rm -rf "$PGDATA"/*\n', [1]),
        ("rm -rf ${PGDATA}/{*,.*}\n", [1]),
        ('D=$1\nrm -rf "$D"/*\npg_restore -C -d postgres x\n', [2]),
        ('rm -f "$PGDATA"/*\n', []),
        ('rm -rf "$PGDATA/pg_wal/archive_status"\n', []),
        ('PGDATA=/srv/pg\nrm -rf "$PGDATA"/*\n', []),
        ('PGDATA=$(cat where)\nrm -rf "$PGDATA"/*\n', []),
        ('[ -d "$PGDATA" ] || exit 1\nrm -rf "$PGDATA"/*\n', []),
        ('set -u\nrm -rf "$PGDATA"/*\n', []),
        (': "${PGDATA:?}"\nrm -rf "$PGDATA"/*\n', []),
        ('. /etc/backup\nrm -rf "$PGDATA"/*\n', []),
        ('rm -rf "$HOME"/pg_backup\n', []),
        ('clean() { rm -rf "$1"/*; }\nclean /srv/pg_backup\n', []),
        ('for d in a b; do rm -rf "/srv/pg_backup/$d"; done\n', []),
        ('rm -rf "$DESTDIR"/*\n', []),
    ],
)
def test_a_variable_is_unset_only_where_nothing_sets_or_asks_for_it(text: str, lines: list[int]) -> None:
    assert _found("PGS608", text, "x.sh") == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("rm -f $PGDATA/pg_wal/*\n", [1]),
        ("docker exec db sh -c 'rm -rf /var/lib/postgresql/data/pg_wal/*'\n", [1]),
        ("cd $PGDATA/pg_xlog && rm -f 0000*\n", [1]),
        ("pg_archivecleanup -d $PGDATA/pg_wal 000000010000000000000010\n", [1]),
        ("rm -f /srv/pg_wal_archive/*\n", []),
        ("rm -f /srv/backup/base/pg_wal/*\n", []),
        ("rm -f $PGDATA/pg_wal/00000002.history\n", []),
        ("mv $PGDATA/pg_wal /mnt/wal\nrm -rf $PGDATA/pg_wal\n", []),
        ("pg_archivecleanup -n $PGDATA/pg_wal 000000010000000000000010\n", []),
        ("cd $PGDATA && rm -f 0000*\n", []),
    ],
)
def test_only_the_wal_of_a_live_data_directory_is_missed(text: str, lines: list[int]) -> None:
    assert _found("PGS609", text, "x.sh") == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("dropdb shop\ncreatedb shop\npg_restore -d shop shop.dump\n", [1]),
        ("dropdb shop\ncreatedb shop\npsql shop < shop.sql\n", [1]),
        ("pg_restore -c -d shop shop.dump\n", [1]),
        ("pg_restore -Ccd postgres shop.dump\n", [1]),
        ("dropdb shop\n", []),
        ("pg_dump -Fc -f before.dump shop\ndropdb shop\ncreatedb shop\npg_restore -d shop shop.dump\n", []),
        ("dropdb shop_staging\ncreatedb shop_staging\npg_restore -d shop_staging shop.dump\n", []),
        ("createdb shop\npg_restore -c -d shop shop.dump\n", []),
        ("pg_restore -c -h localhost -p 15432 -d shop shop.dump\n", []),
        ("pg_restore -c -d shop $OPTIONS shop.dump\n", []),
        ("pg_restore -c -f shop.sql shop.dump\n", []),
        ("rm -rf $PGDATA/*\nrsync -a /srv/backup/base/ $PGDATA\n", [1]),
        ("rm -rf $PGDATA/*\npg_basebackup -R -D $PGDATA\n", []),
        ("mv $PGDATA /srv/damaged\nrm -rf $PGDATA\npgbackrest restore\n", []),
        ("rm -rf $PGDATA/*\npgbackrest --type=standby restore\n", []),
    ],
)
def test_a_restore_is_reported_where_it_begins_by_removing_what_lives(text: str, lines: list[int]) -> None:
    assert _found("PGS622", text, "restore.sh") == lines


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "text", ["", "rm", "find", 'rm -rf "$1"/* && # pg_\n', "f() { f; rm -rf $PGDATA/*; }\nf", "dropdb $( )"]
)
def test_whatever_a_script_says_is_read(code: str, text: str) -> None:
    _found(code, text)


_WORKFLOW = """on: {schedule: [{cron: "0 1 * * *"}]}
jobs:
  backup:
    runs-on: ubuntu-latest
    steps:
      - run: |
          pg_dump -Fc -f shop.dump shop
          aws s3 cp shop.dump s3://backups/shop/
          rm -rf "$PGDATA"/*
"""


@pytest.mark.parametrize("code", ["PGS604", "PGS608"])
def test_a_workflow_stops_at_the_first_failure_and_runs_on_a_machine_without_data(code: str) -> None:
    assert _found(code, _WORKFLOW, ".github/workflows/backup.yaml") == []


@pytest.mark.parametrize("code", ["PGS608", "PGS609"])
def test_nothing_is_lost_while_an_image_is_built(code: str) -> None:
    removes = 'rm -rf /var/lib/postgresql/data/pg_wal/* "$PGDATA"/*'
    assert _found(code, f"FROM postgres:17\nRUN {removes}\n", "Dockerfile") == []
    assert _found(code, f"FROM postgres:17\nCMD {removes}\n", "Dockerfile") == [2]


def test_a_unit_that_only_prunes_is_one_that_goes_on_without_backups() -> None:
    find = "/usr/bin/find /srv/backup/postgres -mtime +7 -delete"
    assert _found("PGS607", f"[Service]\nExecStart={find}\n", "prune.service") == [2]
    assert (
        _found("PGS607", f"[Service]\nExecStart=/usr/bin/pg_dump shop\nExecStartPost={find}\n", "b.service")
        == []
    )
    assert _found(
        "PGS607", f"[Service]\nExecStartPre=-/bin/sh backup.sh\nExecStart={find}\n", "b.service"
    ) == [3]
