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
def test_a_page_does_what_it_shows(path: Path, major: int) -> None:
    complaint = _run(path, major)
    if complaint:
        pytest.fail(complaint, pytrace=False)


def _run(path: Path, major: int) -> str | None:
    try:
        page = Page.read(path)
    except PageError as error:
        return str(error)
    result = run_page(page, major)
    record(result)
    return describe(result, result.failure) if result.failure else None
