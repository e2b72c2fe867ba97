"""The labels a line can get and the roles it can have.

The meaning of each label is documented in ``docs/labels.md``.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["CHROME_LABELS", "PAGE_TYPES", "Label", "Role"]


class _Name(str, Enum):
    """A string enum whose ``str()``, ``format()`` and JSON are the bare value on every Python."""

    # the hash of what it equals, and much faster than Enum's
    __hash__ = str.__hash__

    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, spec: str) -> str:
        return str.__format__(self, spec)


class Label(_Name):
    """What a line is: the page's content, or one kind of chrome."""

    CONTENT = "content"
    DONATION = "donation"
    SUBSCRIPTION = "subscription"
    NEWSLETTER = "newsletter"
    ACCOUNT = "account"
    CONSENT = "consent"
    ADVERTISEMENT = "advertisement"
    SOCIAL = "social"
    COMMENTS = "comments"
    RELATED = "related"
    NAVIGATION = "navigation"
    LEGAL = "legal"
    BYLINE = "byline"
    INTERFACE = "interface"
    EMPTY = "empty"


CHROME_LABELS: tuple[Label, ...] = tuple(label for label in Label if label is not Label.CONTENT)


class Role(_Name):
    """What a line is in the page's structure; ``TEXT`` where no DOM is left."""

    TITLE = "title"
    STANDFIRST = "standfirst"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    CAPTION = "caption"
    QUOTE = "quote"
    CODE = "code"
    TEXT = "text"


PAGE_TYPES = ("article", "documentation", "service", "forum", "listing", "collection", "product")
"""The types of page that the model tells apart, as in WCXB."""
