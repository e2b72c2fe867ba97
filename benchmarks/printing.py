"""Lines with labels → short pages in HTML that say nothing about them but their words.

On the pages of the sets class names, links and much chrome around tell an appeal from a paragraph.
Fragments, feeds and small sites have none of it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from html import escape

__all__ = ["print_page"]

_WRAPPERS = (
    "%s",
    "%s",
    "<body>%s</body>",
    "<main>%s</main>",
    "<article>%s</article>",
    "<body><div>%s</div></body>",
    "<body><main><article>%s</article></main></body>",
)
_TITLED = 0.4
_HEADED = 0.5
_PARAGRAPHS = ("<p>%s</p>",) * 6 + ("<div>%s</div>", "<section><p>%s</p></section>")
# An appeal is as plain as a paragraph, or stands out a little.
_APPEALS = (
    *_PARAGRAPHS,
    "<p><em>%s</em></p>",
    "<p><strong>%s</strong></p>",
    "<p><a href=/more>%s</a></p>",
    "<aside><p>%s</p></aside>",
    "<hr><p>%s</p>",
)


def print_page(
    lines: Sequence[str], is_content: Sequence[bool], title: str, rng: random.Random
) -> str:
    """Return a page of one block a line; `title` is its headline, if it gets one."""
    blocks = []
    if title and rng.random() < _HEADED:
        blocks.append(f"<h1>{escape(title)}</h1>")
    paragraph = rng.choice(_PARAGRAPHS)
    for line, content in zip(lines, is_content, strict=True):
        block = paragraph if content else rng.choice((paragraph, *_APPEALS))
        blocks.append(block % escape(line))
    body = rng.choice(_WRAPPERS) % "\n".join(blocks)
    head = f"<title>{escape(title)}</title>" if title and rng.random() < _TITLED else ""
    return f"<html><head>{head}</head>{body}</html>" if head else body
