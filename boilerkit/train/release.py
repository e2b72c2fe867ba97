"""The one command that rebuilds a model from the data: fold models, calibration, release.

Every figure of a card is out of fold: a page is scored by the model that never saw its site.
"""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from boilerkit.config import DEFAULT_ROLES
from boilerkit.cuts import document_fall, log_length
from boilerkit.metrics import bag_overlap, count_words, mean
from boilerkit.text_lines import has_word
from boilerkit.train.corpus import Corpus, PageExample, build_corpus
from boilerkit.train.export import Calibration, save_model
from boilerkit.train.fingerprint import fingerprint
from boilerkit.train.fit import Bags, FittedHead, Trainer
from boilerkit.train.prepare import Prepared, prepare
from boilerkit.train.sites import N_FOLDS

__all__ = ["fold_folder", "train"]

FloatArray = npt.NDArray[np.float64]
Report = Callable[[str], None]

# Content words that an operating point may cost on the typed lines (out of fold).
_TEXT_LOSS = {"careful": 0.0025, "balanced": 0.0089}
# By how much of its log-odds each e-fold of a line's letters lowers its cut: the longer a line, the
# more of such words one mistake costs.
_TEXT_LENGTH = 0.7
# By how much of what leaves a document in doubt its cut falls: see boilerkit.cuts. Bare texts leave
# more in doubt.
_HTML_DOUBT, _TEXT_DOUBT = 1.0, 2.0
_HTML_CAREFUL_LOSS = 0.0025
_GREEDY_F1_SLACK = 0.003
# So many neighbouring cuts, an odd number, count for one.
_SMOOTHED = 9
# Of cuts whose F1 differs by no more, one towards the upper end is chosen: which is best is chance,
# and articles, which are few among the pages, want the higher ones.
_SAME_F1 = 0.001
_SAME_PLACE = 0.75
_CUT_GRID = np.round(np.arange(0.02, 0.981, 0.01), 4)


@dataclass(frozen=True)
class _Data:
    """The examples as texts and as arrays, in the same order."""

    corpus: Corpus
    prepared: Prepared


@dataclass
class _Odds:
    """Log-odds of all lines of all pages and texts by models that did not see their fold."""

    html: dict[int, FloatArray]
    text: dict[int, FloatArray]


@dataclass(frozen=True)
class _Fitted:
    bags: Bags
    heads: dict[str, FittedHead]


def train(
    root: Path,
    out: Path,
    *,
    name: str,
    version: str,
    fold_cache: Path | None = None,
    n_jobs: int = 2,
    report: Report = lambda _: None,
) -> dict[str, Any]:
    """Train a model on the data under `root`, write it to `out` and return its card.

    With `fold_cache` the fold models are written there too, one folder a fold. `n_jobs` models
    are fitted at a time, each on one thread, so that the weights do not depend on it.
    """
    report("reading and aligning pages")
    hashes = fingerprint(root)
    corpus = build_corpus(root, n_jobs=n_jobs)
    data = _Data(corpus, prepare(corpus))
    folds = set(range(N_FOLDS))
    rounds = [folds - {fold} for fold in sorted(folds)] + [folds]
    report(f"fitting {len(rounds)} models")
    *fitted, final = Parallel(n_jobs=n_jobs)(delayed(_fit)(data.prepared, used) for used in rounds)
    report("scoring every fold by the model that did not see it")
    odds = _Odds({}, {})
    scorer = Trainer(data.prepared)
    for fold, parts in enumerate(fitted):
        _score_fold(scorer, data.prepared, parts, fold, odds)
    calibrations = _calibrate(data, odds, folds)
    card = {"name": name, "version": version, **hashes, **_card(data, odds, calibrations)}
    if fold_cache is not None:
        for fold, parts in enumerate(fitted):
            apart = _calibrate(data, odds, folds - {fold})
            _save(fold_folder(fold_cache, fold), data.prepared.lexicon, parts, apart, card)
    _save(out, data.prepared.lexicon, final, calibrations, card)
    return card


def fold_folder(cache: Path, fold: int) -> Path:
    """Return the folder of a fold's model in a fold cache."""
    return cache / f"fold-{fold}"


def _fit(data: Prepared, folds: set[int]) -> _Fitted:
    trainer = Trainer(data)
    with threadpool_limits(1):  # sums in another order have other last digits
        vocabulary = trainer.vocabulary(folds)
        inner = trainer.out_of_fold_bags(folds, vocabulary)
        heads = {"html": trainer.fit_html(inner), "text": trainer.fit_text(inner)}
        return _Fitted(trainer.bags(folds, vocabulary), heads)


def _score_fold(trainer: Trainer, data: Prepared, fitted: _Fitted, fold: int, odds: _Odds) -> None:
    html, text = fitted.heads["html"], fitted.heads["text"]
    for number, page in enumerate(data.pages):
        if page.fold == fold:
            odds.html[number] = _float64(trainer.score_html(number, fitted.bags, html))
    for number, example in enumerate(data.texts):
        if example.fold == fold and len(example.kind):
            odds.text[number] = _float64(trainer.score_text(number, fitted.bags, text))


def _save(
    folder: Path,
    lexicon: Mapping[str, npt.NDArray[Any]],
    parts: _Fitted,
    calibrations: Mapping[str, Calibration],
    card: Mapping[str, Any],
) -> None:
    save_model(
        folder,
        name=card["name"],
        version=card["version"],
        lexicon=lexicon,
        bags=parts.bags,
        heads=parts.heads,
        calibrations=calibrations,
        card=card,
    )


def _calibrate(data: _Data, odds: _Odds, folds: set[int]) -> dict[str, Calibration]:
    return {
        "html": _calibrate_html(data.corpus, odds, folds),
        "text": _calibrate_text(data, odds, folds),
    }


def _calibrate_html(corpus: Corpus, odds: _Odds, folds: set[int]) -> Calibration:
    pages = [
        (page, odds.html[number])
        for number, page in enumerate(corpus.pages)
        if page.fold in folds and page.source.gold is not None
    ]
    target = np.concatenate([page.target for page, _ in pages])
    flat = np.concatenate([values for _, values in pages])
    known = ~np.isnan(target)
    slope, intercept = _platt(flat[known], target[known])
    scored = [
        (page, _page_score(slope * values + intercept, page.page.texts)) for page, values in pages
    ]
    f1_by_cut = _f1_by_cut(scored)
    same = np.flatnonzero(f1_by_cut >= f1_by_cut.max() - _SAME_F1)
    balanced = int(np.rint(np.quantile(same, _SAME_PLACE)))
    words = np.concatenate(
        [[count_words(text) for text in page.page.texts] for page, _ in pages]
    ).astype(float)
    score = np.concatenate([values for _, values in scored])
    careful = _cut_at_loss(score[target == 1], words[target == 1], _HTML_CAREFUL_LOSS)
    near = np.flatnonzero(f1_by_cut >= f1_by_cut.max() - _GREEDY_F1_SLACK)
    cut = float(_CUT_GRID[balanced])
    cuts = {"careful": min(careful, cut), "balanced": cut, "greedy": float(_CUT_GRID[near[-1]])}
    return Calibration(slope, intercept, cuts, document=_HTML_DOUBT)


def _page_score(odds: FloatArray, texts: Sequence[str]) -> FloatArray:
    """Return what of a page's lines is compared with a cut; `odds` are calibrated log-odds."""
    worded = [has_word(text) for text in texts]
    sizes = [len(text) for text, has in zip(texts, worded, strict=True) if has]
    return _logistic(odds + document_fall(_logistic(odds[worded]).tolist(), sizes, _HTML_DOUBT))


def _f1_by_cut(scored: Sequence[tuple[PageExample, FloatArray]]) -> FloatArray:
    """Return for each cut of the grid the F1 averaged over data sets, a set's pages equally."""
    by_set: dict[str, list[FloatArray]] = {}
    for page, score in scored:
        f1 = np.array([page_f1(page, score >= cut) for cut in _CUT_GRID[::2]])
        by_set.setdefault(page.source.dataset, []).append(f1)
    coarse = np.mean([np.mean(rows, axis=0) for rows in by_set.values()], axis=0)
    return np.interp(_CUT_GRID, _CUT_GRID[::2], _smoothed(coarse))


def _smoothed(values: FloatArray) -> FloatArray:
    """Return moving means: a page that flips at some cut must not choose it for all others."""
    padded = np.pad(values, _SMOOTHED // 2, mode="edge")
    return np.convolve(padded, np.ones(_SMOOTHED) / _SMOOTHED, mode="valid")


def page_f1(example: PageExample, kept: npt.NDArray[np.bool_]) -> float:
    """Return the word-bag F1 of a page's kept lines in the roles that are printed."""
    lines = [
        text
        for text, keep, role in zip(example.page.texts, kept, example.roles, strict=True)
        if keep and role in DEFAULT_ROLES
    ]
    spaceless = example.source.dataset == "fundus-dev"
    return bag_overlap("\n".join(lines), example.source.gold or "", split_spaceless=spaceless).f1


def _calibrate_text(data: _Data, odds: _Odds, folds: set[int]) -> Calibration:
    """Calibrate on the lines that were labelled one by one."""
    typed = [
        number
        for number, example in enumerate(data.corpus.texts)
        if example.group == "typed" and example.fold in folds and example.lines
    ]
    kind = np.concatenate([data.corpus.texts[number].kind for number in typed])
    flat = np.concatenate([odds.text[number] for number in typed])
    words = np.concatenate([data.prepared.texts[number].text.n_words for number in typed]).astype(
        float
    )
    known = kind >= 0
    slope, intercept = _platt(flat[known], (kind[known] == 0).astype(float))
    score = np.concatenate([_text_score(data, odds, number, slope, intercept) for number in typed])
    content = kind == 0
    cuts = {
        name: _cut_at_loss(score[content], words[content], loss)
        for name, loss in _TEXT_LOSS.items()
    }
    cuts["greedy"] = max(cuts["balanced"], _dump_cut(data, odds, folds, slope, intercept))
    return Calibration(slope, intercept, cuts, slope * _TEXT_LENGTH, _TEXT_DOUBT)


def _text_score(
    data: _Data, odds: _Odds, number: int, slope: float, intercept: float
) -> FloatArray:
    """Return what of a text's lines is compared with a cut."""
    sizes = [len(line) for line in data.corpus.texts[number].lines]
    calibrated = slope * odds.text[number] + intercept
    length = slope * _TEXT_LENGTH * np.array([log_length(size) for size in sizes])
    fall = document_fall(_logistic(calibrated).tolist(), sizes, _TEXT_DOUBT)
    return _logistic(calibrated + length + fall)


def _dump_cut(data: _Data, odds: _Odds, folds: set[int], slope: float, intercept: float) -> float:
    """Return the cut with the best word F1 on all-text dumps."""
    rows = []
    for number, example in enumerate(data.corpus.texts):
        if example.group == "dump" and example.fold in folds and example.lines:
            words = data.prepared.texts[number].text.n_words
            score = _text_score(data, odds, number, slope, intercept)
            content = np.isin(example.kind, (0,))
            rows.append([_share_f1(words, content, score >= cut) for cut in _CUT_GRID])
    return float(_CUT_GRID[int(np.mean(rows, axis=0).argmax())])


def _share_f1(
    words: npt.NDArray[np.int64], content: npt.NDArray[np.bool_], kept: npt.NDArray[np.bool_]
) -> float:
    both = float(words[content & kept].sum())
    total = float(words[content].sum() + words[kept].sum())
    return 2 * both / total if total else 1.0


def _platt(odds: FloatArray, target: FloatArray) -> tuple[float, float]:
    """Return slope and intercept that turn log-odds into calibrated ones (Platt, 1999)."""
    estimator = LogisticRegression(C=1e6).fit(odds[:, None], target)
    return float(estimator.coef_[0, 0]), float(estimator.intercept_[0])


def _float64(values: npt.NDArray[np.float32]) -> FloatArray:
    return values.astype(np.float64)


def _logistic(odds: FloatArray) -> FloatArray:
    out: FloatArray = 1 / (1 + np.exp(-odds))
    return out


def _cut_at_loss(score: FloatArray, words: FloatArray, loss: float) -> float:
    """Return the highest cut (rounded down) that drops at most `loss` of the words.

    It is none above the grid: where content and chrome lie far apart, the scores of content all
    come near 1, which says nothing of what an unknown line must reach.
    """
    order = np.argsort(score)
    lost = np.cumsum(words[order]) / words.sum()
    cut = np.floor(score[order][np.searchsorted(lost, loss)] * 1e4) / 1e4
    return float(min(cut, _CUT_GRID[-1]))


def _card(data: _Data, odds: _Odds, calibrations: Mapping[str, Calibration]) -> dict[str, Any]:
    return {
        "description": "Labels the lines of web pages and extracted texts as content or chrome.",
        "licence": "Apache-2.0",
        "date": datetime.now(timezone.utc).date().isoformat(),
        "commit": _commit(),
        "data": _DATA_CREDITS,
        "versions": _versions(),
        "out_of_fold": _scores(data, odds, calibrations),
    }


_DATA_CREDITS = [
    "WCXB 1.0 development split (Web Content Extraction Benchmark), CC-BY-4.0",
    "Fundus test articles (flairNLP/fundus), MIT",
    "trafilatura evaluation pages (adbar/trafilatura), Apache-2.0",
    "recipe-scrapers, goose3, metascraper and defuddle test pages (line labels only)",
    "boilerkit's own multilingual phrases and counter-examples, Apache-2.0",
]


def _scores(data: _Data, odds: _Odds, calibrations: Mapping[str, Calibration]) -> dict[str, Any]:
    html, text = calibrations["html"], calibrations["text"]
    by_type: dict[str, list[float]] = {}
    for number, page in enumerate(data.corpus.pages):
        if page.source.gold is None:
            continue
        score = _page_score(html.slope * odds.html[number] + html.intercept, page.page.texts)
        f1 = page_f1(page, score >= html.cuts["balanced"])
        by_type.setdefault(page.source.dataset, []).append(f1)
        if page.source.dataset == "wcxb-dev":
            by_type.setdefault(f"wcxb-dev {page.source.page_type}", []).append(f1)
    scores: dict[str, Any] = {name: round(mean(f1), 4) for name, f1 in sorted(by_type.items())}
    return scores | _typed_scores(data, odds, text)


def _typed_scores(data: _Data, odds: _Odds, text: Calibration) -> dict[str, Any]:
    content_words = lost_words = chrome = found = 0
    for number, example in enumerate(data.corpus.texts):
        if example.group != "typed" or not example.lines:
            continue
        score = _text_score(data, odds, number, text.slope, text.intercept)
        kept = score >= text.cuts["balanced"]
        words = data.prepared.texts[number].text.n_words
        content_words += int(words[example.kind == 0].sum())
        lost_words += int(words[(example.kind == 0) & ~kept].sum())
        chrome += int((example.kind > 0).sum())
        found += int(((example.kind > 0) & ~kept).sum())
    return {
        "typed content words lost": round(lost_words / max(content_words, 1), 4),
        "typed chrome recall": round(found / max(chrome, 1), 4),
    }


def _commit() -> str:
    command = ["git", "rev-parse", "HEAD"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _versions() -> dict[str, str]:
    packages = ("lxml", "numpy", "scikit-learn", "scipy")
    return {
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in packages},
    }
