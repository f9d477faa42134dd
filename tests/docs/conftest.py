"""Leaves out the majors that a page says it is not about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.page import Page, PageError


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if _not_for_its_major(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _not_for_its_major(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function) or item.originalname != "test_a_page_does_what_it_shows":
        return False
    path, major = item.callspec.params["path"], item.callspec.params["major"]
    assert isinstance(path, Path)
    assert isinstance(major, int)
    try:
        page = Page.read(path)
    except PageError:
        return False  # the test itself says what is wrong with it
    return page.directives.why_not(major) is not None
