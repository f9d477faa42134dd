"""A lab's small disk is really full, and nobody else's."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.disks import MEGABYTES, unavailable
from tests.support.lab import Lab
from tests.support.test_lab import wait_until_gone

pytestmark = pytest.mark.majors(18)


@pytest.fixture
def lab(major: int, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Return a lab with a small disk and a running server, which is not on it."""
    if reason := unavailable():
        request.node.add_marker("not_here")
        pytest.skip(reason)
    with Lab(major, small_disk=True) as lab:
        yield lab


def test_without_root_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unavailable.__wrapped__() == "a small disk needs root, to mount it"


def test_writing_more_than_fits_fails_and_no_other_disk_gets_full(lab: Lab) -> None:
    done = lab.run(
        f'head -c {MEGABYTES + 1}M /dev/zero >"$SMALL_DISK/file"; echo "$?"; df --output=avail "$SMALL_DISK" "$LAB"'
    )
    status, _, small, rest = done.stdout.split()
    assert (status, small) == ("1", "0")
    assert int(rest) > 0
    assert "No space left on device" in done.stderr


def test_the_machine_sees_an_empty_directory_and_later_none(lab: Lab) -> None:
    lab.run('touch "$SMALL_DISK/file"')
    directory = Path(lab.env["SMALL_DISK"])
    assert list(directory.iterdir()) == []
    lab.close()
    wait_until_gone(str(lab.directory), set())
