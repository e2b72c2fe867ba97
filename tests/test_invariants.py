"""What must hold for every page and text: those of the corpus, and of the development sets.

Of the development pages one in twenty is taken; ``BOILERKIT_PAGE_STEP=1`` takes them all, as
``.ci/full`` does. Small generated inputs come along.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from page_words import missing_words
from strategies import pages, texts

from benchmarks.checks import Checker
from benchmarks.corpus import read_corpus
from benchmarks.datasets import DATA_SETS, load
from boilerkit import CleanConfig, Cleaner, Role
from boilerkit.bench_files import LabelledPage, LabelledText
from boilerkit.decode import decode_html
from boilerkit.train.datasets import load_typed_documents

PAGE_STEP = int(os.environ.get("BOILERKIT_PAGE_STEP", "20"))
PAGE_SETS = ("wcxb-dev", "fundus-dev", "trafilatura-eval")
CORPUS = read_corpus()
INERT = (
    "<script>var x = '<p>Log in</p>'; x += \"</p>\";</script>",
    "<style>p { display: none } /* <p>Log in</p> */</style>",
    "<!-- <p>Log in</p> -->",
)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker()


@pytest.fixture(scope="module")
def keeper() -> Cleaner:
    """A cleaner that drops nothing and prints everything."""
    return Cleaner(config=CleanConfig(drop=[], roles=Role))


class TestGenerated:
    @given(text=texts)
    def test_texts(self, checker: Checker, keeper: Cleaner, text: str) -> None:
        hold_text(text, checker, keeper)

    @given(html=pages)
    def test_pages(self, checker: Checker, shipped: Cleaner, keeper: Cleaner, html: str) -> None:
        hold_page(f"<body><div>{html}</div></body>", checker, shipped, keeper)


class TestTexts:
    def test_those_of_the_corpus(self, checker: Checker, keeper: Cleaner) -> None:
        for item in CORPUS:
            if isinstance(item, LabelledText):
                hold_text(item.text, checker, keeper)

    @pytest.mark.data
    @pytest.mark.slow
    def test_all_development_texts(
        self, checker: Checker, keeper: Cleaner, data_folder: Path
    ) -> None:
        for document in load_typed_documents(data_folder):
            hold_text("\n".join(document.lines), checker, keeper)


def hold_text(text: str, checker: Checker, keeper: Cleaner) -> None:
    """Assert what must hold for a text."""
    checker.check_text(text)
    assert keeper.clean(text) == text


class TestPages:
    @pytest.mark.parametrize(
        "item",
        [item for item in CORPUS if isinstance(item, LabelledPage)],
        ids=lambda item: item.name,
    )
    def test_those_of_the_corpus(
        self, checker: Checker, shipped: Cleaner, keeper: Cleaner, item: LabelledPage
    ) -> None:
        hold_page(item.path.read_text(encoding="utf-8"), checker, shipped, keeper)

    @pytest.mark.data
    @pytest.mark.slow
    @pytest.mark.parametrize("name", PAGE_SETS)
    def test_development_pages(
        self, checker: Checker, shipped: Cleaner, keeper: Cleaner, data_folder: Path, name: str
    ) -> None:
        pages = load(DATA_SETS[name], data_folder)
        for page in random.Random(name).sample(pages, -(-len(pages) // PAGE_STEP)):
            try:
                hold_page(decode_html(page.read_html()), checker, shipped, keeper)
            except AssertionError as error:
                raise AssertionError(f"page {page.id} of {name}: {error}") from None


def hold_page(page: str, checker: Checker, shipped: Cleaner, keeper: Cleaner) -> None:
    """Assert what must hold for a page."""
    checker.check_page(page)
    everything = keeper.classify_html(page)
    assert everything.text == "\n".join(line.text for line in everything.lines)
    assert missing_words(everything.text, page) == []
    text, rest = shipped.extract(page), iter(everything.text.split("\n"))
    assert not text or all(line in rest for line in text.split("\n"))
    for changed in with_inert(page):
        assert shipped.extract(changed) == text


def with_inert(page: str) -> Iterator[str]:
    """Yield the page with something at the end of its body of which nothing is seen."""
    for end in list(_BODY_END.finditer(page))[-1:]:
        yield from (page[: end.start()] + inert + page[end.start() :] for inert in INERT)


def test_a_page_gets_what_is_not_seen_at_the_end_of_its_body() -> None:
    pages = list(with_inert("<body><p>One</p></body><p>two</BODY >"))
    assert [page.startswith("<body><p>One</p></body><p>two<s") for page in pages] == [
        True,
        True,
        False,
    ]
    assert all(page.endswith("</BODY >") for page in pages)


class TestMissingWords:
    """What looks for made-up words must find one."""

    @pytest.mark.parametrize(
        ("text", "page", "missing"),
        [
            ("One two", "<p>O<b>ne</b><p>two", []),
            ("One two", "<p>One", ["two"]),
            ("Onetwo", "<p>One <b>two</b>", ["Onetwo"]),
            ("two", "<p>One<script>two</script><style>two</style><!-- two -->", ["two"]),
            ("two", '<p>One<script>f("two")</script>', []),
            ("zwölf", '<script type="application/ld+json">{"text": "zw\\u00f6lf"}</script>', []),
            ("two", r'<script>f("[\"<p>t<b>wo<\/b><\/p>\"]")</script>', []),
            ("two", "<meta name=description content=two>", []),
        ],
    )
    def test_finds_words_that_are_not_there(self, text: str, page: str, missing: list[str]) -> None:
        assert missing_words(text, page) == missing
