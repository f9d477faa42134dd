"""The real programs that the tests run. `python -m tests.support.software` makes all of them ready."""

import sys
from functools import partial

from tests.support.barman import barman, barman_version
from tests.support.cache import SoftwareError, cache_directory
from tests.support.chromium import chromium, chromium_version
from tests.support.pgbackrest import OLD, pgbackrest, pgbackrest_2_45, pgbackrest_version
from tests.support.postgresql import MAJORS, PostgreSQL, postgresql
from tests.support.prometheus import promtool, promtool_version
from tests.support.s3 import s3, s3_version

__all__ = [
    "MAJORS",
    "PostgreSQL",
    "SoftwareError",
    "barman",
    "cache_directory",
    "chromium",
    "pgbackrest",
    "pgbackrest_2_45",
    "postgresql",
    "promtool",
    "s3",
]


def _make_postgresql(major: int) -> str:
    found = postgresql(major)
    return f"{found.version} ready in {found.bindir}"


def _make_pgbackrest() -> str:
    program = pgbackrest()
    return f"{pgbackrest_version()} ready in {program.parent}"


def _make_old_pgbackrest() -> str:
    return f"{OLD} ready in {pgbackrest_2_45().parent}"


def _make_barman() -> str:
    programs = barman()
    return f"{barman_version()} ready in {programs}"


def _make_s3() -> str:
    programs = s3()
    return f"moto {s3_version()} ready in {programs}"


def _make_promtool() -> str:
    program = promtool()
    return f"promtool {promtool_version()} ready in {program.parent}"


def _make_chromium() -> str:
    return f"{chromium_version()} ready in {chromium().parent}"


def main() -> int:
    """Make every program ready, one line each; return an exit status."""
    steps: list[tuple[str, partial[str]]] = [
        *((f"postgresql {major}", partial(_make_postgresql, major)) for major in MAJORS),
        ("pgbackrest", partial(_make_pgbackrest)),
        (f"pgbackrest {OLD}", partial(_make_old_pgbackrest)),
        ("barman", partial(_make_barman)),
        ("s3", partial(_make_s3)),
        ("promtool", partial(_make_promtool)),
        ("chromium", partial(_make_chromium)),
    ]
    failed = 0
    for name, make in steps:
        print(f"{name} ... ", end="", flush=True)
        try:
            print(make(), flush=True)
        except SoftwareError as error:
            print(f"failed\n{error}", flush=True)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
