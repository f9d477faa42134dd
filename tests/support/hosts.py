"""Two hosts for a lab: each with a network of its own, joined by a cable, and neither sees the other's disk.

A host is a process with a network and a mount namespace, which are named nowhere else: they are gone as soon as the
lab's keeper has ended the lab's processes, even when the test process was killed. Nothing of the machine's own
network changes, and no packet can leave the two.
"""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.support import namespaces
from tests.support.cache import Account, SoftwareError, output_of
from tests.support.keeper import Keeper

FIRST, SECOND = "db.example.internal", "backup.example.internal"
ADDRESSES = {FIRST: "10.20.30.1", SECOND: "10.20.30.2"}


@cache
def unavailable() -> str | None:
    """Return why this machine can't have two hosts, None if it can.

    As root with iproute2 the only reason is a kernel that refuses, as in a container without CAP_SYS_ADMIN.
    """
    return namespaces.missing(
        "a second host",
        purpose="to make network namespaces",
        namespaces="network namespaces",
        trial=["unshare", "--net", "--mount", "ip", "link", "set", "lo", "up"],
        programs={"ip": "iproute2"},
    )


class Hosts:
    """The two hosts of a lab.

    first, second: the process in whose namespaces the host's processes run
    disk: the directory in which the second host's view of the lab's directory really is
    exchange: the one directory that both see, empty, for what a reader copies from host to host
    """

    first: int
    second: int
    disk: Path
    exchange: Path

    def __init__(
        self, directory: Path, keeper: Keeper, account: Account | None, env: Mapping[str, str]
    ) -> None:
        """Make them; SoftwareError where they are unavailable()."""
        reason = unavailable()
        if reason:
            raise SoftwareError(reason)
        hidden = directory / ".hosts"
        self.disk, self.exchange = hidden / "second", directory / "exchange"
        for path in (self.exchange, self.disk, self.disk / self.exchange.name):
            path.mkdir(mode=0o700, parents=True)
            if account:
                os.chown(path, account.uid, account.gid)
        table = hidden / "table"
        table.write_text(
            "".join(f"{address} {name}\n" for name, address in ADDRESSES.items()) + "127.0.0.1 localhost\n"
        )
        self.first, self.second = (namespaces.hold(keeper, env, "--net", "--mount") for _ in range(2))
        cable = f"eth0 netns {self.first} type veth peer name eth0 netns {self.second}"
        _do(f"ip link add {cable}")
        for process, address in zip((self.first, self.second), ADDRESSES.values(), strict=True):
            _do(f"nsenter --target {process} --net ip address add {address}/24 dev eth0")
            _do(f"nsenter --target {process} --net ip link set eth0 up")
            _do(f"nsenter --target {process} --net ip link set lo up")
            _do(f"nsenter --target {process} --mount mount --bind {table} /etc/hosts")
        inside = self.disk / self.exchange.name
        _do(f"nsenter --target {self.second} --mount mount --bind {self.exchange} {inside}")
        _do(f"nsenter --target {self.second} --mount mount --rbind {self.disk} {directory}")
        _do(f"nsenter --target {self.first} --mount mount -t tmpfs none {hidden}")


def _do(command: str) -> None:
    output_of(command.split(), what="cannot make a second host")
