import pytest

from pgsurvive.estate.data_directory import directory_copies
from pgsurvive.estate.script import read
from pgsurvive.text import Source


def _copied(line: str) -> list[tuple[str, str]]:
    script = read(Source("backup.sh", line), frozenset({18}))
    return [(copy.program, copy.path) for copy in directory_copies(script)]


@pytest.mark.parametrize(
    ("line", "program", "path"),
    [
        ("tar cf - $PGDATA", "tar", "$PGDATA"),
        ('tar -cz "${PGDATA}/." > a', "tar", "${PGDATA}/."),
        ("tar -C /var/lib/pgsql/16 -cf a data", "tar", "/var/lib/pgsql/16/data"),
        ("tar -C/var/lib/postgresql -cfa data", "tar", "/var/lib/postgresql/data"),
        ("tar czfC a /var/lib/postgresql/17 main", "tar", "/var/lib/postgresql/17/main"),
        ("cp -a /var/lib/postgresql/data/* /b", "cp", "/var/lib/postgresql/data/*"),
        ("rsync -e ssh -az root@db:/var/lib/pgsql/data/ /b", "rsync", "root@db:/var/lib/pgsql/data/"),
        ("sudo -u postgres scp -r $PGDATA b:/x", "scp", "$PGDATA"),
        (
            "tar -czf a -C /var/lib/docker/volumes/x_pgdata/_data .",
            "tar",
            "/var/lib/docker/volumes/x_pgdata/_data/.",
        ),
        ("tar -czf a /srv/shop/pgdata", "tar", "/srv/shop/pgdata"),
        ("kubectl cp -n shop db-0:/var/lib/postgresql/data b", "kubectl cp", "db-0:/var/lib/postgresql/data"),
        ("docker run -v db_pg_data:/d alpine tar cf - /d | gzip > a", "tar", "/d"),
    ],
)
def test_a_copy_of_a_data_directory_is_recognized(line: str, program: str, path: str) -> None:
    assert _copied(line) == [(program, path)]


@pytest.mark.parametrize(
    "line",
    [
        "tar xf a -C $PGDATA",
        "tar -czf a $PGDATA/pg_wal",
        "tar -cf $PGDATA /etc",
        "tar -cf a --exclude $PGDATA /etc",
        "cp $PGDATA /b",
        "tar -czf a /srv/backup/pgdata",
        "tar -czf a /var/lib/docker/volumes/postgres_backups/_data",
        "tar -czf a pgdata",
        "cp -r /b $PGDATA",
        "cp -r /var/lib/postgresql/backups /b",
        "rsync -a /b/ $PGDATA/",
        "docker cp base db:/var/lib/postgresql/data",
        "docker run -v postgres_backups:/d alpine tar cf - /d",
        "docker run -v $CONF:/d alpine tar cf - /e",
    ],
)
def test_what_goes_into_it_or_is_a_part_of_it_is_no_copy_of_it(line: str) -> None:
    assert not _copied(line)
