"""boilerkit removes boilerplate from web pages and from text that an extractor produced.

>>> import boilerkit
>>> boilerkit.clean("Skip to content\\nLog in\\n")
''

Every line gets a label, ``content`` or one kind of chrome: see :func:`classify_html` and
:func:`classify_text`. Importing does no work; the model is read at the first call.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from boilerkit.config import CleanConfig
from boilerkit.errors import (
    BoilerkitError,
    BoilerkitWarning,
    ConfigError,
    DecodeError,
    MissingDependencyError,
    ModelError,
)
from boilerkit.labels import Label, Role
from boilerkit.pipeline import Cleaner
from boilerkit.records import Document, Line, Part, Result
from boilerkit.site_profile import SiteProfile

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__version__ = "0.1.0"

__all__ = [
    "BoilerkitError",
    "BoilerkitWarning",
    "CleanConfig",
    "Cleaner",
    "ConfigError",
    "DecodeError",
    "Document",
    "Label",
    "Line",
    "MissingDependencyError",
    "ModelError",
    "Part",
    "Result",
    "Role",
    "SiteProfile",
    "__version__",
    "classify_html",
    "classify_text",
    "clean",
    "extract",
]


def extract(
    html: str | bytes | HtmlElement,
    *,
    url: str | None = None,
    charset: str | None = None,
    format: str = "text",
    config: CleanConfig | None = None,
) -> str:
    """Return the main content of a page, one line per paragraph, heading, list item, table row.

    html: the page as text, bytes or a parsed lxml element (left unchanged).
    url: the page's address, which relative links are resolved against.
    charset: the one that HTTP declared, for bytes.
    format: ``text``; ``markdown``, with headings, lists, tables, quotes and code; or
    ``markdown+links``, with the addresses of links too.

    Equals ``classify_html(html).render(format)``, and as ``text`` ``classify_html(html).text``. An
    empty page gives an empty text. Raises TypeError for an argument of a wrong type, ConfigError
    for an unknown format.
    """
    return _cleaner(config).extract(html, url=url, charset=charset, format=format)


def clean(text: str, *, config: CleanConfig | None = None) -> str:
    """Return a text that some extractor produced, without its chrome lines.

    Kept lines are unchanged, but for what ``CleanConfig(split_sentences=True)`` cuts off them; a
    text from which nothing is dropped comes back as it is. Between two kept lines stand as many
    blank lines as the longest run of them there in `text`. Equals
    ``classify_text(text).text``. Raises TypeError if `text` is no str.
    """
    return _cleaner(config).clean(text)


def classify_html(
    html: str | bytes | HtmlElement,
    *,
    url: str | None = None,
    charset: str | None = None,
    config: CleanConfig | None = None,
) -> Document:
    """Label every line of a page: the text of one block, with white space folded.

    The arguments are those of :func:`extract`. The lines' ``start`` and ``end`` are None.
    """
    return _cleaner(config).classify_html(html, url=url, charset=charset)


def classify_text(text: str, *, config: CleanConfig | None = None) -> Document:
    """Label every line of a text: a Line for each item of ``text.split("\\n")``.

    ``text[line.start:line.end] == line.text`` for every line; an empty text has none.
    """
    return _cleaner(config).classify_text(text)


def _cleaner(config: CleanConfig | None) -> Cleaner:
    if config is None:
        return _default_cleaner()
    if not isinstance(config, CleanConfig):
        raise TypeError(f"config must be a CleanConfig or None, not {type(config).__name__}")
    return _configured_cleaner(config)


@lru_cache(maxsize=1)
def _default_cleaner() -> Cleaner:
    return Cleaner()


@lru_cache(maxsize=8)
def _configured_cleaner(config: CleanConfig) -> Cleaner:
    return Cleaner(config=config)
