"""Languages that nothing was learned of: what texts in them lose.

For each language the text head is fitted anew without its documents, pages, appeals, own lines and
word lists. It judges the typed lines and the visible text of the Fundus pages in that language at
the shipped model's calibration and cut. Page heads are not fitted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from boilerkit.model import Head
from boilerkit.text_features import FloatArray, IntArray
from boilerkit.train.corpus import (
    CHROME,
    TextExample,
    build_corpus,
    is_language,
    texts_of_language,
)
from boilerkit.train.datasets import load_pages, load_typed_documents
from boilerkit.train.fit import Trainer
from boilerkit.train.prepare import prepare
from boilerkit.train.sites import N_FOLDS
from boilerkit.wordlists import LANGUAGES

__all__ = [
    "LANGUAGES_HEAD",
    "UnseenLanguage",
    "languages_with_documents",
    "measure_language",
    "render_language",
]

BoolArray = npt.NDArray[np.bool_]

#: Fewer documents of a language say nothing.
_MIN_DOCUMENTS: Final = 5


@dataclass(frozen=True)
class UnseenLanguage:
    """``lost``: content words dropped, of ``words``; ``found``: chrome lines, of ``chrome``."""

    language: str
    documents: int
    words: int
    lost: int
    chrome: int
    found: int


def languages_with_documents(root: Path) -> list[str]:
    """Return the languages of at least five typed documents and Fundus pages, commonest first."""
    codes = [document.lang for document in load_typed_documents(root)]
    codes += [page.lang for page in load_pages("fundus-dev", root)]
    count = {code: sum(is_language(other, code) for other in codes) for code in LANGUAGES}
    known = [code for code in LANGUAGES if count[code] >= _MIN_DOCUMENTS]
    return sorted(known, key=lambda code: -count[code])


def measure_language(root: Path, language: str, head: Head) -> UnseenLanguage:
    """Return what texts in a language lose to a model that never saw it.

    `head` is the shipped text head, whose calibration and cut hold.
    """
    texts = [text for text in texts_of_language(root, language) if text.lines]
    judged = [replace(text, fold=N_FOLDS, group="unseen") for text in texts]
    corpus = build_corpus(root, without=language)
    first = len(corpus.texts)
    data = prepare(replace(corpus, texts=[*corpus.texts, *judged]), without=language)
    trainer, folds = Trainer(data), set(range(N_FOLDS))
    with threadpool_limits(1):
        fitted = trainer.fit_text({fold: trainer.text_bags(folds - {fold}) for fold in folds})
        bags = trainer.text_bags(folds)
    found: Counter[str] = Counter()
    for number, text in enumerate(judged, start=first):
        kept = _kept(trainer.score_text(number, bags, fitted), text.lines, head)
        found.update(_counts(text, data.texts[number].text.n_words, kept))
    return UnseenLanguage(language, len(judged), **found)


def _kept(odds: FloatArray, lines: Sequence[str], head: Head) -> BoolArray:
    score = 1 / (1 + np.exp(-(head.slope * odds.astype(np.float64) + head.intercept)))
    cut = head.cuts["balanced"].on(score.tolist(), [len(line) for line in lines])
    kept: BoolArray = score >= [cut.of(line) for line in lines]
    return kept


def _counts(text: TextExample, n_words: IntArray, kept: BoolArray) -> dict[str, int]:
    content, chrome = text.kind == 0, (text.kind > 0) | (text.kind == CHROME)
    return {
        "words": int(n_words[content].sum()),
        "lost": int(n_words[content & ~kept].sum()),
        "chrome": int(chrome.sum()),
        "found": int((chrome & ~kept).sum()),
    }


LANGUAGES_HEAD: Final = (
    "| language unseen | documents | content words lost | chrome lines found |\n|---|--:|--:|--:|"
)


def render_language(row: UnseenLanguage) -> str:
    """Return a row of a Markdown table."""
    lost, found = row.lost / max(row.words, 1), row.found / max(row.chrome, 1)
    return f"| {row.language} | {row.documents} | {lost:.4f} | {found:.4f} |"
