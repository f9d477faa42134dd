"""The pages of the site in the order of its navigation, as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mkdocs.config import load_config
from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mkdocs.config.defaults import MkDocsConfig

FRONT_MATTER = re.compile(r"\A---\n(?P<yaml>.*?)\n---\n+", re.DOTALL)
INCLUDE = re.compile(r'^--8<-- "(?P<path>[^"]+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page: `path` is its place in docs/ and `sections` the headings of the navigation above it."""

    path: str
    sections: tuple[str, ...]
    title: str
    description: str
    text: str
    """Markdown without front matter, with what it includes."""


def site_pages(root: Path) -> list[SitePage]:
    """Return every page of the navigation, in its order."""
    return [_read(root, path, sections) for path, sections in _walk(_configuration(root)["nav"], ())]


def address(root: Path) -> str:
    """Return the address of the site, with a slash at its end."""
    return str(_configuration(root)["site_url"])


def front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Return what stands in the front matter, empty if there is none, and the text behind it."""
    match = FRONT_MATTER.match(text)
    return (YAML(typ="safe").load(match["yaml"]), text[match.end() :]) if match else ({}, text)


@cache
def _configuration(root: Path) -> MkDocsConfig:
    return load_config(str(root / "mkdocs.yml"))


def _walk(items: list[Any], sections: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for item in items:
        if isinstance(item, str):
            yield item, sections
            continue
        for title, value in item.items():
            if isinstance(value, str):
                yield value, sections
            else:
                yield from _walk(value, (*sections, title))


def _read(root: Path, path: str, sections: tuple[str, ...]) -> SitePage:
    meta, body = front_matter((root / "docs" / path).read_text())
    body = INCLUDE.sub(lambda found: (root / found["path"]).read_text().rstrip("\n"), body)
    return SitePage(path, sections, str(meta["title"]), str(meta["description"]), body)
