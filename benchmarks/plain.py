"""Appeals on short pages without class names, links or menus: what is found, what is lost."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from benchmarks.glued import Judge
from benchmarks.lines import LabelledText
from benchmarks.printing import print_page
from boilerkit import Cleaner
from boilerkit.labels import Label
from boilerkit.metrics import count_words
from boilerkit.text_lines import fold_line

__all__ = ["PlainFigures", "measure_plain", "render_plain", "stretch"]

#: Lines of the article before and after the appeal, at the most.
_AROUND: Final = 4


@dataclass(frozen=True)
class PlainFigures:
    """Counts: ``found`` of ``appeals`` dropped, ``typed`` with their label, ``dropped`` of
    ``negatives``, ``lost`` of the ``words`` around them."""

    appeals: int
    found: int
    typed: int
    negatives: int
    dropped: int
    words: int
    lost: int


def stretch(text: LabelledText, seed: int = 0) -> tuple[list[str], int]:
    """Return a few lines of an article with the one that was set in, and its place among them."""
    generator = random.Random(f"{seed}/{text.name}")
    place = next(number for number, label in enumerate(text.labels) if label is not None)
    before = min(generator.randint(0, _AROUND), place)
    after = min(generator.randint(0, _AROUND), len(text.lines) - place - 1)
    if not before + after:
        before, after = min(place, 1), min(len(text.lines) - place - 1, 1)
    return [fold_line(line) for line in text.lines[place - before : place + after + 1]], before


def measure_plain(texts: Iterable[LabelledText], judge: Judge, seed: int = 0) -> PlainFigures:
    """Print a stretch of each text, with one labelled line, as a page and count what goes."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_counts(text, judge(text.fold_key), seed))
    return PlainFigures(**{name: counts[name] for name in PlainFigures.__annotations__})


def _counts(text: LabelledText, cleaner: Cleaner, seed: int) -> dict[str, int]:
    lines, place = stretch(text, seed)
    is_content = [number != place or Label.CONTENT in text.labels for number in range(len(lines))]
    page = print_page(lines, is_content, text.lines[0], random.Random(f"{seed}/{text.name}"))
    labels = {line.text: line.label for line in cleaner.classify_html(page).lines}
    kept = {line for line, label in labels.items() if label is Label.CONTENT}
    gone = lines[place] not in kept
    around = [line for number, line in enumerate(lines) if number != place]
    negative = is_content[place]
    return {
        "negatives" if negative else "appeals": 1,
        "dropped" if negative else "found": int(gone),
        "typed": int(not negative and labels.get(lines[place]) in text.labels),
        "words": sum(count_words(line) for line in around),
        "lost": sum(count_words(line) for line in around if line not in kept),
    }


def render_plain(figures: PlainFigures) -> str:
    """Return the figures as a Markdown table."""
    rows = (
        ("appeals found", figures.found, figures.appeals),
        ("… and rightly typed", figures.typed, figures.appeals),
        ("hard negatives dropped", figures.dropped, figures.negatives),
        ("words of the article lost", figures.lost, figures.words),
    )
    table = [f"| {name} | {part / max(whole, 1):.4f} | {whole:,} |" for name, part, whole in rows]
    return "\n".join(["| short plain pages | share | of |", "|---|--:|--:|", *table])
