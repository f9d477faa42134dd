"""What a commit pays: `pgsurvive check` on one file against its neighbors in a pre-commit run, in one run on one machine.

    .venv/bin/python benchmarks/startup.py

Times differ from machine to machine; the ratios to a bare interpreter and to shellcheck are what to compare.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 15
BIN = Path(sys.executable).parent

CONF = "fsync = on\nwal_level = replica\nwork_mem = 64MB\n"
COMMAND = (
    "archive_mode = on\narchive_timeout = 60\narchive_command = 'pgbackrest --stanza=main archive-push %p'\n"
)
SCRIPT = "#!/bin/bash\nset -euo pipefail\npg_basebackup --pgdata=/srv/backup/base\n"


def main() -> None:
    """Measures and prints medians and ratios."""
    with tempfile.TemporaryDirectory() as directory:
        conf = _file(directory, "plain/postgresql.conf", CONF)
        command = _file(directory, "archiving/postgresql.conf", CONF + COMMAND)
        script = _file(directory, "backup.sh", SCRIPT)
        cases: dict[str, list[str | Path]] = {
            "a bare interpreter": [sys.executable, "-c", "pass"],
            "pgsurvive, a configuration": [BIN / "pgsurvive", "check", conf],
            "pgsurvive, one with an archive_command": [BIN / "pgsurvive", "check", command],
            "shellcheck, a script": [BIN / "shellcheck", script],
            "ruff, a Python file": [BIN / "ruff", "check", "--isolated", "--no-cache", __file__],
        }
        medians = {name: _median([str(part) for part in case]) for name, case in cases.items()}
    bare = medians["a bare interpreter"]
    peer = medians["shellcheck, a script"]
    print(f"{'':40} {'ms':>6} {'x bare':>8} {'x shellcheck':>13}")
    for name, seconds in medians.items():
        print(f"{name:40} {seconds * 1000:6.0f} {seconds / bare:8.1f} {seconds / peer:13.1f}")


def _file(directory: str, name: str, text: str) -> Path:
    file = Path(directory, name)
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def _median(command: list[str]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run(command, check=False, capture_output=True)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


if __name__ == "__main__":
    main()
