"""What the rules about the file itself say of several files, which a page's block can't show, and of old names."""

from pathlib import Path

from pgsurvive import Config, check_paths, check_text
from pgsurvive.catalog.removed import REMOVED
from tests.support.lab import Lab

_VALUES_OF_OLD_NAMES = (
    ("default_with_oids", "on"),
    ("default_with_oids", "fal"),
    ("default_with_oids", "OFF"),
    ("ssl_renegotiation_limit", "512MB"),
    ("ssl_renegotiation_limit", "0kB"),
    ("ssl_renegotiation_limit", "0"),
    ("data_checksums", "on"),
    ("sort_mem", "4MB"),
)


def _found(directory: Path, code: str, files: dict[str, str]) -> list[tuple[str, int]]:
    for name, text in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    findings = check_paths([directory], config=Config(select=(code,))).findings
    return [(Path(f.path).relative_to(directory).as_posix(), f.line) for f in findings]


def test_what_alter_system_overrides_is_found_if_a_recovery_depends_on_it(tmp_path: Path) -> None:
    files = {
        "postgresql.conf": "work_mem = 4MB\narchive_mode = on\n",
        "postgresql.auto.conf": "work_mem = '8MB'\narchive_mode = 'off'\n",
    }
    assert _found(tmp_path, "PGS006", files) == [("postgresql.conf", 2)]


def test_an_included_file_may_override_but_what_overrides_it_is_found(tmp_path: Path) -> None:
    files = {
        "postgresql.conf": "fsync = off\ninclude_dir 'conf.d'\narchive_mode = off\n",
        "conf.d/wal.conf": "fsync = on\narchive_mode = on\n",
    }
    assert _found(tmp_path, "PGS006", files) == [("conf.d/wal.conf", 2)]


def test_only_the_include_that_is_missing_is_found(tmp_path: Path) -> None:
    files = {
        "postgresql.conf": "wal_level = replica\ninclude 'site.conf'\ninclude 'wal.conf'\n",
        "site.conf": "work_mem = 4MB\n",
    }
    assert _found(tmp_path, "PGS007", files) == [("postgresql.conf", 3)]


def test_the_values_of_old_names_are_refused_that_the_server_refuses(major: int) -> None:
    with Lab(major, start=False) as lab:
        for name, value in _VALUES_OF_OLD_NAMES:
            text = f"port = 5432\n{name} = '{value}'\n"
            found = check_text(text, "postgresql.conf", pg=major, config=Config(select=("PGS003",)))
            assert bool(found) is not _starts_with(lab, "-c", f"{name}={value}"), f"{name} = {value}"


def test_the_server_knows_a_removed_setting_until_the_major_that_removed_it(major: int) -> None:
    with Lab(major, start=False) as lab:
        known = {name for name in REMOVED if _starts_with(lab, "-C", name)}
    assert known == {name for name, removed in REMOVED.items() if float(removed.version) > major}


def _starts_with(lab: Lab, option: str, argument: str) -> bool:
    """Whether the server takes its configuration with this option; it only prints a setting and ends."""
    command = ["postgres", "-D", lab.env["PGDATA"], option, argument]
    return lab.run([*command, "-C", "port"] if option == "-c" else command, check=False).returncode == 0
