"""What each line of a page is in its structure: the headline, a heading, a list item, a caption."""

from __future__ import annotations

import re

from boilerkit.labels import Role
from boilerkit.page_lines import PageLines

__all__ = ["headline", "line_roles"]

_ROLE_OF_TAG = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), Role.HEADING),
    **dict.fromkeys(("li", "dt", "dd"), Role.LIST_ITEM),
    **dict.fromkeys(("figcaption", "caption"), Role.CAPTION),
    "blockquote": Role.QUOTE,
    "pre": Role.CODE,
    "tr": Role.TABLE_ROW,
}
# Class names of captions that are no <figcaption>; a box of more lines is a gallery or a story.
_CAPTION_NAME = re.compile(r"(?<![A-Za-z])(?:fig)?captions?(?![a-z])|(?:Figc|C)aptions?(?![a-z])")
_MAX_CAPTION_LINES = 3
# Boxes that a role passes through to the lines inside: <li><p>…, <figcaption><div>….
_TRANSPARENT = frozenset(["p", "div", "center", "address", "label"])
_MIN_TITLE_CHARS = 8


def line_roles(page: PageLines) -> list[Role]:
    """Return the role of every line."""
    of_box = _box_roles(page)
    roles = [
        Role.CAPTION if inline and _names_caption(inline) else of_box[box]
        for box, inline in zip(page.line_box, page.line_inline, strict=True)
    ]
    headline = _find_headline(page, roles)
    if headline is not None:
        roles[headline] = Role.TITLE
        standfirst = _find_standfirst(page, headline)
        if standfirst is not None:
            roles[standfirst] = Role.STANDFIRST
    return roles


def headline(page: PageLines, roles: list[Role]) -> str:
    """Return the page's own headline, else its ``<title>``."""
    return page.texts[roles.index(Role.TITLE)] if Role.TITLE in roles else page.title


def _box_roles(page: PageLines) -> list[Role]:
    roles: list[Role] = []
    paragraph = Role.PARAGRAPH
    for box, (tag, parent) in enumerate(zip(page.box_tag, page.box_parent, strict=True)):
        if "aption" in page.box_names[box] and _is_caption(page, box):
            roles.append(Role.CAPTION)
        elif tag in _TRANSPARENT:
            roles.append(roles[parent])
        else:
            roles.append(_ROLE_OF_TAG.get(tag, paragraph))
    return roles


def _is_caption(page: PageLines, box: int) -> bool:
    size = page.box_end[box] - page.box_first[box]
    return 0 < size <= _MAX_CAPTION_LINES and _names_caption(page.box_names[box])


def _names_caption(names: str) -> bool:
    return "aption" in names and _CAPTION_NAME.search(names) is not None


def _find_headline(page: PageLines, roles: list[Role]) -> int | None:
    """Return the first heading that the page's title begins with or holds; else the only h1."""
    titles = [_key(title) for title in (page.meta.get("og:title", ""), page.title) if title]
    heading = Role.HEADING
    headings = [line for line, role in enumerate(roles) if role is heading]
    for line in headings:
        key = _key(page.texts[line])
        if len(key) >= _MIN_TITLE_CHARS and any(key in title or title in key for title in titles):
            return line
    first_level = [line for line in headings if page.box_tag[page.line_box[line]] == "h1"]
    return first_level[0] if len(first_level) == 1 else None


def _find_standfirst(page: PageLines, headline: int) -> int | None:
    """Return the line near the headline that the page also gives as its description."""
    description = _key(page.meta.get("description", "") or page.meta.get("og:description", ""))
    if len(description) < 2 * _MIN_TITLE_CHARS:
        return None
    for line in range(headline + 1, min(headline + 8, len(page.texts))):
        if _key(page.texts[line]) == description:
            return line
    return None


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))
