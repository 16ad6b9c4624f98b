"""Prose of a clause as HTML. Pure.

HAZARD: the text comes from a file somebody uploaded. HTML in it stays text, links are plain web addresses, pictures are left out.
"""

from __future__ import annotations

from markdown_it import MarkdownIt

_READER = MarkdownIt("commonmark", {"html": False}).disable(
    ["image", "html_block", "html_inline", "heading", "lheading"]
)


def html(text: str) -> str:
    """Paragraphs, lists, emphasis, code, quotations and links; safe to show as it is."""
    return str(_READER.render(text))
