"""The extractors that boilerkit is measured against, one small function each.

A function takes the page as stored (bytes) and returns the main text, one block per line. Every
library runs with its defaults, reader comments left out where it offers that choice. This module
imports the libraries inside the functions: it must load in environments that hold only some of
them, without boilerkit, because the functions run in worker processes (:mod:`benchmarks.worker`).
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import metadata

__all__ = ["SYSTEMS", "System", "fingerprint", "installed_version"]


@dataclass(frozen=True)
class System:
    """One extractor.

    ``distribution`` names the package whose version belongs to the result, or is None where the
    answer depends on no package. ``label`` is the row's name in a report. ``ranked`` is False for
    the rows that are text sources for other measurements rather than rivals. ``note`` is what a
    reader of its misses has to know.
    """

    name: str
    label: str
    distribution: str | None
    extract: Callable[[bytes], str]
    ranked: bool = True
    note: str = ""


@cache
def fingerprint(system: System) -> str:
    """Return 8 hex digits that change whenever the adapter's code does."""
    source = inspect.getsource(system.extract) + inspect.getsource(decode)
    return hashlib.sha256(source.encode()).hexdigest()[:8]


def installed_version(system: System) -> str | None:
    """Return the version of the system's package here, ``-`` if it needs none, None if missing."""
    if system.distribution is None:
        return "-"
    try:
        return metadata.version(system.distribution)
    except metadata.PackageNotFoundError:
        return None


def trafilatura(html: bytes) -> str:
    import trafilatura

    return str(trafilatura.extract(html, include_comments=False) or "")


def trafilatura_fast(html: bytes) -> str:
    import trafilatura

    return str(trafilatura.extract(html, include_comments=False, fast=True) or "")


def trafilatura_recall(html: bytes) -> str:
    import trafilatura

    return str(trafilatura.extract(html, favor_recall=True) or "")


def resiliparse(html: bytes) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    # comments stay on: they are the posts of a forum page
    return str(extract_plain_text(decode(html), main_content=True, alt_texts=False))


def resiliparse_full(html: bytes) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(decode(html), alt_texts=False))


def readability_lxml(html: bytes) -> str:
    import lxml.html
    from readability import Document

    summary = lxml.html.fromstring(Document(decode(html)).summary())
    return "\n".join(map(str, summary.itertext()))


def newspaper4k(html: bytes) -> str:
    import newspaper

    # left on, pictures are asked for over the network
    article = newspaper.article(_ADDRESS, input_html=decode(html), fetch_images=False)
    return str(article.text)


def newspaper4k_en(html: bytes) -> str:
    import newspaper

    article = newspaper.article(
        _ADDRESS, input_html=decode(html), fetch_images=False, language="en"
    )
    return str(article.text)


def justext(html: bytes) -> str:
    import justext

    paragraphs = justext.justext(html, justext.get_stoplist("English"))
    return "\n".join(part.text for part in paragraphs if not part.is_boilerplate)


def boilerpy3(html: bytes) -> str:
    from boilerpy3.extractors import ArticleExtractor

    return str(ArticleExtractor(raise_on_failure=False).get_content(decode(html)))


def goose3(html: bytes) -> str:
    from goose3 import Goose

    return str(Goose().extract(raw_html=decode(html)).cleaned_text)


def inscriptis(html: bytes) -> str:
    from inscriptis import get_text

    return str(get_text(decode(html)))


def trafipy(html: bytes) -> str:
    import trafipy

    return str(trafipy.extract(decode(html)).text)


def nothing(html: bytes) -> str:
    return ""


# newspaper4k wants an address; the pages' own ones are no part of the task
_ADDRESS = "http://example.com"
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE)


def decode(html: bytes) -> str:
    """Return the text of a page for the libraries that take no bytes.

    UTF-8 if the bytes are valid UTF-8, else the charset that the page declares, else Windows-1252.
    """
    try:
        return html.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    declared = _META_CHARSET.search(html[:4096])
    name = declared.group(1).decode("ascii", "replace") if declared else "windows-1252"
    try:
        return html.decode(name, "replace")
    except LookupError:
        return html.decode("windows-1252", "replace")


SYSTEMS: dict[str, System] = {
    system.name: system
    for system in (
        System("trafipy", "rs-trafilatura (trafipy)", "trafipy", trafipy),
        System("trafilatura", "trafilatura", "trafilatura", trafilatura),
        System("trafilatura-fast", "trafilatura, fast=True", "trafilatura", trafilatura_fast),
        System("resiliparse", "resiliparse, main_content", "resiliparse", resiliparse),
        System("readability-lxml", "readability-lxml", "readability-lxml", readability_lxml),
        System(
            "newspaper4k",
            "newspaper4k",
            "newspaper4k",
            newspaper4k,
            note="needs NLTK's punkt_tab for Korean pages, which pip does not install",
        ),
        System("newspaper4k-en", "newspaper4k, language='en'", "newspaper4k", newspaper4k_en),
        System("justext", "jusText, English stoplist", "justext", justext),
        System("boilerpy3", "boilerpy3, ArticleExtractor", "boilerpy3", boilerpy3),
        System("goose3", "goose3", "goose3", goose3),
        System("inscriptis", "all visible text (inscriptis)", "inscriptis", inscriptis),
        System("nothing", "nothing", None, nothing),
        System("resiliparse-full", "resiliparse, all text", "resiliparse", resiliparse_full, False),
        System(
            "trafilatura-recall", "trafilatura, recall", "trafilatura", trafilatura_recall, False
        ),
    )
}
