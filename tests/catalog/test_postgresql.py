import pytest

from pgsurvive.catalog.postgresql import MAJORS, definition, majors_with
from pgsurvive.catalog.values import Invalid, interpret
from tests.support.lab import Lab
from tools import catalog_postgresql


@pytest.mark.server
@pytest.mark.timeout(900)
def test_generating_the_catalog_again_changes_nothing() -> None:
    assert catalog_postgresql.rendered(catalog_postgresql.catalog()) == catalog_postgresql.FILE.read_text()


def test_a_setting_is_known_in_the_majors_that_have_it_in_any_case() -> None:
    assert majors_with("Archive_Library") == {15, 16, 17, 18}
    assert majors_with("promote_trigger_file") == {14, 15}
    assert majors_with("archive_mod") == frozenset()
    assert definition("summarize_wal", 16) is None


_TEXTS = {
    "fsync": ["on", "off", "of", "o", "y", "TRUE", "f", "1", "0", "2", "", " on", "yes "],
    "archive_mode": ["on", "OFF", "always", "true", "yes", "1", "alw", ""],
    "wal_level": ["hot_standby", "Archive", "replica", "minimal", "none"],
    "archive_timeout": ["60", "1min", "1.5min", "90s", " 60 ", "60 s", "1H", "1h", "-1", "0x3c", "017", "1e2", "60x",
                        "s", "2d", "1073741824", "1073741823", "99999999999", "500ms", "1499ms", "nan", "08", "+5", "1 .5"],
    "work_mem": ["64", "64kB", "64KB", "1.5MB", "4 MB", "1TB", "0.0001GB", "65kb", "1GB ", "64B", "70000B", "1.", ".5MB"],
    "shared_buffers": ["16", "128MB", "1.2MB", "8kB", "20000B", "1B"],
    "checkpoint_completion_target": ["0.5", "1", "1.1", ".9", "1e-1", "0.5s", "inf"],
    "vacuum_cost_delay": ["2", "2.5", "20ms", "500us", "0.1s", "1min"],
    "max_slot_wal_keep_size": ["-1", "10GB", "1.5GB", "30.1GB", "0"],
}  # fmt: skip


def test_a_value_means_what_it_means_to_the_server(lab: Lab, major: int) -> None:
    lab.stop()
    disagreements = {}
    for name, texts in _TEXTS.items():
        known = definition(name, major)
        assert known is not None
        for text in texts:
            ours = interpret(known, text)
            theirs = _the_servers_value(lab, name, text)
            if theirs != (None if isinstance(ours, Invalid) else _shown(ours)):
                disagreements[name, text] = (ours, theirs)
    assert disagreements == {}


def _the_servers_value(lab: Lab, name: str, text: str) -> str | None:
    done = lab.run(["postgres", "-D", lab.env["PGDATA"], "-C", name, "-c", f"{name}={text}"], check=False)
    return _in_base_units(name, done.stdout.strip()) if done.returncode == 0 else None


def _in_base_units(name: str, shown: str) -> str:
    """The server shows `1min`; the catalog's own reading of that is checked by the spellings without a unit."""
    known = definition(name, MAJORS[-1])
    assert known is not None
    value = interpret(known, shown)
    return shown if isinstance(value, Invalid) else _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
