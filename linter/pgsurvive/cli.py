"""The command line: arguments in, a report and an exit status out."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pgsurvive import __version__, config
from pgsurvive.api import check_paths
from pgsurvive.catalog.postgresql import MAJORS
from pgsurvive.config import ConfigError
from pgsurvive.reports.text import TextReport, write
from pgsurvive.rules import all_rules, exists, find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgsurvive.api import Result

CLEAN, FINDINGS, UNUSABLE = 0, 1, 2

_EPILOG = """\
exit status:
  0  nothing found
  1  findings
  2  the check could not run: bad arguments, a bad configuration file, nothing to check

examples:
  pgsurvive check .                          everything in this directory that pgsurvive knows
  pgsurvive check --pg 16 postgresql.conf    as PostgreSQL 16 reads it
  pgsurvive rule PGS101                      why a rule exists, with the loss shown on a real server
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough (`| head`). Keep Python from complaining when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINDINGS
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pgsurvive",
        description="Which disasters would your PostgreSQL survive? Checks backup and recovery configuration.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pgsurvive {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser(
        "check",
        help="check files and directories",
        description="Checks files and directories. Reads them, runs nothing, connects nowhere.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a directory to walk")
    check.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    check.add_argument(
        "--pg",
        type=int,
        choices=MAJORS,
        metavar="MAJOR",
        help=f"the major of the servers, {MAJORS[0]} to {MAJORS[-1]}; default: from the path, else all of them",
    )
    check.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"use this instead of the nearest {config.FILE} or pyproject.toml",
    )
    check.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="default: auto, which honors NO_COLOR",
    )
    fixes = check.add_mutually_exclusive_group()
    fixes.add_argument(
        "--fix",
        action="store_true",
        help="apply the fixes that never lower protection, then report what is left",
    )
    fixes.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    check.add_argument(
        "--allow-nothing",
        action="store_true",
        help="succeed where none of the files is one to check, as a hook wants it",
    )
    check.set_defaults(run=_check)

    rule = commands.add_parser("rule", help="print a rule's page", description="Prints a rule's page.")
    rule.add_argument("rule", metavar="CODE|NAME", help="such as PGS101 or archive-mode-off")
    rule.set_defaults(run=_rule)

    rules = commands.add_parser("rules", help="list the rules", description="Lists the rules.")
    rules.set_defaults(run=_rules)
    return parser


def _check(options: argparse.Namespace) -> int:
    progress = _Progress(sys.stderr)
    try:
        chosen = config.load(options.config, exists) if options.config else None
        result = check_paths(options.paths, pg=options.pg, config=chosen, progress=progress)
    except (ConfigError, FileNotFoundError) as error:
        _complain(str(error))
        return UNUSABLE
    finally:
        progress.clear()
    if not result.checked and not (options.allow_nothing and not result.unreadable):
        for path, reason in result.unreadable:
            _complain(f"{path}: can't be read: {reason}")
        looked_at = result.passed_over + len(result.unreadable)
        _complain(
            f"nothing to check: looked at {looked_at} file{'' if looked_at == 1 else 's'}, and none is configuration of "
            "PostgreSQL, pgBackRest or Barman, a script, SQL, a schedule or a container's file"
        )
        return UNUSABLE
    if options.diff:
        return _show_fixes(result)
    if options.fix:
        applied = _apply_fixes(result)
        if applied is None:
            return UNUSABLE
        if applied:
            result = check_paths(options.paths, pg=options.pg, config=chosen)
    if options.format == "json":
        from pgsurvive.reports import json as json_report  # noqa: PLC0415 - pydantic, only where it is asked for

        write(json_report.render(result))
    else:
        write(TextReport(color=_use_color(options.color, sys.stdout)).render(result))
    if result.unreadable:
        return UNUSABLE
    return FINDINGS if result.findings else CLEAN


def _show_fixes(result: Result) -> int:
    from pgsurvive.fix import fixed  # noqa: PLC0415 - only where it is asked for

    files = list(fixed(result.findings))
    for file in files:
        write(file.diff())
    count = sum(len(file.applied) for file in files)
    _complain(f"--fix would fix {count} of {len(result.findings)} findings")
    return FINDINGS if files else CLEAN


def _apply_fixes(result: Result) -> int | None:
    """How many findings were fixed; None where a file can't be written, after saying so."""
    from pgsurvive import fix  # noqa: PLC0415 - only where it is asked for

    count = 0
    for file in fix.fixed(result.findings):
        try:
            fix.write(file)
        except OSError as error:
            _complain(f"{file.source.path}: can't be written: {error.strerror or error}; it is as it was")
            return None
        count += len(file.applied)
        for finding in file.applied:
            if finding.fix is not None:
                _complain(f"{finding.path}:{finding.line}: fixed {finding.code}: {finding.fix.description}")
    return count


def _rule(options: argparse.Namespace) -> int:
    found = find(options.rule)
    if found is None:
        import difflib  # noqa: PLC0415

        names = [name for rule in all_rules() for name in (rule.code, rule.name)]
        near = difflib.get_close_matches(options.rule, names, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; `pgsurvive rules` lists them"
        _complain(f"no rule is called {options.rule}{hint}")
        return UNUSABLE
    write(found.page.read_text(encoding="utf-8"))
    return CLEAN


def _rules(_: argparse.Namespace) -> int:
    rules = all_rules()
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        write(f"{rule.code}  {rule.name:<{width}}  {rule.severity.value:<7}  {rule.summary}\n")
    return CLEAN


def _use_color(choice: str, stream: TextIO) -> bool:
    """What `--color` says; for auto a terminal gets colors unless NO_COLOR is set (see no-color.org)."""
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _complain(message: str) -> None:
    for line in message.splitlines():
        print(f"pgsurvive: {line}", file=sys.stderr)


class _Progress:
    """Counts files on a terminal once a check takes a noticeable time; says nothing elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = False

    def __call__(self, number: int, path: str) -> None:
        if number % 100 == 0 and self._stream.isatty():
            self._stream.write(f"\r\x1b[K{number} files … {path[-60:]}")
            self._stream.flush()
            self._shown = True

    def clear(self) -> None:
        """Removes the line again."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
