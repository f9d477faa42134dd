import pytest

from pgsurvive.estate.dumps import Dump, dumps, is_unfinished_name
from pgsurvive.estate.script import read
from pgsurvive.text import Source


def _dumps(text: str) -> list[Dump]:
    return list(dumps(read(Source("backup.sh", text), frozenset({18}))))


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("pg_dump x > a", "a"),
        ("pg_dump x 2> log > a", "a"),
        ("pg_dump x | gzip > a", "a"),
        ("pg_dump x | gzip | ssh h 'cat > a'", "a"),
        ("su - postgres -c 'pg_dump x' | { gzip; } > a", "a"),
        ("docker exec db pg_dump x >> a", "a"),
        ("pg_dump x | aws s3 cp - s3://b/c", None),
        ("pg_dump x", None),
    ],
)
def test_a_dump_is_stored_where_its_output_ends(line: str, target: str | None) -> None:
    (dump,) = _dumps(line)
    assert (dump.target.text if dump.target else None) == target
    assert dump.appends is (">>" in line)
    assert dump.is_piped is ("|" in line)


@pytest.mark.parametrize(
    ("line", "streamed"),
    [
        ("pg_dump x", True),
        ("pg_dump -f a x", False),
        ("pg_dump $options", False),
        ("pg_basebackup -D - -Ft -X fetch", True),
    ],
)
def test_it_is_known_whether_a_dump_goes_to_the_standard_output(line: str, streamed: bool) -> None:
    (dump,) = _dumps(line)
    assert dump.is_streamed is streamed


def test_a_base_backup_into_a_directory_is_no_dump() -> None:
    assert not _dumps("pg_basebackup -D /srv/backup")
    assert not _dumps("pg_dump() { :; }\npg_dump x")


@pytest.mark.parametrize(
    "path", ["/tmp/a.sql", "a.sql.new", "b.tmp", "x.partial", "/dev/null", "a.sql.in_progress"]
)
def test_a_name_may_say_that_it_is_not_final(path: str) -> None:
    assert is_unfinished_name(path)


@pytest.mark.parametrize("path", ["/srv/backup/a.sql", "/srv/new/a.sql", "/srv/template.sql"])
def test_an_ordinary_name_is_final(path: str) -> None:
    assert not is_unfinished_name(path)
