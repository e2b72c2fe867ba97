"""Appeals glued to paragraphs: what splitting at sentences finds and what it costs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.lines import LabelledText
from boilerkit import Cleaner, Line
from boilerkit.labels import Label
from boilerkit.metrics import count_words
from boilerkit.train.corpus import appeal_fold
from boilerkit.train.datasets import Appeal, Page
from boilerkit.train.sites import fold_of

__all__ = [
    "Glued",
    "SplitFigures",
    "article_texts",
    "glued_appeals",
    "measure_split",
    "render_split",
]

#: Shorter lines of an article are headings and captions.
_MIN_WORDS: Final = 20
#: An appeal is found when more than this share of its words goes.
_FOUND_SHARE: Final = 0.5

#: Returns the cleaner that may judge a site's texts.
Judge = Callable[[str], Cleaner]


@dataclass(frozen=True)
class Glued:
    """An article whose line ``number`` is an appeal from character ``start`` to ``end``."""

    fold_key: str
    lines: tuple[str, ...]
    number: int
    start: int
    end: int


@dataclass(frozen=True)
class SplitFigures:
    """Shares from 0 to 1; ``lost`` pairs are without and with splitting."""

    found: tuple[float, float]
    hosts_lost: tuple[float, float]
    content_lost: tuple[float, float]


def glued_appeals(
    appeals: Iterable[Appeal], articles: Sequence[Page], seed: int = 0
) -> Iterator[Glued]:
    """Yield each appeal (hard negatives left out) before and after a paragraph of its own fold."""
    by_fold: dict[int, list[Page]] = {}
    for article in articles:
        if any(map(_is_paragraph, (article.gold or "").split("\n"))):
            by_fold.setdefault(fold_of(article.site), []).append(article)
    for number, appeal in enumerate(appeals):
        candidates = by_fold.get(appeal_fold(appeal.source), [])
        if Label(appeal.label) is Label.CONTENT or not candidates:
            continue
        generator = random.Random(f"{seed}/{number}")
        for before in (True, False):
            yield _glue(
                " ".join(appeal.text.split()), generator.choice(candidates), generator, before
            )


def _is_paragraph(line: str) -> bool:
    return count_words(line) >= _MIN_WORDS


def _glue(appeal: str, article: Page, generator: random.Random, before: bool) -> Glued:
    lines = (article.gold or "").split("\n")
    number = generator.choice([n for n, line in enumerate(lines) if _is_paragraph(line)])
    host = lines[number]
    start = 0 if before else len(host) + 1
    lines[number] = f"{appeal} {host}" if before else f"{host} {appeal}"
    return Glued(article.site, tuple(lines), number, start, start + len(appeal))


def article_texts(articles: Iterable[Page]) -> Iterator[LabelledText]:
    """Yield the articles' own text, all of it content."""
    for article in articles:
        lines = tuple((article.gold or "").split("\n"))
        yield LabelledText(
            name=article.id,
            fold_key=article.site,
            source=article.dataset,
            extractor="gold",
            lang=article.lang,
            page_type=article.page_type,
            lines=lines,
            labels=(Label.CONTENT,) * len(lines),
        )


def measure_split(
    glued: Sequence[Glued], texts: Sequence[LabelledText], judges: tuple[Judge, Judge]
) -> SplitFigures:
    """Return the figures of two judges, without and with splitting.

    hosts_lost: share of the words of the paragraphs that appeals are glued to that goes;
    content_lost: share of the words in the content lines of `texts` that goes.
    """
    off, on = (_of_glued(glued, judge) for judge in judges)
    lost = tuple(_content_lost(texts, judge) for judge in judges)
    return SplitFigures((off[0], on[0]), (off[1], on[1]), (lost[0], lost[1]))


def _of_glued(glued: Sequence[Glued], judge: Judge) -> tuple[float, float]:
    found = hosts = lost = 0
    for item in glued:
        line = judge(item.fold_key).classify_text("\n".join(item.lines)).lines[item.number]
        appeal = count_words(line.text[item.start : item.end])
        gone = _words_gone(line, item.start, item.end)
        found += gone > _FOUND_SHARE * appeal
        hosts += count_words(line.text) - appeal
        lost += _words_gone(line, 0, len(line.text)) - gone
    return found / max(len(glued), 1), lost / max(hosts, 1)


def _content_lost(texts: Iterable[LabelledText], judge: Judge) -> float:
    words = lost = 0
    for text in texts:
        lines = judge(text.fold_key).classify_text(text.text).lines
        for line, label in zip(lines, text.labels, strict=True):
            if label is Label.CONTENT:
                words += count_words(line.text)
                lost += _words_gone(line, 0, len(line.text))
    return lost / max(words, 1)


def _words_gone(line: Line, start: int, end: int) -> int:
    """Return how many of the words from `start` to `end` of a line are dropped."""
    if not line.kept:
        return count_words(line.text[start:end])
    return sum(
        count_words(line.text[max(part.start, start) : min(part.end, end)])
        for part in line.parts
        if not part.kept and part.start < end and part.end > start
    )


def render_split(figures: SplitFigures, count: int) -> str:
    """Return the figures as a table; `count` is the number of glued appeals."""
    rows = (
        (f"glued appeals found, of {count}", figures.found),
        ("words lost of their paragraphs", figures.hosts_lost),
        ("content words lost, typed lines and articles", figures.content_lost),
    )
    head = "| | whole lines | sentences |\n|---|---|---|"
    return "\n".join([head, *(f"| {name} | {off:.4f} | {on:.4f} |" for name, (off, on) in rows)])
