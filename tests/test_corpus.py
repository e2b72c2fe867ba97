"""The embedded evaluation corpus is what its README says: format, variety, coverage, hard cases."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from boilerkit.labels import Label

CORPUS = Path(__file__).resolve().parents[1] / "benchmarks" / "corpus"
CASE_FOLDER = Path(__file__).parent / "cases"
PAGES = sorted(path.stem for path in (CORPUS / "pages").glob("*.html"))
TEXTS = sorted(path.stem for path in (CORPUS / "texts").glob("*.txt"))

MIN_DOCUMENTS = 44  # of each kind: issue 3 asks for 40, the rest is reserve
MIN_LANGUAGES = 8
MIN_LINES_PER_LABEL = 15
MAX_SHARED = 0.2  # of the lines, or of the tag shingles, of the smaller of two documents
TAG_SHINGLE = 5  # consecutive start tags: shorter runs such as "li a li a" are common to all HTML
PAGE_LINES = range(40, 251)
TEXT_LINES = range(15, 91)
MIN_CASE_LINES = 7  # a decision and at least six lines around it
PAGE_TYPES = {
    "article",
    "blog",
    "collection",
    "documentation",
    "forum",
    "listing",
    "liveblog",
    "product",
    "recipe",
    "service",
}
UNSEEN_TAGS = {"script", "style", "template", "svg", "head", "select"}


@cache
def load_page(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((CORPUS / "pages" / f"{name}.json").read_text("utf-8"))
    return data


@cache
def load_text(name: str) -> tuple[list[str], dict[str, Any]]:
    """The text split at ``\\n``, and its labels file."""
    lines = (CORPUS / "texts" / f"{name}.txt").read_text("utf-8").split("\n")
    labels: dict[str, Any] = json.loads(
        (CORPUS / "texts" / f"{name}.labels.json").read_text("utf-8")
    )
    return lines, labels


@cache
def html_of(name: str) -> str:
    return (CORPUS / "pages" / f"{name}.html").read_text("utf-8")


def parse(source: str) -> Any:
    return lxml.html.document_fromstring(source)


@cache
def tree_of(name: str) -> Any:
    return parse(html_of(name))


def rows_with(name: str, *labels: str) -> list[str]:
    return [row["text"] for row in load_page(name)["lines"] if row["label"] in labels]


def is_hidden(element: Any) -> bool:
    """Whether the element is hidden by its own attributes, which is all that the corpus uses."""
    style = (element.get("style") or "").replace(" ", "").lower()
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or "display:none" in style
    )


def text_nodes(element: Any, *, hidden: bool) -> list[str]:
    """Text that readers see below `element`, or with ``hidden=True`` the text kept from them."""
    if not isinstance(element.tag, str) or element.tag in UNSEEN_TAGS:
        return []
    if is_hidden(element):
        return ["".join(element.itertext())] if hidden else []
    found = [] if hidden else [element.text or ""]
    for child in element:
        found += text_nodes(child, hidden=hidden)
        found += [] if hidden else [child.tail or ""]
    return found


def fold(text: str) -> str:
    return " ".join(text.split())


def letters(text: str) -> str:
    """`text` without white space and without the bar that joins table cells."""
    return re.sub(r"[\s|]+", "", text)


def json_ld_items(name: str) -> list[dict[str, Any]]:
    scripts = tree_of(name).xpath('//script[@type="application/ld+json"]/text()')
    parsed = [json.loads(script) for script in scripts]
    return [item for data in parsed for item in data.get("@graph", [data])]


def json_ld_lines(name: str) -> list[str]:
    """Article bodies and product descriptions of the page's JSON-LD, one line a paragraph."""
    values = [
        item.get(key, "") for item in json_ld_items(name) for key in ("articleBody", "description")
    ]
    return [fold(line) for value in values for line in value.split("\n") if line.strip()]


def readme() -> str:
    return (CORPUS / "README.md").read_text("utf-8")


def case_lines(case: dict[str, Any]) -> list[str]:
    """The lines of a case: of its text, or the text of each of its elements and of its JSON-LD."""
    if case["kind"] == "text":
        return [line for line in case["input"].split("\n") if line]
    tree = parse(case["input"])
    blocks = [fold(e.text_content()) for e in tree.iter() if isinstance(e.tag, str)]
    scripts = [json.loads(text) for text in tree.xpath("//script/text()")]
    values = [data.get(key, "") for data in scripts for key in ("articleBody", "description")]
    return blocks + [line for value in values for line in value.split("\n")]


def shared(left: set[Any], right: set[Any]) -> float:
    """Share of the smaller set that the other one has too."""
    return len(left & right) / min(len(left), len(right))


def tag_shingles(name: str) -> set[tuple[tuple[str, str], ...]]:
    tags = [(e.tag, e.get("class", "")) for e in tree_of(name).iter() if isinstance(e.tag, str)]
    return {tuple(tags[i : i + TAG_SHINGLE]) for i in range(len(tags) - TAG_SHINGLE + 1)}


# --- format -----------------------------------------------------------------------------------


def test_every_page_has_its_labels_and_nothing_else_lies_about() -> None:
    assert {p.name for p in (CORPUS / "pages").iterdir()} == {
        f"{name}.{ext}" for name in PAGES for ext in ("html", "json")
    }
    assert {p.name for p in (CORPUS / "texts").iterdir()} == {
        f"{name}{ext}" for name in TEXTS for ext in (".txt", ".labels.json")
    }


@pytest.mark.parametrize("name", PAGES)
def test_page_labels_are_well_formed(name: str) -> None:
    page = load_page(name)
    assert set(page) == {"lang", "page_type", "lines"}
    assert name.startswith(f"{page['lang']}-{page['page_type']}-")
    assert page["page_type"] in PAGE_TYPES
    assert len(page["lines"]) in PAGE_LINES
    for row in page["lines"]:
        assert set(row) == {"text", "label"}
        assert row["text"] == fold(row["text"]) != ""
        assert (row["label"] == "empty") == (re.search(r"\w", row["text"]) is None)
        Label(row["label"])


@pytest.mark.parametrize("name", TEXTS)
def test_text_labels_are_well_formed(name: str) -> None:
    lines, file = load_text(name)
    assert set(file) == {"lang", "labels"}
    assert name.startswith(f"{file['lang']}-")
    assert len(lines) == len(file["labels"])
    assert len(lines) in TEXT_LINES
    for line, label in zip(lines, file["labels"], strict=True):
        Label(label)
        assert (label == "empty") == (re.search(r"\w", line) is None), line


@pytest.mark.parametrize("name", PAGES)
def test_page_html_does_not_give_its_labels_away(name: str) -> None:
    assert not tree_of(name).xpath("//@l | //@data-l | //@data-label")


# --- the lines are the page -------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_lines_are_exactly_the_visible_text_in_reading_order(name: str) -> None:
    lines = [row["text"] for row in load_page(name)["lines"]]
    only_in_json_ld = [line for line in json_ld_lines(name) if line in lines]
    in_page = lines[: len(lines) - len(only_in_json_ld)]
    assert lines[len(in_page) :] == only_in_json_ld
    seen = "".join(text_nodes(tree_of(name).find("body"), hidden=False))
    assert letters("".join(in_page)) == letters(seen)


@pytest.mark.parametrize("name", PAGES)
def test_every_line_occurs_in_the_folded_text_nodes(name: str) -> None:
    source = fold("".join(text_nodes(tree_of(name).find("body"), hidden=False)))
    known = {*json_ld_lines(name)}
    for row in load_page(name)["lines"]:
        cells = [row["text"]] if row["text"] in source else row["text"].split(" | ")
        assert row["text"] in known or all(cell in source for cell in cells), row["text"]


# --- size and variety -------------------------------------------------------------------------


def test_there_are_enough_pages_and_texts_in_enough_languages() -> None:
    assert len(PAGES) >= MIN_DOCUMENTS
    assert len(TEXTS) >= MIN_DOCUMENTS
    assert len({load_page(name)["lang"] for name in PAGES}) >= MIN_LANGUAGES
    assert len({load_text(name)[1]["lang"] for name in TEXTS}) >= MIN_LANGUAGES


def test_every_page_type_is_there_at_least_twice() -> None:
    counts = Counter(load_page(name)["page_type"] for name in PAGES)
    assert set(counts) == PAGE_TYPES
    assert min(counts.values()) >= 2


def test_every_label_is_there_often_enough() -> None:
    counts = Counter(row["label"] for name in PAGES for row in load_page(name)["lines"])
    counts += Counter(label for name in TEXTS for label in load_text(name)[1]["labels"])
    assert {
        label: counts[label.value] for label in Label if counts[label.value] < MIN_LINES_PER_LABEL
    } == {}


def test_every_document_holds_content_and_chrome() -> None:
    for name in PAGES:
        labels = {row["label"] for row in load_page(name)["lines"]}
        assert "content" in labels, name
        assert len(labels) >= 4, name
    for name in TEXTS:
        labels = set(load_text(name)[1]["labels"])
        assert "content" in labels, name
        assert len(labels) >= 3, name


def test_no_two_documents_share_more_than_a_fifth_of_their_lines() -> None:
    pages = {name: {row["text"] for row in load_page(name)["lines"]} for name in PAGES}
    texts = {name: {line for line in load_text(name)[0] if line.strip()} for name in TEXTS}
    lines = {
        **{f"pages/{k}": v for k, v in pages.items()},
        **{f"texts/{k}": v for k, v in texts.items()},
    }
    alike = [
        (a, b)
        for a, b in itertools.combinations(lines, 2)
        if shared(lines[a], lines[b]) > MAX_SHARED
    ]
    assert alike == []


def test_no_two_pages_come_from_one_template() -> None:
    shingles = {name: tag_shingles(name) for name in PAGES}
    alike = [
        (a, b)
        for a, b in itertools.combinations(PAGES, 2)
        if shared(shingles[a], shingles[b]) > MAX_SHARED
    ]
    assert alike == []


# --- hard cases -------------------------------------------------------------------------------

TOPICS = {
    "a story about a donation campaign": ("en-article-lifeboat-campaign", r"donat", "donation"),
    "a subscription price report": ("en-article-stream-prices", r"subscri", "subscription"),
    "a second one in Swedish": ("sv-article-prenumeration", r"prenumer", "subscription"),
    "a cookie recipe": ("en-recipe-rye-cookies", r"cookie", "consent"),
    "a cookie recipe in German": ("de-recipe-hafertaler", r"cookie", "consent"),
    "a privacy-law explainer": ("de-article-cookie-recht", r"cookie|einwilligung", "consent"),
    "an essay about newsletters": ("en-blog-newsletter-diary", r"newsletter|subscri", "newsletter"),
}


@pytest.mark.parametrize("case", TOPICS)
def test_articles_about_a_chrome_topic_stand_beside_that_chrome(case: str) -> None:
    name, pattern, label = TOPICS[case]
    about = [line for line in rows_with(name, "content") if re.search(pattern, line, re.IGNORECASE)]
    assert len(about) >= 3
    assert rows_with(name, label)


def test_appeals_stand_between_paragraphs_in_the_language_of_the_article() -> None:
    languages = set()
    for name in PAGES:
        labels = [row["label"] for row in load_page(name)["lines"]]
        first, last = labels.index("content"), len(labels) - labels[::-1].index("content")
        if "donation" in labels[first:last]:
            languages.add(load_page(name)["lang"])
    assert len(languages) >= MIN_LANGUAGES - 2


def test_appeals_survive_between_the_paragraphs_of_extracted_texts() -> None:
    names = []
    for name in TEXTS:
        labels = load_text(name)[1]["labels"]
        first, last = labels.index("content"), len(labels) - labels[::-1].index("content")
        if {"donation", "subscription", "newsletter"} & set(labels[first:last]):
            names.append(name)
    assert len(names) >= 20
    assert len({load_text(name)[1]["lang"] for name in names}) >= MIN_LANGUAGES


def test_a_forum_thread_stands_inside_noscript() -> None:
    (noscript,) = tree_of("en-forum-kiln-noscript").xpath("//noscript")
    inside = letters("".join(noscript.itertext()))
    assert all(letters(line) in inside for line in rows_with("en-forum-kiln-noscript", "content"))


@pytest.mark.parametrize(
    ("name", "key", "min_lines"),
    [
        ("fr-article-batellerie-jsonld", "articleBody", 8),
        ("es-product-cafetera-jsonld", "description", 4),
    ],
)
def test_content_stands_in_json_ld_alone(name: str, key: str, min_lines: int) -> None:
    assert any(item.get(key) for item in json_ld_items(name))
    seen = fold("".join(text_nodes(tree_of(name).find("body"), hidden=False)))
    hidden_content = [line for line in rows_with(name, "content") if line in json_ld_lines(name)]
    assert len(hidden_content) >= min_lines
    assert all(line not in seen for line in hidden_content)


@pytest.mark.parametrize(
    "name",
    [
        "en-article-sleepclinic-hidden",
        "en-product-lantern-hidden",
        "en-article-stream-prices",
        "en-service-orchard-saas",
    ],
)
def test_text_hidden_from_readers_is_no_line(name: str) -> None:
    lines = "\n".join(row["text"] for row in load_page(name)["lines"])
    hidden = [
        fold(text) for text in text_nodes(tree_of(name).find("body"), hidden=True) if text.strip()
    ]
    assert hidden
    assert all(text not in lines for text in hidden)


@pytest.mark.parametrize(
    ("what", "xpath"),
    [
        ("code blocks", "//pre//code"),
        ("data tables", "//table[.//th]"),
        ("layout tables", "//td//table"),
        ("nested lists", "//li//li"),
        ("definition lists", "//dl/dt"),
        ("quotes", "//blockquote"),
        ("captions", "//figcaption"),
        ("buttons", "//button"),
        ("old markup", "//font | //center"),
        ("semantic markup", "//main//article"),
        ("headings without heading tags", '//div[@role="heading"]'),
    ],
)
def test_structure_occurs_on_several_pages(what: str, xpath: str) -> None:
    assert sum(bool(tree_of(name).xpath(xpath)) for name in PAGES) >= 2, what


def test_some_pages_leave_their_tags_open() -> None:
    paragraphs = [
        (html_of(name).lower().count("<p"), html_of(name).lower().count("</p>")) for name in PAGES
    ]
    assert sum(opened > 4 * max(closed, 1) for opened, closed in paragraphs) >= 2


def test_some_texts_are_markdown_and_some_are_dumps_of_the_whole_page() -> None:
    markdown = [n for n in TEXTS if any(line.startswith("#") for line in load_text(n)[0])]
    tables = [n for n in TEXTS if any(re.match(r"\|.*-.*\|$", line) for line in load_text(n)[0])]
    dumps = [n for n in TEXTS if load_text(n)[1]["labels"][0] != "content"]
    assert len(markdown) >= 4
    assert len(tables) >= 3
    assert len(dumps) >= 15


def test_readme_counts_the_documents_as_they_are() -> None:
    table = [
        line.strip("| ").split(" | ") for line in readme().split("\n") if line.startswith("| ")
    ]
    languages = table[0][1:-1]
    for kind, counts in (
        ("pages", Counter(load_page(name)["lang"] for name in PAGES)),
        ("texts", Counter(load_text(name)[1]["lang"] for name in TEXTS)),
    ):
        (row,) = [cells[1:] for cells in table if cells[0] == kind]
        assert [int(cell) for cell in row] == [
            *(counts[lang] for lang in languages),
            counts.total(),
        ]


def test_readme_names_only_documents_that_exist() -> None:
    names = set(re.findall(r"`([a-z]{2}-[a-z]+-[a-z0-9-]+)`", readme()))
    assert len(names) > 20
    assert names <= set(PAGES)


# --- single decisions -------------------------------------------------------------------------

CASES = [
    case
    for path in sorted(set(CASE_FOLDER.glob("*.json")) - {CASE_FOLDER / "known_failures.json"})
    for case in json.loads(path.read_text("utf-8"))
]


def test_there_are_enough_cases_and_half_of_them_are_negative() -> None:
    for kind, enough in (("html", 60), ("text", 40)):
        cases = [case for case in CASES if case["kind"] == kind]
        negative = [case for case in cases if not case["dropped"]]
        assert len(cases) >= enough
        assert 0.45 <= len(negative) / len(cases) <= 0.55
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases_are_well_formed(case: dict[str, Any]) -> None:
    assert set(case) == {"name", "input", "kind", "kept", "dropped", "why"}
    assert case["why"]
    assert case["kept"] or case["dropped"]
    assert not set(case["kept"]) & set(case["dropped"])
    for line in case["kept"] + case["dropped"]:
        assert line in case_lines(case), line


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases_stand_in_a_page_of_their_own(case: dict[str, Any]) -> None:
    if case["kind"] == "text":
        lines = case_lines(case)
    else:
        tags = [e for e in parse(case["input"]).iter() if isinstance(e.tag, str)]
        lines = [e.text for e in tags if (e.text or "").strip()]
    assert len(lines) >= MIN_CASE_LINES
