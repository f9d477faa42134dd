"""The options of Barman's programs, and those that exclude each other, from the parsers that print their help."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING, Any

from tools.programs.asking import said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SPY = '''
import argparse, importlib.abc, importlib.machinery, json, runpy, sys, types

class Absent(types.ModuleType):
    __path__ = []
    def __getattr__(self, name):
        return type(name, (Exception,), {})

class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Some programs import the libraries of a cloud, which aren't installed, before they parse."""
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("boto3", "botocore", "azure", "google"):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
    def create_module(self, spec):
        return Absent(spec.name)
    def exec_module(self, module):
        pass

sys.meta_path.append(Finder())

def described(parser):
    return [
        {"names": list(a.option_strings), "nargs": a.nargs,
         "metavar": a.metavar if isinstance(a.metavar, str) else a.dest.upper(),
         "choices": [str(c) for c in a.choices] if a.choices else None, "unlisted": a.help == argparse.SUPPRESS}
        for a in parser._actions if a.option_strings
    ]

def exclusive(parser):
    """The groups of options of which only one may be given."""
    return [[list(a.option_strings) for a in group._group_actions] for group in parser._mutually_exclusive_groups]

def spy(parser, *_):
    commands, groups = {}, {"": exclusive(parser)}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            commands = {name: described(sub) for name, sub in action.choices.items()}
            groups.update((name, exclusive(sub)) for name, sub in action.choices.items())
    print("\\n" + json.dumps({"options": described(parser), "commands": commands, "groups": groups}))
    sys.exit()

argparse.ArgumentParser.parse_known_args = spy
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
'''


def programs(bindir: Path, scratch: Path) -> dict[str, dict[str, Any]]:
    """The commands, the options and the refusals of every program of Barman, by program."""
    paths = sorted(path for path in bindir.iterdir() if path.name.startswith("barman"))
    return {path.name: _described(path, bindir / "python", scratch) for path in paths}


def _described(program: Path, python: Path, scratch: Path) -> dict[str, Any]:
    # The account that servers run as may be unable to read this Python; nothing but the parser is made.
    answer = json.loads(
        said(python, "-c", _SPY, str(program), scratch=scratch, as_root=True).splitlines()[-1]
    )
    found = [_option(action) for action in answer["options"]]
    merged: dict[str, dict[str, Any]] = {}
    for command, actions in answer["commands"].items():
        for action in actions:
            option = _option(action)
            same = merged.setdefault(json.dumps(option), {**option, "commands": []})
            same["commands"].append(command)
    described = {"commands": sorted(answer["commands"]), "options": [*found, *merged.values()]}
    refusals = [
        refusal for command, groups in answer["groups"].items() for refusal in _refusals(command, groups)
    ]
    return {**described, "refusals": refusals} if refusals else described


def _refusals(command: str, groups: list[list[list[str]]]) -> Iterator[dict[str, Any]]:
    """Every two options of a group, with what argparse says of them."""
    for group in groups:
        for first, second in combinations(group, 2):
            refusal: dict[str, Any] = {
                "refused": [[first[-1]], [second[-1]]],
                "says": f"argument {'/'.join(second)}: not allowed with argument {'/'.join(first)}",
            }
            yield {**refusal, "commands": [command]} if command else refusal


def _option(action: dict[str, Any]) -> dict[str, Any]:
    option: dict[str, Any] = {"names": action["names"]}
    nargs = action["nargs"]
    if nargs != 0:
        option["value"] = "|".join(action["choices"]) if action["choices"] else action["metavar"]
        if nargs == "?":
            option["optional"] = True
        elif nargs in ("*", "+"):
            option["several"] = True
        elif nargs is not None:
            raise AssertionError(f"{action}: a number of values that the catalog can't say")
    if action["unlisted"]:
        option["unlisted"] = True
    return option
