"""Writes linter/pgsurvive/catalog/barman_options.json from the installed Barman.

    python -m tools.catalog_barman           write the file
    python -m tools.catalog_barman --check   say whether it is current

Names, sections, defaults and parsers come from Barman's own classes, asked in its own Python. Which words an option takes is
found by giving its parser every word that the package's configuration module knows.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.software import barman

FILE = Path(__file__).parents[1] / "linter/pgsurvive/catalog/barman_options.json"

# Runs in Barman's Python. A parser's name says what it takes.
_ASK = r"""
import inspect, io, json, logging
import barman
from barman import config, output
from barman.config import Config, ModelConfig, ServerConfig

TYPES = {
    "parse_boolean": "boolean", "int": "integer", "parse_time_interval": "interval", "parse_si_suffix": "size",
    "parse_slot_name": "slot name", "parse_snapshot_disks": "list", "parse_compression_level": "level",
    "parse_staging_path": "absolute path", "parse_directory_or_cloud_provider": "directory or URL",
}


def words():
    found = set()
    for value in vars(config).values():
        members = value if isinstance(value, (list, tuple)) or type(value).__name__ == "dict_keys" else ()
        found.update(m for m in members if isinstance(m, str))
    for function in vars(config).values():
        if inspect.isfunction(function):
            for constant in function.__code__.co_consts:
                found.update((constant,) if isinstance(constant, str) else constant if isinstance(constant, tuple) else ())
    return sorted(word for word in found if isinstance(word, str) and word and " " not in word)


def takes(parser):
    accepted = {}
    for word in WORDS:
        try:
            accepted[word] = parser(word)
        except Exception:
            pass
    return accepted


def described(key):
    parser = ServerConfig.PARSERS.get(key, ModelConfig.PARSERS.get(key))
    if parser is None:
        return {"type": "text"}
    if inspect.isclass(parser) and issubclass(parser, config.CsvOption):
        conflicts = {tuple(sorted(pair)) for pair in parser.conflicts.items()}
        return {"type": "set", "values": sorted(parser.value_list), "conflicts": sorted(conflicts)}
    known = TYPES.get(parser.__name__)
    if known == "level":
        return {"type": known, "values": sorted(config.COMPRESSION_LEVELS)}
    if known:
        return {"type": known}
    values = takes(parser)
    ignores_case = all(parser(word.upper()) == meaning for word, meaning in values.items() if word.islower()) if any(
        map(str.islower, values)) and not case_matters(parser, values) else False
    row = {"type": "choice", "values": {word: meaning for word, meaning in values.items()}, "ignores_case": ignores_case}
    try:
        parser("")
        row["takes_empty"] = True
    except ValueError:
        pass
    return row


def case_matters(parser, values):
    for word in values:
        for other in (word.upper(), word.title()):
            try:
                parser(other)
            except ValueError:
                return True
    return False


WORDS = words()
options = {}
for key in [*ServerConfig.KEYS, "model"]:
    sections = [
        name
        for name, has in (
            ("server", key in ServerConfig.KEYS and key not in ServerConfig.FIXED),
            ("barman", key in ServerConfig.BARMAN_KEYS),
            ("model", key in ModelConfig.KEYS),
        )
        if has
    ]
    row = {"sections": sections, **described(key)}
    if key in ServerConfig.DEFAULTS:
        row["default"] = ServerConfig.DEFAULTS[key]
    options[key] = row

# What reading [barman] asks for, besides what servers inherit; and which of it the validation complains about all the same.
asked = []


class Asked(Config):
    def get(self, section, option, *arguments, **more):
        asked.append(option)
        return super().get(section, option, *arguments, **more)


def complaints(names):
    lines = "".join(f"{name} = 1\n" for name in names if name != "barman_home")
    complained = []
    output.warning = lambda message, *arguments: complained.append(arguments[0])
    Config(io.StringIO("[barman]\nbarman_home = /nowhere\n" + lines)).validate_global_config()
    return complained


minimal = Asked(io.StringIO("[barman]\nbarman_home = /nowhere\n"))
minimal.load_configuration_files_directory()
DEFAULT_OF = {
    "barman_user": minimal.user,
    "barman_lock_directory": "%(barman_home)s",
    "config_changes_queue": minimal.config_changes_queue.replace("/nowhere", "%(barman_home)s"),
    "lock_directory_cleanup": config.DEFAULT_CLEANUP,
    "log_level": logging.getLevelName(minimal.log_level),
    "log_format": minimal.log_format,
}
for key in asked:
    if key in options:
        continue
    row = {"sections": ["barman"], "type": "boolean" if key == "lock_directory_cleanup" else "text"}
    if key in DEFAULT_OF:
        row["default"] = DEFAULT_OF[key]
    options[key] = row
for key in complaints([key for key, row in options.items() if "barman" in row["sections"]]):
    options[key]["complained_about"] = True
print(json.dumps({"version": barman.__version__, "options": options}))
"""


def catalog() -> dict[str, Any]:
    """What the installed Barman says about its options."""
    done = subprocess.run([barman() / "python3", "-c", _ASK], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rendered(data: dict[str, Any]) -> str:
    """One line per option, so that a change of a version reads well in a diff."""
    lines = (f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in data["options"].items())
    return (
        f'{{\n  "version": {json.dumps(data["version"])},\n  "options": {{\n'
        + ",\n".join(lines)
        + "\n  }\n}\n"
    )


def main(arguments: list[str]) -> int:
    """Writes or checks the file; returns the exit status."""
    text = rendered(catalog())
    if arguments == ["--check"]:
        current = FILE.read_text() == text
        print("current" if current else f"{FILE} is out of date: python -m tools.catalog_barman")
        return 0 if current else 1
    FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
