from pathlib import Path

import pytest

from pgsurvive import check_paths, check_text

FSYNC_OFF = ["PGS201"]
UNUSED = "PGS009"


def _codes(text: str) -> list[str]:
    return [finding.code for finding in check_text(text, "postgresql.conf") if finding.code != UNUSED]


@pytest.mark.parametrize(
    "text",
    [
        "fsync = off  # pgsurvive: ignore[PGS201] scratch data",
        "fsync = off  # pgsurvive: ignore[fsync-off]",
        "fsync = off  # imports # pgsurvive: ignore[PGS101, PGS201]",
        "# pgsurvive: ignore[PGS201] scratch data\nfsync = off",
        "# pgsurvive: ignore-file[PGS201] all of it\n\n\nfsync = off",
        "fsync = off\n# pgsurvive: ignore-file[pgs201]",
    ],
)
def test_a_comment_silences_what_it_names(text: str) -> None:
    assert _codes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "fsync = off  # pgsurvive: ignore[PGS101] another rule",
        "# pgsurvive: ignore[PGS201]\n\nfsync = off",
        "port = 1 # pgsurvive: ignore[PGS201] not alone on its line\nfsync = off",
        "fsync = off  # pgsurvive: ignore",
        "fsync = off  # pgsurvive: ignore[]",
    ],
)
def test_a_comment_silences_nothing_else(text: str) -> None:
    assert _codes(text) == FSYNC_OFF


def test_what_is_silenced_is_counted(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text("fsync = off # pgsurvive: ignore[PGS201]\n")
    assert check_paths([tmp_path]).suppressed == 1


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("fsync = off  # pgsurvive: ignore[PGS201]", []),
        ("fsync = on  # pgsurvive: ignore[PGS201]", [(1, 33)]),
        ("fsync = off  # pgsurvive: ignore[PGS101, fsync-off]", [(1, 34)]),
        ("# pgsurvive: ignore-file[PGS201]\n", [(1, 26)]),
        ("fsync = off  # pgsurvive: ignore[PGS201, PGS999]", [(1, 42)]),
        ("fsync = on  # pgsurvive: ignore[PGS201, PGS009] kept on purpose", []),
    ],
)
def test_what_silences_nothing_is_reported_where_it_stands(text: str, places: list[tuple[int, int]]) -> None:
    found = [f for f in check_text(text, "postgresql.conf") if f.code == UNUSED]
    assert [(f.line, f.column) for f in found] == places
