"""Writes linter/pgsurvive/catalog/postgresql_settings.json from real clusters of every major.

    python -m tools.catalog_postgresql           write the file
    python -m tools.catalog_postgresql --check   say whether it is current

Types, units, ranges and defaults come from `pg_settings` of a fresh cluster. The view leaves out the spellings of an enum
that the documentation doesn't advertise, such as `archive` for wal_level; they are found by asking the server what it makes
of each (`postgres -C`). It also leaves out a few settings and the old names that the server still understands; they are
found by asking for every word in the server's binary.
"""

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.support.lab import Lab
from tests.support.software import MAJORS

FILE = Path(__file__).parents[1] / "linter/pgsurvive/catalog/postgresql_settings.json"

_QUERY = """
SELECT json_agg(json_build_object(
         'name', name, 'type', vartype, 'context', context, 'unit', unit, 'default', boot_val,
         'minimum', min_val, 'maximum', max_val, 'enumvals', enumvals) ORDER BY name COLLATE "C")
  FROM pg_settings WHERE name NOT LIKE '%.%'
"""

_UNLISTED = """
CREATE TEMPORARY TABLE words (word text);
COPY words FROM '{file}';
SELECT coalesce(json_agg(DISTINCT lower(word)), '[]') FROM words
 WHERE current_setting(word, true) IS NOT NULL AND lower(word) NOT IN (SELECT lower(name) FROM pg_settings);
"""

_HIDDEN = (
    "on",
    "off",
    "true",
    "false",
    "yes",
    "no",
    "1",
    "0",
    "archive",
    "hot_standby",
    "debug",
    "fatal",
    "panic",
)
"""Spellings that some enum accepts without listing them."""


def settings(major: int) -> list[dict[str, Any]]:
    """Every setting of a major, an enum with `values`: each accepted spelling and what it means."""
    with Lab(major) as lab:
        rows: list[dict[str, Any]] = json.loads(lab.psql(_QUERY))
        unlisted = _unlisted(lab)
        lab.stop()
        for row in rows:
            listed = row.pop("enumvals")
            if listed:
                row["values"] = _spellings(lab, row["name"], listed)
    rows += [{"name": name, "type": "string", "context": "user", "unlisted": True} for name in unlisted]
    return [{key: value for key, value in row.items() if value is not None} for row in rows]


def _unlisted(lab: Lab) -> list[str]:
    """Names that the server knows and pg_settings doesn't show; of their values nothing is known."""
    binary = lab.postgresql.program("postgres").read_bytes()
    words = {match.decode() for match in re.findall(rb"[A-Za-z_]{3,60}(?=\0)", binary)}
    file = lab.write("words", "\n".join(sorted(words)) + "\n")
    names: list[str] = json.loads(lab.psql(_UNLISTED.format(file=file)))
    return names


def _spellings(lab: Lab, name: str, listed: list[str]) -> dict[str, str]:
    def meaning(spelling: str) -> str | None:
        command = ["postgres", "-D", lab.env["PGDATA"], "-C", name, "-c", f"{name}={spelling}"]
        done = lab.run(command, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    candidates = sorted({*listed, *_HIDDEN})
    with ThreadPoolExecutor(2) as pool:
        found = zip(candidates, pool.map(meaning, candidates), strict=True)
    return {spelling: value for spelling, value in found if value is not None}


def catalog() -> dict[str, list[dict[str, Any]]]:
    """Name to definitions, majors that agree on one taken together."""
    merged: dict[str, list[dict[str, Any]]] = {}
    for major in MAJORS:
        print(f"PostgreSQL {major} ...", file=sys.stderr, flush=True)
        for row in settings(major):
            variants = merged.setdefault(row.pop("name"), [])
            same = next((v for v in variants if {**v, "majors": None} == {"majors": None, **row}), None)
            if same is None:
                variants.append({"majors": [major], **row})
            else:
                same["majors"].append(major)
    return dict(sorted(merged.items()))


def rendered(data: dict[str, list[dict[str, Any]]]) -> str:
    """One line per definition, so that a change of a major reads well in a diff."""
    lines = (
        f"  {json.dumps(name)}: [\n    " + ",\n    ".join(json.dumps(v) for v in variants) + "\n  ]"
        for name, variants in data.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Writes or checks the file; returns the exit status."""
    text = rendered(catalog())
    if arguments == ["--check"]:
        current = FILE.read_text() == text
        print("current" if current else f"{FILE} is out of date: python -m tools.catalog_postgresql")
        return 0 if current else 1
    FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
