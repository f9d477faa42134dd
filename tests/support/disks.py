"""A small disk for a lab: a file system that is soon full, so that a server really meets "No space left on device".

It is mounted in a mount namespace that belongs to a process of the lab: it is gone with the lab, even when the test
process was killed, and nothing outside the lab sees it.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.support import namespaces
from tests.support.cache import Account, SoftwareError, output_of
from tests.support.keeper import Keeper

MEGABYTES = 128


@cache
def unavailable() -> str | None:
    """Return why this machine can't have a small disk, None if it can.

    As root the only reason is a kernel that refuses, as in a container without CAP_SYS_ADMIN.
    """
    return namespaces.missing(
        "a small disk",
        purpose="to mount it",
        namespaces="a mount namespace",
        trial=["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
    )


class SmallDisk:
    """The small disk of a lab.

    process: the process in whose view of the file system the disk is mounted
    directory: where
    """

    process: int
    directory: Path

    def __init__(
        self, directory: Path, keeper: Keeper, account: Account | None, env: Mapping[str, str]
    ) -> None:
        """Mount it; SoftwareError where it is unavailable()."""
        reason = unavailable()
        if reason:
            raise SoftwareError(reason)
        self.directory = directory / "small_disk"
        self.directory.mkdir()
        self.process = namespaces.hold(keeper, env, "--mount")
        options = [f"size={MEGABYTES}m", "mode=0700"]
        if account:
            options += [f"uid={account.uid}", f"gid={account.gid}"]
        inside = ["nsenter", f"--target={self.process}", "--mount"]
        output_of(
            [*inside, "mount", "-t", "tmpfs", "-o", ",".join(options), "none", self.directory],
            what="cannot mount a small disk",
        )
