from pathlib import Path

import pytest

from pgsurvive import Config, ConfigError, Severity, check_paths
from pgsurvive.config import find, load
from pgsurvive.rules import exists


def _load(directory: Path, text: str, name: str = "pgsurvive.toml") -> Config:
    (directory / name).write_text(text)
    return load(directory / name, exists)


def _codes(directory: Path, config_text: str) -> list[tuple[str, str]]:
    config = _load(directory, config_text)
    (directory / "etc").mkdir(exist_ok=True)
    (directory / "etc/postgresql.conf").write_text("fsync = off\nfull_page_writes = off\n")
    result = check_paths([directory / "etc"], config=config)
    return [(finding.code, finding.severity.value) for finding in result.findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("PGS201", "error"), ("PGS202", "error")]),
        ('select = ["PGS201"]', [("PGS201", "error")]),
        ('select = ["PGS2"]\nignore = ["full-page-writes-off"]', [("PGS201", "error")]),
        ('severity = { PGS201 = "info" }', [("PGS201", "info"), ("PGS202", "error")]),
        ('[per-file-ignores]\n"etc/*.conf" = ["PGS2"]', []),
        ('[per-file-ignores]\n"other/*.conf" = ["PGS2"]', [("PGS201", "error"), ("PGS202", "error")]),
        ('exclude = ["etc/*"]', []),
    ],
)
def test_a_file_says_what_is_reported(tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    assert _codes(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("pg = 13", "pg: must be one of 14, 15, 16, 17, 18"),
        ('pg = "16"', "pg: Input should be a valid integer"),
        (
            "colour = true",
            "colour: unknown key; there are pg, select, ignore, severity, per-file-ignores, exclude",
        ),
        ('select = ["PGS999"]', "select.0: no rule is called 'PGS999'; `pgsurvive rules` lists them"),
        ('severity = { PGS201 = "fatal" }', "severity.PGS201: Input should be 'error', 'warning' or 'info'"),
        ("pg = ", "not valid TOML: "),
    ],
)
def test_a_mistake_is_named_with_file_and_key(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        _load(tmp_path, text)
    assert f"{tmp_path / 'pgsurvive.toml'}: {complaint}" in str(raised.value)


def test_every_mistake_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        _load(tmp_path, "pg = 13\nselect = 1\n")
    assert [line.split(": ")[1] for line in str(raised.value).splitlines()] == ["pg", "select"]


def test_a_key_in_pyproject_is_named_with_its_table(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pyproject\.toml: tool\.pgsurvive\.pg: "):
        _load(tmp_path, "[tool.pgsurvive]\npg = 13\n", "pyproject.toml")


def test_the_nearest_file_holds_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "repo/a/b"
    inner.mkdir(parents=True)
    (tmp_path / "pgsurvive.toml").write_text("pg = 14\n")
    (tmp_path / "repo/.git").mkdir()
    assert find(inner, exists).pg is None
    (tmp_path / "repo/pyproject.toml").write_text("[tool.pgsurvive]\npg = 15\n")
    assert find(inner, exists).pg == 15
    (inner / "pgsurvive.toml").write_text('pg = 16\nseverity = { fsync-off = "warning" }\n')
    assert find(inner, exists).pg == 16
    assert find(inner, exists).severity == {"fsync-off": Severity.WARNING}


def test_a_pyproject_without_the_table_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "pgsurvive.toml").write_text("pg = 14\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert find(tmp_path / "a", exists).pg == 14
