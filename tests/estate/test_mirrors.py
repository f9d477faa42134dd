import pytest

from pgsurvive.estate.mirrors import mirrors
from pgsurvive.estate.script import read
from pgsurvive.text import Source


def _mirrors(line: str) -> list[tuple[str, str, str]]:
    script = read(Source("mirror.sh", line), frozenset({18}))
    return [(m.called, m.source.text, m.destination.text) for m in mirrors(script)]


@pytest.mark.parametrize(
    ("line", "called"),
    [
        ("rsync -a -e ssh --delete a/ b:/c", "rsync --delete"),
        ("nice rsync -az --exclude '*.tmp' a/ b:/c --delete-after", "rsync --delete-after"),
        ("aws --profile x s3 sync a s3://b --delete", ""),
        ("aws s3 sync a s3://b --delete --storage-class STANDARD_IA", "aws s3 sync --delete"),
        ("rclone --config x sync a b:c", ""),
        ("rclone sync a b:c", "rclone sync"),
        ("gsutil -m rsync -rd a gs://b", "gsutil rsync -rd"),
        ("mc mirror --remove a b/c", "mc mirror --remove"),
    ],
)
def test_a_mirror_is_recognized_unless_its_options_are_unclear(line: str, called: str) -> None:
    found = _mirrors(line)
    assert [each[0] for each in found] == ([called] if called else [])
    assert all((source.rstrip("/"), to[0]) in {("a", "b"), ("a", "s"), ("a", "g")} for _, source, to in found)


@pytest.mark.parametrize(
    "line",
    [
        "rsync -a a/ b:/c",
        "rsync -an --delete a/ b:/c",
        "rsync -ab --delete a/ b:/c",
        "rsync -a --delete --backup-dir=/d a/ b:/c",
        "rsync -a --delete a/ d/ b:/c",
        "aws s3 sync a s3://b",
        "aws s3 cp a s3://b --delete",
        "rclone copy a b:c",
        "rclone sync -i a b:c",
        "gsutil rsync -r a gs://b",
    ],
)
def test_a_copy_that_deletes_nothing_is_no_mirror(line: str) -> None:
    assert not _mirrors(line)
