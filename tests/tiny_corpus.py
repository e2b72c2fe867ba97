"""A small training corpus of our own writing in the layouts of the data sets that it stands for.

Every sentence is put together from word lists by a seeded generator, so that the corpus has
thousands of lines, none of which anybody published. Sites differ in template, class names and
chrome; every site has a fold by its hash.
"""

from __future__ import annotations

import html
import json
import random
from dataclasses import dataclass, field
from pathlib import Path

SEED = 20261122
PAGES_PER_SITE = 2
# Shares of blocks without a telling class name, and of paragraphs that a ground truth lacks: a
# corpus that is told apart at one glance gives forests of a single split.
NAME_NOISE = 0.3
TRUTH_NOISE = 0.06
# Names without digits: all numbers of one length are one word to the model.
SITES = [
    first + last
    for first in ("berg", "dale", "hamp", "ness", "vike", "oster")
    for last in ("holm", "ford", "land", "sund", "wick")
]

_SUBJECTS = (
    "the ferry|the harbour master|a retired welder|the parish council|the younger sister|"
    "nobody in the village|the tide mill|a crew of nine|the museum|an old almanac|the lighthouse|"
    "the brass band|a lost herring gull|the night train|the county archive|the bell founder"
).split("|")
_VERBS = (
    "counted|repaired|forgot|measured|carried|painted|borrowed|rebuilt|auctioned|described|"
    "photographed|lost|weighed|restored|hid|delivered"
).split("|")
_OBJECTS = (
    "eleven brass lamps|a wooden bridge|the winter timetable|two barrels of tar|a letter from 1911|"
    "the northern sluice|a piano without keys|forty metres of rope|the church clock|an iron shaft|"
    "half a ton of flour|the drawings of a canal|a bicycle|the last copy of a chart|"
    "a gift of nine crowns|the newsletter of the choir|readers and subscribers alike|a privacy screen"
).split("|")
_PLACES = (
    "behind the gasworks|on the outer skerry|in the swimming hall|under the town hall|at low water|"
    "near the old weir|on a Sunday in March|between two storms|in the attic of the school|"
    "for a prize of nine crowns|without telling anybody|in front of three witnesses"
).split("|")
_CODAS = (
    "and the neighbours approved|which took most of the winter|although it rained|"
    "as the minutes record|and it has worked ever since|but nobody wrote down why|"
    "so the work began again|while the band played"
).split("|")

# What a site says of itself: kind → templates with the site's name and a number.
CHROME = {
    "donation": (
        "Please support {site} with a gift of {n} crowns.",
        "Readers like you keep {site} alive: donate today.",
        "{site} depends on donations. Give what you can.",
    ),
    "subscription": (
        "Subscribe to {site} from {n} crowns a month.",
        "Read without limits: {site} Plus, {n} crowns.",
        "This story is for subscribers of {site}.",
    ),
    "newsletter": (
        "Get {site} in your inbox every morning.",
        "Sign up for our newsletter with {n} stories a week.",
    ),
    "account": ("Log in", "Register with {site} to save this story", "My account"),
    "consent": ("{site} uses cookies. Accept all", "Cookie settings", "We and our {n} partners use cookies."),
    "advertisement": ("Advertisement", "Download the {site} app", "Sponsored: {n} lamps for half the price"),
    "social": ("Share on Facebook", "Follow {site}", "Tweet this"),
    "comments": ("{n} comments", "Join the conversation on {site}", "Leave a reply"),
    "related": ("Read next: the {n} best bridges", "More from {site}", "You may also like"),
    "navigation": ("Home", "News", "Sport", "Next page", "Back to {site}", "Section {n}"),
    "legal": ("© {n} {site}. All rights reserved.", "Privacy policy", "Terms of use of {site}"),
    "byline": ("By Ines Falk, {n} May", "Published {n} hours ago", "Photo: {site}"),
    "interface": ("Search", "Play", "Close", "Enter {n} letters", "Loading"),
}  # fmt: skip
_KINDS = tuple(CHROME)


@dataclass
class Draft:
    """A page in the making: lines in reading order with their labels, and the page's HTML."""

    title: str
    site: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    html: str = ""

    @property
    def content(self) -> list[str]:
        return [text for text, label in self.lines if label == "content"]

    def chrome(self, *labels: str) -> list[str]:
        return [text for text, label in self.lines if label in labels]


def truth_of(draft: Draft, rng: random.Random) -> list[str]:
    """Return the lines of a page's ground truth, which is not quite right, as real ones."""
    kept = [text for text in draft.content[1:] if rng.random() >= TRUTH_NOISE]
    return [*draft.chrome("byline")[: rng.randrange(2)], *kept]


def sentence(rng: random.Random) -> str:
    parts = [rng.choice(words) for words in (_SUBJECTS, _VERBS, _OBJECTS, _PLACES, _CODAS)]
    text = " ".join(parts[: rng.choice((4, 5, 5))])
    return f"{text[0].upper()}{text[1:]}."


def paragraph(rng: random.Random) -> str:
    return " ".join(sentence(rng) for _ in range(rng.choice((1, 2, 3))))


def chrome_line(rng: random.Random, kind: str, site: str) -> str:
    return rng.choice(CHROME[kind]).format(site=site.title(), n=rng.randint(2, 60))


def draft_page(rng: random.Random, site: str) -> Draft:
    """Return a page of a site: header, an article with an appeal inside, a foot of chrome."""
    title = sentence(rng).rstrip(".")
    draft = Draft(title, site)
    layout = rng.randrange(3)
    blocks: list[str] = []

    def put(kind: str, tag: str, names: str, *, link: bool = False) -> None:
        text = paragraph(rng) if kind == "content" else chrome_line(rng, kind, site)
        if rng.random() < NAME_NOISE:
            names = "block"
        draft.lines.append((text, kind))
        inner = f'<a href="/x">{html.escape(text)}</a>' if link else html.escape(text)
        blocks.append(f'<{tag} class="{names}">{inner}</{tag}>')

    for kind in ("navigation", "navigation", "navigation", "account", "subscription"):
        put(kind, ("li", "div", "span")[layout] if layout < 2 else "li", "nav menu", link=True)
    head = len(blocks)
    draft.lines.append((title, "content"))
    blocks.append(f"<h1 class='headline'>{html.escape(title)}</h1>")
    put("byline", "p", "byline meta")
    put("social", "div", "share social", link=True)
    n_paragraphs = rng.randint(4, 8)
    appeal_at = rng.randrange(n_paragraphs)
    for number in range(n_paragraphs):
        put("content", ("p", "div", "p")[layout], "body text")
        if number == appeal_at:
            put(rng.choice(("donation", "newsletter", "subscription")), "div", "box promo")
    foot = len(blocks)
    for kind in rng.sample(_KINDS, 5):
        put(kind, ("p", "li", "div")[layout], "footer aside", link=rng.random() < 0.6)
    put("legal", "p", "footer legal")
    draft.html = (
        f"<!DOCTYPE html><html lang=en><head><title>{html.escape(title)} | {site}</title>"
        f'<link rel="canonical" href="https://www.{site}.example/{rng.randrange(10**6)}"></head><body>'
        f"<header class='top'><ul>{''.join(blocks[:head])}</ul></header>"
        f"<article class='main content'>{''.join(blocks[head:foot])}</article>"
        f"<footer class='footer'>{''.join(blocks[foot:])}</footer></body></html>"
    )
    return draft


def write_tiny_corpus(root: Path) -> Path:
    """Write all data sets under `root` and return it."""
    rng = random.Random(SEED)
    wcxb = {
        f"{number:04}": draft_page(rng, site)
        for number, site in enumerate(site for site in SITES for _ in range(PAGES_PER_SITE))
    }
    _write_wcxb(root / "wcxb", wcxb, rng)
    fundus = {f"no__Posten{n}_2026_01_0{n}": draft_page(rng, f"posten{n}") for n in range(1, 8)}
    _write_fundus(root / "fundus-dev", fundus)
    snippets = {
        f"blad{number}.example.html": draft_page(rng, f"blad{number}") for number in range(8)
    }
    _write_trafilatura_eval(root / "trafilatura-eval", snippets)
    typed = {f"tests/page{number}.html": draft_page(rng, f"lone{number}") for number in range(6)}
    for name, draft in typed.items():
        _write(root / "typed-pages" / "goose3" / name, draft.html)
    documents = [("wcxb-dev", page, draft) for page, draft in wcxb.items()][::2]
    documents += [("fundus-dev", page.replace("__", "/"), draft) for page, draft in fundus.items()]
    documents += [("goose3", page, draft) for page, draft in typed.items()]
    _write_labels(root / "labels", documents, rng)
    return root


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_wcxb(folder: Path, drafts: dict[str, Draft], rng: random.Random) -> None:
    for number, (page, draft) in enumerate(drafts.items()):
        _write(folder / "dev" / "html" / f"{page}.html", draft.html)
        record = {
            "file_id": page,
            "url": f"https://www.{draft.site}.example/{page}" if number % 7 else None,
            "_internal": {"page_type": {"primary": "article" if number % 3 else "listing"}},
            "ground_truth": {
                "title": draft.title,
                "main_content": "\n\n".join(truth_of(draft, rng)),
            },
        }
        _write(folder / "dev" / "ground-truth" / f"{page}.json", json.dumps(record))


def _write_fundus(folder: Path, drafts: dict[str, Draft]) -> None:
    rows = []
    for page, draft in drafts.items():
        _write(folder / "html" / f"{page}.html", draft.html)
        rows.append(
            {"page": page, "country": "no", "title": draft.title, "lines": draft.content[1:]}
        )
    _write(folder / "ground-truth.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def _write_trafilatura_eval(folder: Path, drafts: dict[str, Draft]) -> None:
    records = {}
    for number, (name, draft) in enumerate(drafts.items()):
        _write(folder / "html" / name, draft.html)
        key = f"https://{draft.site}.example/{number}" if number % 2 else f"hard::{name}"
        records[key] = {
            "file": name,
            "with": [text.split(". ")[0] for text in draft.content[1:3]],
            "without": draft.chrome("legal", "social")[:2],
        }
    _write(folder / "evaldata.json", json.dumps(records))


def _write_labels(
    folder: Path, documents: list[tuple[str, str, Draft]], rng: random.Random
) -> None:
    rows = [
        {
            "doc": f"d{number:03}",
            "source": dataset,
            "page": page,
            "extractor": "all",
            "lang": "en",
            "page_type": "article",
            "lines": [text for text, _ in draft.lines],
            "labels": [label for _, label in draft.lines],
        }
        for number, (dataset, page, draft) in enumerate(documents)
    ]
    _write(folder / "lines-dev.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    appeals = [
        {
            "text": chrome_line(rng, kind, f"source{number}"),
            "label": kind,
            "lang": "en",
            "source": f"source{number % 9}",
        }
        for number, kind in enumerate(("donation", "subscription", "newsletter", "comments") * 9)
    ]
    _write(folder / "appeals-dev.jsonl", "".join(json.dumps(row) + "\n" for row in appeals))
