"""Make ready what the site is built from, and add to the built site what no builder makes.

`python -m tools.publish prepare`, then a builder, then `python -m tools.publish finish SITE`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.docs.report import RESULTS
from tests.support.cache import SoftwareError
from tools.publish import diagrams, executed, llms, skill

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return an exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.publish", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    prepare = steps.add_parser("prepare", help="write what the builder reads and git ignores")
    prepare.add_argument("--docs", type=Path, default=ROOT / "docs", help="the site's source")
    prepare.add_argument("--records", type=Path, default=RESULTS, help="what the document runner wrote")
    finish = steps.add_parser("finish", help="add to a built site llms.txt, Markdown and the skill")
    finish.add_argument("site", type=Path, help="the directory that the builder wrote")
    options = parser.parse_args(arguments)
    if options.step == "finish":
        llms.write(ROOT, options.site)
        skill.write(ROOT, options.site)
        return 0
    try:
        diagrams.provide(options.docs)
    except SoftwareError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    executed.write(options.docs, options.records)
    return 0


if __name__ == "__main__":
    sys.exit(main())
