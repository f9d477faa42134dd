"""Recorded output and what is printed."""

from __future__ import annotations

import pytest

from tests.docs.compare import difference, matches, merge


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("a\nb\n", "\na  \nb\n\n"),
        ("...", ""),
        ("...", "a\nb"),
        ("a\n...\nb", "a\nb"),
        ("a\n...\nb", "a\nb\nx\nb"),
        ("...\nb", "b\na\nb"),
        ("a ... c", "a b b c"),
        ("LSN 0/...", "LSN 0/3000028"),
        ("server starting.... done", "server starting.... done"),
    ],
)
def test_output_matches_its_record(expected: str, got: str) -> None:
    assert matches(expected, got)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("", "a"),
        ("a", ""),
        ("a", "a\nb"),
        ("a\n...\nb", "a\nb\nc"),
        ("a\n...\nb\nc", "a\nb\nx\nc"),
        ("a ... c", "a b d"),
        ("a.c", "abc"),
        (" a", "a"),
    ],
)
def test_other_output_does_not_match(expected: str, got: str) -> None:
    assert not matches(expected, got)


def test_the_difference_shows_what_changed_and_not_what_is_elided() -> None:
    assert difference("start\n...\nLSN 0/...\nend", "start\n1\n2\nLSN 0/28\nstop").splitlines() == [
        "--- expected",
        "+++ got",
        "@@ -1,4 +1,4 @@",
        " start",
        " ...",
        " LSN 0/...",
        "-end",
        "+stop",
    ]


def test_a_new_record_keeps_the_elisions_that_still_hold() -> None:
    assert merge("start\n...\nLSN 0/...\nend", "start\n1\n2\nLSN 0/28\nmore\nend") == [
        "start",
        "...",
        "LSN 0/...",
        "more",
        "end",
    ]


def test_a_new_record_drops_an_elision_whose_surroundings_are_gone() -> None:
    assert merge("before\n...\nafter", "other\nlines") == ["other", "lines"]
