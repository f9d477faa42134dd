"""`make demo`: lints an example estate, then lets a real server lose data by one of the mistakes and keep it without.

The proof is the rule's own page, executed: what scrolls by is what the documentation shows.
"""

import os
import sys
import time
from pathlib import Path

from pgsurvive import cli
from pgsurvive.rules import find
from tests.docs.__main__ import main as run_documents
from tests.support.software import SoftwareError, postgresql

ESTATE = "examples/careless-shop"
PROVED = "PGS101"
MAJOR = 18


def main() -> int:
    """Runs both halves; returns 0 if the linter found the mistakes and the server did what the page says."""
    started = time.monotonic()
    os.chdir(Path(__file__).parents[1])
    _title(f"pgsurvive check {ESTATE}")
    found = cli.main(["check", ESTATE])
    if found != cli.FINDINGS:
        return 1
    rule = find(PROVED)
    assert rule is not None
    _title(f"Is it true? {PROVED} {rule.name} on a real PostgreSQL {MAJOR}")
    print("getting PostgreSQL ready ...", flush=True)
    print(
        f"PostgreSQL {postgresql(MAJOR).version}, in a temporary directory that goes away again\n", flush=True
    )
    page = os.path.relpath(rule.page)
    status = run_documents(["run", page, "--pg", str(MAJOR)])
    if status == 0:
        _title(f"Done in {time.monotonic() - started:.0f} s. Everything that ran is gone again.")
        print("Check your own files:  .venv/bin/pgsurvive check PATH")
        print("Read why:              .venv/bin/pgsurvive rule PGS101")
    return status


def _title(text: str) -> None:
    style = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else ("", "")
    print(f"\n{style[0]}{text}{style[1]}\n{'─' * min(len(text), 100)}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SoftwareError as error:
        print(f"\n{error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\ninterrupted; the temporary server is gone", file=sys.stderr)
        sys.exit(130)
