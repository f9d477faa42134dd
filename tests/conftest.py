"""What all tests share: the majors they run on, the lab, and the rule that a real server is never skipped."""

import os
from collections.abc import Generator, Iterator

import pytest

from tests.support.lab import Lab
from tests.support.postgresql import MAJORS

_SKIPPED = "a test against real programs must not be skipped (PGSURVIVE_ALLOW_SKIP=1 allows it for one run)"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pg",
        action="append",
        type=int,
        choices=MAJORS,
        metavar="MAJOR",
        help="run only on this major version of PostgreSQL; may be repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "server: needs real programs; skipping it is a failure")
    config.addinivalue_line(
        "markers", "not_here: this machine can't run it; its skip is reported, and allowed"
    )
    config.addinivalue_line("markers", "majors(*numbers): the majors of PostgreSQL that a test is about")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "major" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("majors")
        metafunc.parametrize("major", marker.args if marker else MAJORS, ids=lambda major: f"pg{major}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "major" in getattr(item, "fixturenames", ()):
            item.add_marker("server")
    chosen = config.getoption("--pg")
    if chosen:
        left_out = [item for item in items if _major(item) not in (None, *chosen)]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def _major(item: pytest.Item) -> int | None:
    callspec = getattr(item, "callspec", None)
    major: int | None = callspec.params.get("major") if callspec else None
    return major


def _skips_are_failures() -> bool:
    return os.environ.get("PGSURVIVE_ALLOW_SKIP") != "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test against real programs into a failure: what did not run is not proven."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    allowed = item.get_closest_marker("not_here")
    if skipped and item.get_closest_marker("server") and not allowed and _skips_are_failures():
        report.outcome = "failed"
        report.longrepr = f"{report.longreprtext}\n{_SKIPPED}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole module into a failure too: nobody knows what it would have tested."""
    report = yield
    if report.skipped and _skips_are_failures():
        report.outcome = "failed"
        report.longrepr = f"{report.longreprtext}\n{_SKIPPED}"
    return report


@pytest.fixture
def lab(major: int) -> Iterator[Lab]:
    """Return a lab of the major that the test is run with, its server running."""
    with Lab(major) as opened:
        yield opened
