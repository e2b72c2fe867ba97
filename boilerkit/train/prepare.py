"""Training examples → the features that no fit changes, computed once by the run-time code.

What comes out holds no text: arrays alone travel to the processes that fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from boilerkit.features import WordScores
from boilerkit.html_features import (
    Structure,
    box_names_matrix,
    name_tokens,
    read_names,
    read_structure,
    structure_columns,
)
from boilerkit.lexicon import (
    Lexicon,
    Tokens,
    compile_phrases,
    concept_tokens,
    count_rarity,
    find_phrases,
    lexicon_columns,
)
from boilerkit.page_types import PageClues, page_clues
from boilerkit.text_features import FloatArray, IntArray, TextFeatures, Words, measure_lines
from boilerkit.train.corpus import Corpus, PageExample, Single, TextExample
from boilerkit.wordlists import load_concepts, load_wordlists

__all__ = [
    "Prepared",
    "PreparedPage",
    "PreparedSingle",
    "PreparedText",
    "WordScores",
    "find_names",
    "prepare",
]

_MIN_TOKEN_SITES = 4


@dataclass(frozen=True, slots=True)
class PreparedPage:
    """A page as arrays; ``target`` and ``kind`` as in :class:`PageExample`.

    ``names``: (line, column) pairs of ``box_names_matrix`` over the whole corpus's vocabulary;
    ``tokens``: what of that vocabulary stands on the page.
    """

    dataset: str
    page_type: str
    site: str
    fold: int
    target: npt.NDArray[np.float64]
    kind: IntArray
    text: TextFeatures
    lexical: FloatArray
    structure: Structure
    structural: FloatArray
    clues: PageClues
    names: tuple[IntArray, IntArray]
    tokens: IntArray


@dataclass(frozen=True, slots=True)
class PreparedText:
    """A text as arrays; ``kind`` and ``weight`` as in :class:`TextExample`.

    ``concepts``: what the text head's word model reads beside the words.
    """

    group: str
    fold: int
    kind: IntArray
    weight: npt.NDArray[np.float64]
    text: TextFeatures
    concepts: Tokens
    lexical: FloatArray


@dataclass(frozen=True, slots=True)
class PreparedSingle:
    """A single line as arrays, with its kind and fold, and whether pages learn it too."""

    text: TextFeatures
    concepts: Tokens
    kind: int
    fold: int
    on_pages: bool


@dataclass(frozen=True)
class Prepared:
    """All examples in the corpus's order; ``names`` is the vocabulary of all pages."""

    pages: list[PreparedPage]
    texts: list[PreparedText]
    singles: list[PreparedSingle]
    names: list[str]
    lexicon: dict[str, np.ndarray[Any, Any]]


def prepare(corpus: Corpus, *, without: str | None = None) -> Prepared:
    """Compute the features of all lines; `without` leaves out one language's word lists."""
    page_text = [measure_lines(example.page.texts) for example in corpus.pages]
    text = [measure_lines(example.lines) for example in corpus.texts]
    documents = page_text + [
        features
        for example, features in zip(corpus.texts, text, strict=True)
        if example.group == "typed"
    ]
    arrays = compile_phrases(load_wordlists(without=without), load_concepts(without=without))
    arrays["rarity"] = count_rarity(documents)
    lexicon = Lexicon.build(arrays)
    names = find_names(corpus.pages)
    numbered = {name: number for number, name in enumerate(names)}
    return Prepared(
        [
            _prepare_page(example, features, lexicon, numbered)
            for example, features in zip(corpus.pages, page_text, strict=True)
        ],
        [
            _prepare_text(example, features, lexicon)
            for example, features in zip(corpus.texts, text, strict=True)
        ],
        [_prepare_single(single, lexicon) for single in corpus.singles],
        names,
        arrays,
    )


def _prepare_page(
    example: PageExample, text: TextFeatures, lexicon: Lexicon, names: dict[str, int]
) -> PreparedPage:
    structure = read_structure(example.page)
    named = read_names(example.page, names)
    phrases = find_phrases(text.words, lexicon)
    return PreparedPage(
        dataset=example.source.dataset,
        page_type=example.source.page_type or "",
        site=example.source.site,
        fold=example.fold,
        target=example.target,
        kind=example.kind,
        text=_slim(text),
        lexical=lexicon_columns(text, phrases, lexicon.rarity),
        structure=structure,
        structural=structure_columns(example.page, structure, text),
        clues=page_clues(example.page, text),
        names=box_names_matrix(named, structure, len(names)),
        tokens=named.distinct,
    )


def _prepare_text(example: TextExample, text: TextFeatures, lexicon: Lexicon) -> PreparedText:
    phrases = find_phrases(text.words, lexicon)
    return PreparedText(
        group=example.group,
        fold=example.fold,
        kind=example.kind,
        weight=example.weight,
        text=_slim(text),
        concepts=concept_tokens(text.words, phrases),
        lexical=lexicon_columns(text, phrases, lexicon.rarity),
    )


def _prepare_single(single: Single, lexicon: Lexicon) -> PreparedSingle:
    text = measure_lines([single.text])
    concepts = concept_tokens(text.words, find_phrases(text.words, lexicon))
    return PreparedSingle(_slim(text), concepts, single.kind, single.fold, single.on_pages)


def _slim(text: TextFeatures) -> TextFeatures:
    """Return the features without the words, which only the lexicon reads, in small integers."""
    none = np.zeros(0, np.int64)
    hashes = np.zeros(0, np.uint64)
    return replace(
        text,
        token_segment=text.token_segment.astype(np.int32),
        token_bucket=text.token_bucket.astype(np.int32),
        words=Words(none, none, none, none, hashes, hashes, hashes),
    )


def find_names(pages: Iterable[PageExample]) -> list[str]:
    """Return the words of class names and ids that stand on at least four sites."""
    sites: dict[str, set[str]] = {}
    for example in pages:
        names = set(example.page.box_names) | set(example.page.line_inline)
        for token in {token for name in names for token in name_tokens(name)}:
            sites.setdefault(token, set()).add(example.source.site)
    return sorted(token for token, where in sites.items() if len(where) >= _MIN_TOKEN_SITES)


def find_vocabulary(
    pages: Sequence[PreparedPage], names: Sequence[str], folds: Iterable[int]
) -> list[str]:
    """Return the names that stand around lines of at least four sites of the given folds."""
    used = set(folds)
    sites: dict[int, set[str]] = {}
    for page in pages:
        if page.fold in used:
            for token in page.tokens.tolist():
                sites.setdefault(token, set()).add(page.site)
    kept = [token for token, where in sites.items() if len(where) >= _MIN_TOKEN_SITES]
    return [names[token] for token in sorted(kept)]
