"""Page sets in their upstream layouts, beside those that training reads.

Exam sets are here too. They are loaded like any other set; nothing in this project opens them
except a user's own ``python -m benchmarks run --sets NAME``.
"""

from __future__ import annotations

import datetime
import gzip
import json
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import lxml.html

from boilerkit.errors import MissingDependencyError
from boilerkit.train.datasets import Page
from boilerkit.train.sites import site_of_html, site_of_url

__all__ = [
    "GzippedPage",
    "fundus_dev_ids",
    "load_article_extraction_benchmark",
    "load_fundus",
    "load_wcxb",
    "parse_fundus_body",
    "with_readability_text",
]


@dataclass(frozen=True, slots=True)
class GzippedPage(Page):
    """A page that is stored gzipped."""

    def read_html(self) -> bytes:
        """Return the page, unzipped and undecoded."""
        return gzip.decompress(self.path.read_bytes())


def load_wcxb(folder: Path, split: str) -> Iterator[Page]:
    """Yield the pages of ``dev`` or ``test`` in upstream's layout.

    Upstream's ``dev/`` folder repeats 139 pages of ``test/``. ``metadata.json`` assigns each page
    to one split only, and what it assigns elsewhere is left out here.
    """
    splits = _wcxb_splits(folder)
    left_out = 0
    for truth_path in sorted((folder / split / "ground-truth").glob("*.json")):
        record = json.loads(truth_path.read_text(encoding="utf-8"))
        page_id = record["file_id"]
        if splits.get(page_id, split) == split:
            yield _wcxb_page(folder / split / "html" / f"{page_id}.html.gz", record, split)
        else:
            left_out += 1
    if left_out:
        warnings.warn(
            f"{left_out} pages in WCXB's {split}/ are left out: metadata.json puts them elsewhere",
            stacklevel=2,
        )


def _wcxb_splits(folder: Path) -> dict[str, str]:
    metadata = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    return {page_id: entry["split"] for page_id, entry in metadata["files"].items()}


def _wcxb_page(path: Path, record: dict[str, Any], split: str) -> Page:
    truth, page_id, url = record["ground_truth"], record["file_id"], record.get("url")
    return GzippedPage(
        dataset=f"wcxb-{split}",
        id=page_id,
        path=path,
        url=url or None,
        site=site_of_url(url) if url else f"wcxb-{split}:{page_id}",
        page_type=record["_internal"]["page_type"]["primary"],
        lang=_declared_language(gzip.decompress(path.read_bytes())),
        gold=truth.get("main_content") or "",
        title=truth.get("title") or "",
        required=tuple(truth.get("with") or ()),
        forbidden=tuple(truth.get("without") or ()),
    )


def load_article_extraction_benchmark(folder: Path) -> Iterator[Page]:
    """Yield the pages of article-extraction-benchmark: ids and ``articleBody`` in one JSON file."""
    truths = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    for page_id, truth in sorted(truths.items()):
        path = folder / "html" / f"{page_id}.html.gz"
        html = gzip.decompress(path.read_bytes())
        url = truth.get("url")
        yield GzippedPage(
            dataset="article-extraction-benchmark",
            id=page_id,
            path=path,
            url=url,
            site=(site_of_url(url) if url else site_of_html(html)) or f"aeb:{page_id}",
            page_type="article",
            lang=_declared_language(html),
            gold=truth["articleBody"],
        )


def with_readability_text(found: Iterable[Page]) -> Iterator[Page]:
    """Give each page of Readability.js's tests the text that Readability.js itself expects."""
    for page in found:
        expected = page.path.with_name("expected.html").read_bytes().decode("utf-8")
        # the file is indented: text nodes of two blocks never touch
        text = str(lxml.html.document_fromstring(expected).xpath("string()"))
        yield replace(page, gold=text)


class _Body(Protocol):
    """The part of Fundus' ``ArticleBody`` that is read here."""

    summary: Any
    sections: Any


def load_fundus(folder: Path, *, held: bool) -> Iterator[Page]:
    """Yield Fundus' own test pages (``CC/PUBLISHER_YYYY_MM_DD.html.gz``): dev ones or all others.

    Raises MissingDependencyError if the Fundus package, whose parsers give the ground truth, is not
    installed.
    """
    dev = fundus_dev_ids()
    for path in sorted(folder.glob("*/*.html.gz")):
        page_id = f"{path.parent.name}__{path.name.removesuffix('.html.gz')}"
        if (page_id in dev) == held:
            continue
        html = gzip.decompress(path.read_bytes())
        lines = parse_fundus_body(page_id, html.decode("utf-8"))
        if not lines:  # a page without an article, such as a video
            continue
        yield GzippedPage(
            dataset="fundus-held" if held else "fundus-dev",
            id=page_id,
            path=path,
            url=None,
            site=site_of_html(html) or f"fundus:{_split_fundus_id(page_id)[1]}",
            page_type="article",
            lang=_declared_language(html),
            gold="\n".join(lines),
        )


def fundus_dev_ids() -> frozenset[str]:
    """Return the ids of the Fundus pages that training may use."""
    text = resources.files("benchmarks").joinpath("fundus_dev_ids.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def parse_fundus_body(page_id: str, html: str) -> list[str]:
    """Return the article as the publisher's own Fundus parser gives it, white space folded.

    That is the summary, then each section's headline and paragraphs; the parser is the one that
    was valid on the page's date.
    """
    try:
        from fundus import PublisherCollection
    except ImportError as error:
        raise MissingDependencyError(
            "the Fundus package gives these pages' ground truth: pip install fundus"
        ) from error
    country, publisher, day = _split_fundus_id(page_id)
    parser = getattr(PublisherCollection, country)[publisher].parser(day)
    body = parser.parse(html, error_handling="suppress").get("body")
    return _body_lines(body) if body else []


def _body_lines(body: _Body) -> list[str]:
    texts = list(body.summary)
    for section in body.sections:
        texts += [*section.headline, *section.paragraphs]
    return [folded for text in texts if (folded := " ".join(text.split()))]


def _split_fundus_id(page_id: str) -> tuple[str, str, datetime.date]:
    country, _, rest = page_id.partition("__")
    publisher, year, month, day = rest.rsplit("_", 3)
    return country, publisher, datetime.date(int(year), int(month), int(day))


_LANGUAGE = re.compile(rb"<html[^>]{0,1000}?\blang\s*=\s*[\"']?([A-Za-z]{2,3})", re.IGNORECASE)


def _declared_language(html: bytes) -> str:
    """Return the language that the page declares, or ``?``."""
    match = _LANGUAGE.search(html[:20_000])
    return match.group(1).decode("ascii").lower() if match else "?"
