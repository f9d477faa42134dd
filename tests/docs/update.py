"""Rewrites the recorded output of a page with what its blocks really printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.docs.page import Page


def rewrite(page: Page, outputs: dict[int, list[str]]) -> bool:
    """Replace the blocks of these indexes in the page's file; tell whether that changed anything."""
    text = page.text
    for index in sorted(outputs, reverse=True):
        block = page.blocks[index]
        lines = [f"{block.indent}{line}".rstrip() for line in outputs[index]]
        text = text[: block.start] + "".join(f"{line}\n" for line in lines) + text[block.end :]
    if text == page.text:
        return False
    page.path.write_text(text, encoding="utf-8")
    return True
