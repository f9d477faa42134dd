"""The figures of the comparisons, on the site's page about tests."""

from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/testing.md"


def record(file: str, figures: str) -> None:
    """Write today's figures about the reading of a file, such as barman.conf, between its marks on the page."""
    before, mark, rest = PAGE.read_text().partition(f"<!-- differential: {file} -->\n")
    _, end, after = rest.partition("<!-- end -->")
    today = datetime.now(tz=UTC).date()
    PAGE.write_text(f"{before}{mark}On {today}, {figures}\n{end}{after}")
