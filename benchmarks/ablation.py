"""What each family of columns and each stage is worth, by knocking it out of the fold models.

Nothing is fitted anew. Knocking out shifts all scores, so all cuts are moved alike, in log-odds,
until the models keep as much as before. The figures say how much the models lean on a family, not
how well they could be fitted without it: what other columns could make up for counts as a loss
here.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, TypeVar
from unittest import mock

from benchmarks.datasets import DATA_SETS, load
from benchmarks.knockouts import KNOCKOUTS, Knockout, knock_out
from benchmarks.lines import LabelledText, typed_texts
from benchmarks.ours import OUR_ROWS, CleanerSource
from benchmarks.progress import track
from benchmarks.results import Counts, score_difference, score_page, set_score
from benchmarks.tables import Cell, Section, Table, figure
from boilerkit import CleanConfig, Cleaner, Document, Line
from boilerkit.decode import decode_html
from boilerkit.explain import as_read, document_cut, logit
from boilerkit.html_lines import read_html
from boilerkit.labels import Label
from boilerkit.metrics import MACRO_LABELS, count_words, mean
from boilerkit.page_lines import VISIBLE
from boilerkit.render import render_page
from boilerkit.train.datasets import Page, load_typed_documents
from boilerkit.train.sites import N_FOLDS

__all__ = ["ablate", "clocked"]

T = TypeVar("T")
FindModel = Callable[[int], Path]

_SETS: Final = ("wcxb-dev", "fundus-dev")


@dataclass(frozen=True)
class _Sample:
    pages: Mapping[str, Sequence[Page]]
    texts: Sequence[LabelledText]


class _Judged(NamedTuple):
    """A line and by how much its log-odds lie above its cut."""

    line: Line
    margin: float


@dataclass(frozen=True)
class _Labelled:
    """The sample as some models labelled it: the lines of each page of each set, of each text."""

    pages: Mapping[str, Sequence[tuple[_Judged, ...]]]
    texts: Sequence[tuple[_Judged, ...]]


@dataclass(frozen=True)
class _Figures:
    """Counts by set; of the typed lines' chrome the share found, and of that the share typed."""

    counts: Mapping[str, Sequence[Counts]]
    found: float
    typed: float


def ablate(root: Path, find_model: FindModel, *, size: int, seed: int = 0) -> Section:
    """Score the fold models whole and with each row knocked out, on a seeded sample.

    size: pages of each set, and typed texts. `find_model` returns the folder of a fold's model.
    """
    sample = _take_sample(root, size, seed)
    bare = Knockout("nothing")
    labelled = _label(sample, CleanerSource(find_model), bare)
    whole = _figures(sample, labelled, labelled, bare)
    costs = _costs(sample.pages[_SETS[0]], CleanerSource(find_model))
    rows = [_row(bare, whole, whole, costs)]
    for row in KNOCKOUTS:
        with TemporaryDirectory() as scratch:
            for fold in range(N_FOLDS):
                knock_out(find_model(fold), Path(scratch) / f"{fold}", row)
            source = CleanerSource(lambda fold, top=scratch: Path(top) / f"{fold}")  # type: ignore[misc]
            without = _label(sample, source, row)
        rows.append(_row(row, _figures(sample, without, labelled, row), whole, costs))
    sizes = [f"{len(pages)} of {DATA_SETS[name].title}" for name, pages in sample.pages.items()]
    text = f"{_ABOUT} Seeded samples: {', '.join(sizes)}, {len(sample.texts)} typed texts."
    return Section("Knock-out ablation", text, (Table(_COLUMNS, tuple(rows)),))


_COLUMNS: Final = (
    "knocked out",
    "WCXB dev, F1",
    "change",
    "paired range",
    "Fundus dev, F1",
    "change",
    "typed lines: chrome lines found",
    "… of these rightly typed",
    "CPU ms a page",
)
_ABOUT: Final = (
    "Out of fold. A family's columns are held at their mean over the training lines, a stage is"
    " left out; nothing is fitted anew, so a row says how much the models lean on it, not what a"
    " model fitted without it would lose. Without neighbours the network judges every line as if it"
    " stood alone; without the network nothing tells the kinds of chrome apart, all are taken for"
    " one. All cuts are moved alike until as many words of the pages are kept, and as many content"
    " words of the typed lines lost, as by the whole models. The milliseconds are those of the"
    " functions that compute a family or a stage on a page of WCXB; a dash: computed with another"
    " row."
)


def _take_sample(root: Path, size: int, seed: int) -> _Sample:
    generator = random.Random(seed)
    pages = {name: _some(generator, load(DATA_SETS[name], root), size) for name in _SETS}
    return _Sample(pages, _some(generator, list(typed_texts(load_typed_documents(root))), size))


def _some(generator: random.Random, items: list[T], size: int) -> list[T]:
    return generator.sample(items, min(size, len(items)))


def _label(sample: _Sample, source: CleanerSource, row: Knockout) -> _Labelled:
    ours = OUR_ROWS["boilerkit"]
    pages = {
        name: [
            _page_lines(source.cleaner(ours, page.site), page.read_html(), row)
            for page in track(found, f"{name} without {row.title}")
        ]
        for name, found in sample.pages.items()
    }
    texts = [
        _text_lines(source.cleaner(ours, text.fold_key), text.text)
        for text in track(sample.texts, f"typed lines without {row.title}", "texts")
    ]
    return _Labelled(pages, texts)


def _text_lines(cleaner: Cleaner, text: str) -> tuple[_Judged, ...]:
    return _judged(cleaner, cleaner.classify_text(text), "text")


def _judged(cleaner: Cleaner, document: Document, kind: str) -> tuple[_Judged, ...]:
    cut = document_cut(cleaner, document, kind)
    return tuple(
        _Judged(line, logit(line.score) - logit(cut.of(as_read(line.text, kind))))
        for line in document.lines
    )


def _page_lines(cleaner: Cleaner, html: bytes, row: Knockout) -> tuple[_Judged, ...]:
    lines = _judged(cleaner, cleaner.classify_html(html), "html")
    if row.hidden_lines:
        return lines
    sources = read_html(decode_html(html))[0].source
    pairs = zip(lines, sources, strict=True)
    return tuple(line for line, source in pairs if source == VISIBLE)


def _figures(sample: _Sample, found: _Labelled, whole: _Labelled, row: Knockout) -> _Figures:
    counts = {}
    for name, pages in sample.pages.items():
        # without the hidden lines nothing is scored otherwise
        other = found.pages[name] if row.hidden_lines else whole.pages[name]
        least = _matching_margin(other, _share_kept(whole.pages[name]))
        counts[name] = [
            score_page(DATA_SETS[name].measure, page, _render(lines, least))
            for page, lines in zip(pages, found.pages[name], strict=True)
        ]
    return _Figures(counts, *_typed_figures(sample, found, whole))


def _share_kept(pages: Iterable[Sequence[_Judged]]) -> float:
    sizes = [(count_words(line.text), line.kept) for lines in pages for line, _ in lines]
    return sum(size for size, kept in sizes if kept) / max(sum(size for size, _ in sizes), 1)


def _matching_margin(pages: Iterable[Sequence[_Judged]], share: float) -> float:
    """Return the margin from which on lines hold a share of the words."""
    ranked = sorted(
        ((margin, count_words(line.text)) for lines in pages for line, margin in lines),
        reverse=True,
    )
    left = share * sum(size for _, size in ranked)
    for margin, size in ranked:
        left -= size
        if left <= 0:
            return margin
    return -math.inf


def _render(lines: Sequence[_Judged], least: float) -> str:
    kept = [margin >= least and line.label is not Label.EMPTY for line, margin in lines]
    texts = [line.text for line, _ in lines]
    return render_page(texts, kept, [line.role for line, _ in lines], CleanConfig().roles)


def _typed_figures(sample: _Sample, found: _Labelled, whole: _Labelled) -> tuple[float, float]:
    """Return the share of chrome found at the whole models' loss, and of that rightly typed."""
    lost = sum(
        count_words(line.text)
        for (line, _), gold in _typed_pairs(sample, whole)
        if gold is Label.CONTENT and not line.is_content
    )
    ranked = sorted(_typed_pairs(sample, found), key=lambda pair: pair[0].margin)
    pairs = [(line, gold) for (line, _), gold in ranked]
    chrome = sum(gold in MACRO_LABELS for _, gold in pairs)
    seen = 0
    for line, gold in pairs:
        lost -= count_words(line.text) if gold is Label.CONTENT else 0
        if lost < 0:
            break
        seen += gold in MACRO_LABELS
    dropped = [(line, gold) for line, gold in pairs if gold in MACRO_LABELS and not line.is_content]
    right = sum(line.label is gold for line, gold in dropped)
    return seen / max(chrome, 1), right / max(len(dropped), 1)


def _typed_pairs(sample: _Sample, labelled: _Labelled) -> Iterator[tuple[_Judged, Label]]:
    for text, lines in zip(sample.texts, labelled.texts, strict=True):
        for line, gold in zip(lines, text.labels, strict=True):
            if gold is not None and gold is not Label.EMPTY:
                yield line, gold


def _row(
    row: Knockout, found: _Figures, whole: _Figures, costs: Mapping[str, float]
) -> tuple[Cell, ...]:
    cells = []
    for name in _SETS:
        measure = DATA_SETS[name].measure
        test = score_difference(measure, found.counts[name], whole.counts[name])
        cells += [
            Cell(figure(set_score(measure, found.counts[name]))),
            Cell(f"{test.difference:+.4f}"),
            Cell(f"{test.range.low:+.4f} to {test.range.high:+.4f}"),
        ]
    spared = f"{sum(costs[name] for name in row.cost):.2f}" if row.cost else "–"
    if found is whole:
        spared = f"{costs[_EXTRACT]:.2f} in all"
    lines = (Cell(figure(found.found)), Cell(figure(found.typed)))
    # the range over the few pages of the second set says little
    return (Cell(row.title), *cells[:5], *lines, Cell(spared))


# --- cost --------------------------------------------------------------------------------------

_EXTRACT: Final = "extract"


def _costs(pages: Sequence[Page], source: CleanerSource) -> dict[str, float]:
    """Return CPU milliseconds a page of each function that a row names, and of extraction."""
    names = sorted({name for row in KNOCKOUTS for name in row.cost})
    cleaner = source.cleaner(OUR_ROWS["boilerkit"], pages[0].site)
    totals = dict.fromkeys(names, 0.0)
    whole = []
    for page in pages:
        html = page.read_html()
        begun = time.process_time()
        cleaner.extract(html)
        whole.append(time.process_time() - begun)
        with clocked(names, totals):
            cleaner.extract(html)
    milliseconds = {name: 1000 * total / len(pages) for name, total in totals.items()}
    return milliseconds | {_EXTRACT: 1000 * mean(whole)}


@contextmanager
def clocked(names: Sequence[str], totals: dict[str, float]) -> Iterator[None]:
    """Add up the CPU seconds spent in functions and methods of boilerkit while inside.

    What one of them spends in another is the other's alone.
    """
    with ExitStack() as stack:
        for name in names:
            owner, _, attribute = name.rpartition(".")
            holder = resolve_name(f"boilerkit.{owner}")
            timed = _timed(getattr(holder, attribute), name, totals)
            stack.enter_context(mock.patch.object(holder, attribute, timed))
        yield


def _timed(function: Callable[..., Any], name: str, totals: dict[str, float]) -> Callable[..., Any]:
    def run(*arguments: Any) -> Any:
        others = sum(totals.values())
        begun = time.process_time()
        result = function(*arguments)
        spent = time.process_time() - begun
        totals[name] += spent - (sum(totals.values()) - others)
        return result

    return run
