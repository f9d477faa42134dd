"""Runs pages outside of pytest, and sums up what the last runs did.

Exit status: 0 every page does what it says, 1 one does not, 2 it could not be tried, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tests.docs.console import Console
from tests.docs.page import Page, PageError, find_pages
from tests.docs.report import record, summary
from tests.docs.run import run_page
from tests.docs.update import rewrite
from tests.support.software import MAJORS, SoftwareError

if TYPE_CHECKING:
    from collections.abc import Iterator


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says and return the exit status."""
    options = _parse(arguments)
    if options.command == "summary":
        _say(summary(_readable(find_pages()), MAJORS))
        return 0
    try:
        return _run(options)
    except SoftwareError as error:
        _say(str(error), sys.stderr)
        return 2
    except KeyboardInterrupt:
        _say("\ninterrupted; the lab is gone", sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    known = find_pages()
    paths = options.page or known
    majors = options.pg or [max(MAJORS)]
    console = Console(sys.stdout, quiet=options.quiet)
    status = 0
    for path in paths:
        for major in majors:
            try:
                page = Page.read(path)
            except OSError as error:
                _say(f"{path}: {error.strerror}", sys.stderr)
                return 2
            except PageError as error:
                _say(str(error), sys.stderr)
                status = 1
                break
            result = run_page(page, major, console, update=options.update)
            if path.resolve() in known:
                record(result)
            if rewrite(page, result.new_outputs):
                _say(f"{page.name}: recorded {len(result.new_outputs)} output(s) anew")
            if result.failure:
                status = 1
    return status


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.docs", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run pages and show what they do")
    run.add_argument("page", type=Path, nargs="*", help="a Markdown file; default: every page")
    run.add_argument(
        "--pg", type=int, action="append", choices=MAJORS, metavar="N", help="repeatable; default: the newest"
    )
    run.add_argument("--quiet", action="store_true", help="only a line for each page, and what failed")
    run.add_argument("--update", action="store_true", help="record the output that the blocks print now")
    commands.add_parser("summary", help="a table of what the last runs did")
    options = parser.parse_args(arguments)
    if options.command == "run" and options.update and len(options.pg or []) > 1:
        parser.error("--update records the output of one major")
    return options


def _readable(paths: list[Path]) -> Iterator[Page]:
    for path in paths:
        try:
            yield Page.read(path)
        except PageError as error:
            _say(str(error), sys.stderr)


def _say(text: str, stream: TextIO = sys.stdout) -> None:
    stream.write(f"{text}\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
