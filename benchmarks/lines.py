"""Labelled lines: the typed documents, single appeals set into articles, and bare-text cleaning."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from boilerkit.labels import Label
from boilerkit.metrics import count_words
from boilerkit.train.corpus import appeal_fold
from boilerkit.train.datasets import Appeal, Page, TypedDocument
from boilerkit.train.sites import fold_of

__all__ = [
    "MARKED_UP",
    "LabelledText",
    "appeals_in_articles",
    "marked_up",
    "typed_texts",
]

#: Title of the set that differs from the typed lines only in what :func:`marked_up` adds.
MARKED_UP: Final = "Typed lines, marks and blank lines put back"
#: Where an appeal is set into an article: share of the article's lines before it.
_POSITIONS: Final = ("first", "second", "middle", "last")


@dataclass(frozen=True)
class LabelledText:
    """A text whose lines have a known label, or None where the line is not measured.

    ``fold_key`` is the site (or what stands for it) whose fold decides which model may judge it.
    """

    name: str
    fold_key: str
    source: str
    extractor: str
    lang: str
    page_type: str
    lines: tuple[str, ...]
    labels: tuple[Label | None, ...]

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


def typed_texts(documents: Iterable[TypedDocument]) -> Iterator[LabelledText]:
    """Yield the typed documents as they are."""
    for document in documents:
        yield LabelledText(
            name=document.doc,
            fold_key=document.site,
            source=document.dataset,
            extractor=document.extractor,
            lang=document.lang,
            page_type=document.page_type,
            lines=document.lines,
            labels=tuple(Label(label) for label in document.labels),
        )


def marked_up(text: LabelledText, seed: int = 0) -> LabelledText:
    """Put back what extractors print and the typed lines lost: blank lines, indentation, marks.

    Marks go to short lines of list, heading and table shape alike, so that they tell nothing of
    the label. Seeded by the text's name.
    """
    generator = random.Random(f"{seed}/{text.name}")
    lines: list[str] = []
    labels: list[Label | None] = []
    for line, label in zip(text.lines, text.labels, strict=True):
        blank = generator.choice((0, 0, 1, 1, 2))
        lines += [generator.choice(("", "", "  "))] * blank
        labels += [None] * blank
        lines.append(_mark(line, generator))
        labels.append(label)
    return LabelledText(
        f"{text.name} marked up",
        text.fold_key,
        text.source,
        text.extractor,
        text.lang,
        text.page_type,
        tuple(lines),
        tuple(labels),
    )


_SHORT_WORDS: Final = 12


def _mark(line: str, generator: random.Random) -> str:
    indent = generator.choice(("", "", "", "  ", "    ", "\t"))
    if count_words(line) > _SHORT_WORDS:
        return indent + line
    return indent + generator.choice(("{}", "{}", "- {}", "* {}", "## {}", "| {} |")).format(line)


def appeals_in_articles(
    appeals: Sequence[Appeal], articles: Sequence[Page], seed: int = 0
) -> Iterator[LabelledText]:
    """Yield each appeal at four places of an article of its own fold, as one text each.

    The places are before the first line, after it, in the middle and after the last one. Only the
    appeal's line is measured. Appeal and article share a fold, so that one model saw neither; an
    appeal whose fold has no article (among very few ones) is left out.
    """
    by_fold: dict[int, list[Page]] = {}
    for article in articles:
        by_fold.setdefault(fold_of(article.site), []).append(article)
    for number, appeal in enumerate(appeals):
        generator = random.Random(f"{seed}/{number}")
        candidates = by_fold.get(appeal_fold(appeal.source), [])
        for position in _POSITIONS if candidates else ():
            article = generator.choice(candidates)
            yield _insert(appeal, article, position, f"{number:03d} {position}")


def _insert(appeal: Appeal, article: Page, position: str, name: str) -> LabelledText:
    lines = (article.gold or "").split("\n")
    index = {"first": 0, "second": 1, "middle": len(lines) // 2, "last": len(lines)}[position]
    labels: list[Label | None] = [None] * len(lines)
    return LabelledText(
        name=name,
        fold_key=article.site,
        source=appeal.source,
        extractor=position,
        lang=appeal.lang,
        page_type="article",
        lines=(*lines[:index], " ".join(appeal.text.split()), *lines[index:]),
        labels=(*labels[:index], Label(appeal.label), *labels[index:]),
    )
