"""One run: every system on every set, counted page by page."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.corpus import read_negatives
from benchmarks.datasets import DATA_SETS, DataSet, Kind, Measure, load, pages_checksum
from benchmarks.lines import MARKED_UP, LabelledText, appeals_in_articles, marked_up, typed_texts
from benchmarks.ours import FILTER_ROWS, OUR_ROWS, CleanerSource, OurRow, guarded
from benchmarks.outputs import Answer, OutputCache, Peer, collect
from benchmarks.progress import track
from benchmarks.quotes import OutputLine, QuotedPage, quote_gold, quote_output
from benchmarks.results import (
    CLEANED,
    Counts,
    DocumentScores,
    LineResult,
    PageInfo,
    Run,
    SetResult,
    SystemPages,
    page_score,
    score_page,
)
from benchmarks.systems import SYSTEMS
from boilerkit.labels import Label
from boilerkit.metrics import calibration_bins, count_lines
from boilerkit.train.datasets import Appeal, Page, load_appeals, load_typed_documents

if TYPE_CHECKING:
    from boilerkit import Cleaner

__all__ = ["Suite", "machine", "run_suite", "worst_pages"]

#: Our rows on page sets; the other operating points differ only in where they cut lines.
_PAGE_ROWS: Final = ("boilerkit", "boilerkit-heuristic")
#: Systems whose output boilerkit cleans afterwards, and at which operating point.
_FILTERS: Final = {
    "trafilatura": "balanced",
    "resiliparse": "balanced",
    "readability-lxml": "balanced",
    "trafipy": "balanced",
    "justext": "balanced",
    "resiliparse-full": "greedy",
}
_FILTERED_MEASURES: Final = (Measure.WORDS, Measure.WORDS_SPLIT)


@dataclass(frozen=True)
class Suite:
    """What a run needs: data, systems and where their outputs are kept.

    ``wanted`` names the systems to score, ``peers`` those of them that are installed.
    ``cleaners`` is None to leave boilerkit's rows out. ``limit`` takes only the first pages of each
    set, for a quick look: such a run's data checksums differ, and no report will take it for a
    whole one.
    """

    root: Path
    cache: OutputCache
    wanted: tuple[str, ...]
    peers: dict[str, Peer]
    cleaners: CleanerSource | None
    sets: tuple[str, ...]
    lines: bool = True
    limit: int | None = None


def run_suite(suite: Suite) -> Run:
    """Score everything that is there; what is not there is named in ``Run.skipped``."""
    if suite.cleaners:
        suite.cleaners.preload()
    skipped: list[str] = []
    sets: dict[str, SetResult] = {}
    filtered: dict[str, SetResult] = {}
    for name in suite.sets:
        dataset = DATA_SETS[name]
        try:
            pages = load(dataset, suite.root)[: suite.limit]
        except FileNotFoundError as error:
            skipped.append(str(error))
            continue
        sets[name] = _score_set(suite, dataset, pages)
        if suite.cleaners and dataset.kind is Kind.DEV and dataset.measure in _FILTERED_MEASURES:
            filtered[name] = _filter_set(suite, suite.cleaners, dataset, pages)
    lines = _score_lines(suite, suite.cleaners, skipped) if suite.lines and suite.cleaners else {}
    skipped += _absent_systems(suite)
    return Run(_about(suite, sets), sets, filtered, lines, tuple(skipped))


def _absent_systems(suite: Suite) -> Iterator[str]:
    for name in suite.wanted:
        if name not in suite.peers:
            yield f"{SYSTEMS[name].label}: not installed for any of the interpreters"


# --- page sets ---------------------------------------------------------------------------------


def _score_set(suite: Suite, dataset: DataSet, pages: Sequence[Page]) -> SetResult:
    systems: dict[str, SystemPages] = {}
    if suite.cleaners:
        for name in _PAGE_ROWS:
            answers = _our_answers(suite.cleaners, OUR_ROWS[name], dataset, pages)
            systems[name] = _count(dataset, pages, answers, f"{dataset.name}, {name}")
    for name, peer in suite.peers.items():
        if SYSTEMS[name].ranked:
            answers = collect(peer, (page.read_html() for page in pages), suite.cache)
            systems[name] = _count(dataset, pages, answers, f"{dataset.name}, {name}")
    return _set_result(dataset, pages, systems)


def _our_answers(
    cleaners: CleanerSource, row: OurRow, dataset: DataSet, pages: Iterable[Page]
) -> Iterator[Answer]:
    for page in pages:
        yield _extract(cleaners.cleaner(row, page.site, dataset.kind), page.read_html())


def _extract(cleaner: Cleaner, html: bytes) -> Answer:
    return guarded(lambda: cleaner.classify_html(html))


def _clean(cleaner: Cleaner, text: str) -> Answer:
    return guarded(lambda: cleaner.classify_text(text))


def _count(
    dataset: DataSet, pages: Sequence[Page], answers: Iterable[Answer], title: str
) -> SystemPages:
    counts: list[Counts] = []
    misses: dict[str, str] = {}
    for page, answer in zip(track(pages, title), answers, strict=True):
        counts.append(score_page(dataset.measure, page, answer.text))
        if answer.status != "ok":
            misses[page.id] = f"{answer.status}: {answer.detail}"
    return SystemPages(tuple(counts), misses)


def _set_result(
    dataset: DataSet, pages: Sequence[Page], systems: dict[str, SystemPages]
) -> SetResult:
    return SetResult(
        name=dataset.name,
        title=dataset.title,
        kind=dataset.kind.value,
        measure=dataset.measure,
        sha256=pages_checksum(pages),
        pages=tuple(PageInfo(page.id, page.page_type, page.lang) for page in pages),
        systems=systems,
    )


def _filter_set(
    suite: Suite, cleaners: CleanerSource, dataset: DataSet, pages: Sequence[Page]
) -> SetResult:
    """Score outputs before (``NAME``) and after (``NAME`` + one of CLEANED) we cleaned them."""
    systems: dict[str, SystemPages] = {}
    for name, point in _FILTERS.items():
        if name in suite.peers:
            html = (page.read_html() for page in pages)
            before = list(collect(suite.peers[name], html, suite.cache))
            title = f"{dataset.name}, cleaning {name}"
            systems[name] = _count(dataset, pages, before, title)
            for ending, row in zip(CLEANED, FILTER_ROWS[point], strict=True):
                after = _cleaned(cleaners, row, pages, before)
                systems[name + ending] = _count(dataset, pages, after, f"{title}, {row.name}")
    return _set_result(dataset, pages, systems)


def _cleaned(
    cleaners: CleanerSource, row: OurRow, pages: Sequence[Page], before: Sequence[Answer]
) -> Iterator[Answer]:
    for page, answer in zip(pages, before, strict=True):
        yield _clean(cleaners.cleaner(row, page.site), answer.text)


# --- lines -------------------------------------------------------------------------------------


def _score_lines(
    suite: Suite, cleaners: CleanerSource, skipped: list[str]
) -> dict[str, dict[str, LineResult]]:
    try:
        sets = _line_sets(suite.root)
    except FileNotFoundError as error:
        skipped.append(str(error))
        return {}
    scored: dict[str, dict[str, LineResult]] = {}
    for line_set in sets:
        texts = line_set.texts[: suite.limit]
        results = {"everything kept": LineResult(tuple(map(_keep_all, texts)))}
        for name, row in OUR_ROWS.items():
            calibrate = line_set.whole and name == "boilerkit"
            title = f"{line_set.title}, {name}"
            results[name] = _label(cleaners, row, texts, title, calibrate=calibrate)
        scored[line_set.title] = results
    return scored


@dataclass(frozen=True)
class _LineSet:
    """Labelled texts; ``whole`` if all their lines are labelled, as calibration needs it."""

    title: str
    texts: list[LabelledText]
    whole: bool


def _line_sets(root: Path) -> list[_LineSet]:
    typed = list(typed_texts(load_typed_documents(root)))
    articles = load(DATA_SETS["fundus-dev"], root)
    appeals = list(appeals_in_articles(load_appeals(root), articles))
    negatives = [
        # a source each: they were never trained on, so any fold may judge them
        Appeal(negative.text, Label.CONTENT.value, negative.lang, f"own {number}")
        for number, negative in enumerate(read_negatives())
    ]
    own = list(appeals_in_articles(negatives, articles))
    marked = [marked_up(text) for text in typed]
    return [
        _LineSet("Typed lines", typed, whole=True),
        _LineSet(MARKED_UP, marked, whole=True),
        _LineSet("Single appeals and hard negatives in articles", appeals, whole=False),
        _LineSet("Our own hard negatives in articles", own, whole=False),
    ]


def _label(
    cleaners: CleanerSource,
    row: OurRow,
    texts: Sequence[LabelledText],
    title: str,
    *,
    calibrate: bool,
) -> LineResult:
    documents: list[DocumentScores] = []
    scores: list[float] = []
    truths: list[bool] = []
    for text in track(texts, title, "texts"):
        lines = cleaners.cleaner(row, text.fold_key).classify_text(text.text).lines
        measured = [
            (line, label)
            for line, label in zip(lines, text.labels, strict=True)
            if label is not None
        ]
        documents.append(_document(text, [line.label for line, _ in measured]))
        for line, label in measured:
            if label is not Label.EMPTY:
                scores.append(line.score)
                truths.append(label is Label.CONTENT)
    bins = tuple(calibration_bins(scores, truths)) if calibrate else None
    return LineResult(tuple(documents), bins)


def _keep_all(text: LabelledText) -> DocumentScores:
    return _document(text, [Label.CONTENT for label in text.labels if label is not None])


def _document(text: LabelledText, predicted: Sequence[Label]) -> DocumentScores:
    pairs = [
        (line, label)
        for line, label in zip(text.lines, text.labels, strict=True)
        if label is not None
    ]
    return DocumentScores(
        doc=text.name,
        source=text.source,
        extractor=text.extractor,
        lang=text.lang,
        page_type=text.page_type,
        scores=count_lines([line for line, _ in pairs], [label for _, label in pairs], predicted),
    )


# --- worst pages -------------------------------------------------------------------------------


def worst_pages(suite: Suite, run: Run, system: str, count: int = 20) -> list[QuotedPage]:
    """Return the pages on which a system scores lowest, over the sets with whole ground truth."""
    ranked = []
    for name, result in run.sets.items():
        dataset = DATA_SETS[name]
        if dataset.kind is Kind.DEV and dataset.measure in _FILTERED_MEASURES:
            pages = {page.id: page for page in load(dataset, suite.root) if page.gold}
            for info, counts in zip(result.pages, result.counts(system), strict=True):
                if info.id in pages:
                    score = page_score(dataset.measure, counts)
                    ranked.append((score, name, info.id, pages[info.id]))
    ranked.sort(key=lambda item: item[:3])
    return [_quote(suite, page, system, score) for score, _, _, page in ranked[:count]]


def _quote(suite: Suite, page: Page, system: str, score: float) -> QuotedPage:
    lines = _output_lines(suite, page, system)
    gold = page.gold or ""
    return QuotedPage(
        dataset=page.dataset,
        id=page.id,
        url=page.url or "",
        page_type=page.page_type,
        system=system,
        score=score,
        output=quote_output(lines, gold),
        gold=quote_gold(lines, gold),
    )


def _output_lines(suite: Suite, page: Page, system: str) -> list[OutputLine]:
    html = page.read_html()
    if suite.cleaners and system in OUR_ROWS:
        cleaner: Cleaner = suite.cleaners.cleaner(OUR_ROWS[system], page.site)
        document = cleaner.classify_html(html)
        printed = cleaner.config.roles
        return [
            OutputLine(line.text, line.kept and line.role in printed, line.label.value)
            for line in document.lines
        ]
    (answer,) = collect(suite.peers[system], [html], suite.cache)
    return [OutputLine(line) for line in answer.text.split("\n")]


# --- provenance --------------------------------------------------------------------------------


def _about(suite: Suite, sets: dict[str, SetResult]) -> dict[str, Any]:
    systems = {
        name: {
            "label": SYSTEMS[name].label,
            "version": peer.version,
            "note": SYSTEMS[name].note,
        }
        for name, peer in suite.peers.items()
    }
    if suite.cleaners:
        version = _our_version()
        systems |= {
            name: {"label": row.label, "version": version} for name, row in OUR_ROWS.items()
        }
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine(),
        "systems": systems,
        "models": suite.cleaners.checksums() if suite.cleaners else {},
        "data": [
            {
                "name": name,
                "title": result.title,
                "licence": DATA_SETS[name].source.licence,
                "citation": DATA_SETS[name].source.citation,
                "sha256": result.sha256,
                "note": DATA_SETS[name].note,
            }
            for name, result in sets.items()
        ],
    }


def machine() -> dict[str, Any]:
    """Return what figures may depend on of where they are made."""
    return {
        "Python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
    }


def _our_version() -> str:
    import boilerkit

    return boilerkit.__version__
