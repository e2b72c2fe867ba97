"""The figures that the gate holds: on the embedded corpus, and on the data where they are there.

Names begin with their scope: ``corpus``, ``in-sample`` (the shipped model on pages that it was
trained on, a check against breakage and no measure of quality) or ``speed``. The heuristic's own
figures are named alike, with ``heuristic,`` before the scope.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from benchmarks.corpus import HardNegative, read_corpus, read_negatives
from benchmarks.datasets import DATA_SETS, load
from benchmarks.outputs import OutputCache, Peer, collect
from benchmarks.results import score_page, set_score
from boilerkit import Cleaner
from boilerkit.bench import (
    BenchItem,
    content_text,
    score_item,
    text_f1,
)
from boilerkit.bench_files import LabelledPage, LabelledText
from boilerkit.labels import Label
from boilerkit.metrics import LineScores, count_lines, count_words, mean
from boilerkit.train.datasets import Page, load_typed_documents

__all__ = [
    "CEILINGS",
    "PAGES_F1",
    "TEXTS_F1",
    "corpus_figures",
    "in_sample_figures",
    "justext_figures",
    "speed_figures",
    "visible_text_figures",
]

PAGES_F1: Final = "corpus: pages, word-bag F1"
TEXTS_F1: Final = "corpus: texts, word-bag F1"

_DROPPED_AGAIN: Final = "in-sample: words that a second clean drops"
_PARSES: Final = "speed: extract over one parse"
#: Figures that are better when smaller.
CEILINGS: Final = frozenset({_DROPPED_AGAIN, f"heuristic, {_DROPPED_AGAIN}", _PARSES})

#: Pages in the speed sample, and how often each is timed; the fastest time counts.
_SPEED_PAGES: Final = 60
_SPEED_ROUNDS: Final = 3
#: Every how many pages of a set the in-sample figures take one.
_SAMPLE_STEP: Final = 5


# --- embedded corpus ---------------------------------------------------------------------------


def corpus_figures(cleaner: Cleaner) -> dict[str, float]:
    """Return a cleaner's figures on the embedded corpus."""
    items = read_corpus()
    scored = [(item, score_item(item, cleaner)) for item in items]
    pages = [score for item, score in scored if isinstance(item, LabelledPage)]
    texts = [score for item, score in scored if isinstance(item, LabelledText)]
    hosts = [item for item in items if isinstance(item, LabelledText)]
    return {
        PAGES_F1: mean([item.f1 for item in pages]),
        TEXTS_F1: mean([item.f1 for item in texts]),
        **dict(_line_figures("corpus: pages", _sum_lines(pages))),
        **dict(_line_figures("corpus: texts", _sum_lines(texts))),
        "corpus: hard negatives kept": _negatives_kept(cleaner, hosts, list(read_negatives())),
    }


def _sum_lines(items: Sequence[BenchItem]) -> LineScores:
    return sum((item.lines for item in items if item.lines is not None), LineScores())


def _line_figures(scope: str, scores: LineScores) -> Iterator[tuple[str, float]]:
    for name, value in (
        ("content words kept", 1 - (scores.content_words_lost or 0.0)),
        ("chrome lines found", scores.chrome_recall()),
        ("label macro-F1", scores.macro_f1),
    ):
        yield f"{scope}, {name}", value or 0.0


def _negatives_kept(
    cleaner: Cleaner, hosts: Sequence[LabelledText], negatives: Sequence[HardNegative]
) -> float:
    """Set each negative into the middle of a text's content and count those that stay."""
    kept = 0
    for number, negative in enumerate(negatives):
        host = hosts[number % len(hosts)]
        lines = content_text(host.text.split("\n"), host.labels).split("\n")
        middle = len(lines) // 2
        text = "\n".join([*lines[:middle], negative.text, *lines[middle:]])
        kept += cleaner.classify_text(text).lines[middle].is_content
    return kept / len(negatives)


def visible_text_figures() -> dict[str, float]:
    """Return what keeping every visible line scores on the corpus."""
    pages, texts = [], []
    for item in read_corpus():
        if isinstance(item, LabelledPage):
            pages.append(text_f1("\n".join(item.lines), content_text(item.lines, item.labels)))
        else:
            texts.append(text_f1(item.text, content_text(item.text.split("\n"), item.labels)))
    return {PAGES_F1: mean(pages), TEXTS_F1: mean(texts)}


def justext_figures(peer: Peer, cache: OutputCache) -> dict[str, float]:
    """Return what jusText scores on the corpus; a text's lines are given to it as paragraphs."""
    items = read_corpus()
    answers = collect(peer, map(_as_html, items), cache)
    scores: dict[str, list[float]] = {PAGES_F1: [], TEXTS_F1: []}
    for item, answer in zip(items, answers, strict=True):
        if isinstance(item, LabelledPage):
            gold = content_text(item.lines, item.labels)
            scores[PAGES_F1].append(text_f1(answer.text, gold))
        else:
            gold = content_text(item.text.split("\n"), item.labels)
            scores[TEXTS_F1].append(text_f1(answer.text, gold))
    return {name: mean(values) for name, values in scores.items()}


def _as_html(item: LabelledPage | LabelledText) -> bytes:
    if isinstance(item, LabelledPage):
        return item.path.read_bytes()
    paragraphs = "\n".join(f"<p>{escape(line)}</p>" for line in item.text.split("\n"))
    return f'<!DOCTYPE html><meta charset="utf-8"><body>\n{paragraphs}'.encode()


# --- data --------------------------------------------------------------------------------------


def in_sample_figures(cleaner: Cleaner, root: Path) -> dict[str, float]:
    """Return the shipped model's figures on a sample of the pages that it was trained on."""
    figures = {}
    for name in ("wcxb-dev", "fundus-dev", "trafilatura-eval"):
        dataset = DATA_SETS[name]
        pages = load(dataset, root)[::_SAMPLE_STEP]
        counts = [
            score_page(dataset.measure, page, cleaner.extract(page.read_html())) for page in pages
        ]
        figures[f"in-sample: {dataset.title}"] = set_score(dataset.measure, counts)
    figures.update(_typed_figures(cleaner, root))
    return figures


def _typed_figures(cleaner: Cleaner, root: Path) -> Iterator[tuple[str, float]]:
    scores = LineScores()
    first = again = 0
    for document in load_typed_documents(root)[::_SAMPLE_STEP]:
        labelled = cleaner.classify_text("\n".join(document.lines))
        gold = [Label(label) for label in document.labels]
        scores += count_lines(document.lines, gold, [line.label for line in labelled.lines])
        first += count_words(labelled.text)
        again += count_words(cleaner.clean(labelled.text))
    yield from _line_figures("in-sample: typed lines", scores)
    yield _DROPPED_AGAIN, (first - again) / first


def speed_figures(
    cleaner: Cleaner, root: Path, peers: Mapping[str, Callable[[bytes], str]]
) -> dict[str, float]:
    """Return how many times one lxml parse ``extract`` takes, and how many times faster than peers.

    Each page is timed in turn, several times over; the fastest time of each counts, so that what
    else the machine does weighs little.
    """
    pages = load(DATA_SETS["wcxb-dev"], root)
    sample = pages[:: max(1, len(pages) // _SPEED_PAGES)]
    runners = {"parse": _parse, "extract": cleaner.extract, **peers}
    seconds = _fastest(sample, runners)
    figures = {_PARSES: seconds["extract"] / seconds["parse"]}
    for name in peers:
        figures[f"speed: {name} over extract"] = seconds[name] / seconds["extract"]
    return figures


def _fastest(
    pages: Sequence[Page], runners: Mapping[str, Callable[[bytes], object]]
) -> dict[str, float]:
    totals = dict.fromkeys(runners, 0.0)
    for page in pages:
        html = page.read_html()
        best = dict.fromkeys(runners, float("inf"))
        for _ in range(_SPEED_ROUNDS):
            for name, run in runners.items():
                begun = time.perf_counter()
                run(html)
                best[name] = min(best[name], time.perf_counter() - begun)
        for name, seconds in best.items():
            totals[name] += seconds
    return totals


def _parse(html: bytes) -> object:
    import lxml.html

    return lxml.html.document_fromstring(html, parser=lxml.html.HTMLParser(huge_tree=True))
