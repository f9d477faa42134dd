"""Every page on every major."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.page import ROOT, Page, PageError, find_pages
from tests.docs.report import describe, record
from tests.docs.run import run_page

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", find_pages(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_does_what_it_shows(path: Path, major: int, request: pytest.FixtureRequest) -> None:
    try:
        page = Page.read(path)
    except PageError as error:
        pytest.fail(str(error), pytrace=False)
    result = run_page(page, major)
    record(result)
    if result.failure:
        pytest.fail(describe(result, result.failure), pytrace=False)
    if result.not_here:
        request.node.add_marker("not_here")
        pytest.skip(result.not_here)
