"""Writes linter/pgsurvive/catalog/programs.json: the options of PostgreSQL, pgBackRest and Barman, from themselves.

python -m tools.catalog_programs            write the file
python -m tools.catalog_programs --check    exit 1 if it would change
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.barman import barman, barman_version
from tests.support.pgbackrest import pgbackrest, pgbackrest_version
from tests.support.software import MAJORS, postgresql
from tools.programs import barman as barmans
from tools.programs import combinations, getopt
from tools.programs import pgbackrest as pgbackrests

FILE = Path(__file__).parents[1] / "linter" / "pgsurvive" / "catalog" / "programs.json"


def catalog() -> dict[str, dict[str, Any]]:
    """Program to what is known of it."""
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        scratch.chmod(0o777)
        found = _postgresql(scratch)
        _progress("pgBackRest")
        commands, options = pgbackrests.options(pgbackrest(), scratch)
        found["pgbackrest"] = {
            "product": f"pgBackRest {_number(pgbackrest_version())}",
            "commands": commands,
            "options": options,
            "refusals": pgbackrests.restore_refusals(pgbackrest(), scratch),
        }
        _progress("Barman")
        for name, described in barmans.programs(barman(), scratch).items():
            found[name] = {"product": f"Barman {_number(barman_version())}", **described}
    return dict(sorted(found.items()))


def _postgresql(scratch: Path) -> dict[str, dict[str, Any]]:
    """The programs of all majors; options that majors agree on are taken together."""
    found: dict[str, dict[str, Any]] = {}
    for major in MAJORS:
        _progress(f"PostgreSQL {major}")
        bindir = postgresql(major).bindir
        all_options = getopt.options(bindir, scratch)
        all_refusals = combinations.refusals(bindir, scratch, all_options)
        for name, options in all_options.items():
            program = found.setdefault(name, {"product": "PostgreSQL", "majors": [], "options": []})
            program["majors"].append(major)
            _merge(program["options"], options, major)
            if name in all_refusals:
                _merge(program.setdefault("refusals", []), all_refusals[name], major)
    for program in found.values():
        for entry in (*program["options"], *program.get("refusals", ())):
            if entry["majors"] == program["majors"]:
                del entry["majors"]
    return found


def _merge(known: list[dict[str, Any]], new: list[dict[str, Any]], major: int) -> None:
    """Adds what a major has; what is known already gets the major."""
    for entry in new:
        same = next((e for e in known if {**e, "majors": None} == {**entry, "majors": None}), None)
        if same is None:
            known.append({**entry, "majors": [major]})
        else:
            same["majors"].append(major)


def _number(version: str) -> str:
    return version.rsplit(maxsplit=1)[-1]


def _progress(what: str) -> None:
    print(f"{what} ...", file=sys.stderr, flush=True)


def rendered(data: dict[str, dict[str, Any]]) -> str:
    """One line per option, so that a change of a version reads well in a diff."""
    programs = []
    for name, program in data.items():
        head = json.dumps({key: value for key, value in program.items() if key not in _LISTS})[:-1]
        lists = (f', "{key}": [\n    {_lines(program[key])}\n  ]' for key in _LISTS if program.get(key))
        programs.append(f"  {json.dumps(name)}: {head}{''.join(lists)}}}")
    return "{\n" + ",\n".join(programs) + "\n}\n"


_LISTS = ("options", "refusals")


def _lines(entries: list[dict[str, Any]]) -> str:
    return ",\n    ".join(map(json.dumps, entries))


def main(arguments: list[str]) -> int:
    """Writes or checks the file; returns the exit status."""
    text = rendered(catalog())
    if arguments == ["--check"]:
        current = FILE.read_text() == text
        print("current" if current else f"{FILE} is out of date: python -m tools.catalog_programs")
        return 0 if current else 1
    FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
