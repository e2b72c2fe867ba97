"""Labelled pages and texts → training examples, cut by the run-time segmentation.

A page's lines are labelled by alignment with its ground truth, by its typed lines and by its
snippets; a text's lines by hand, or by alignment where they are a dump of a page's lines.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed

from boilerkit.decode import decode_html
from boilerkit.features import KINDS
from boilerkit.html_lines import read_html
from boilerkit.labels import Label, Role
from boilerkit.page_lines import DATA, PageLines
from boilerkit.roles import line_roles
from boilerkit.text_lines import fold_line
from boilerkit.train.align import content_shares
from boilerkit.train.datasets import (
    Page,
    TypedDocument,
    load_appeals,
    load_pages,
    load_typed_documents,
)
from boilerkit.train.labels import PageLabels, load_page_labels
from boilerkit.train.sites import N_FOLDS, fold_of

__all__ = [
    "CHROME",
    "UNKNOWN",
    "Corpus",
    "PageExample",
    "Single",
    "TextExample",
    "build_corpus",
    "is_language",
    "texts_of_language",
]

# Values of a kind column beside indices into KINDS.
UNKNOWN = -1
CHROME = -2

_CONTENT = KINDS.index(Label.CONTENT)
_KIND_INDEX = {kind.value: index for index, kind in enumerate(KINDS)}
_CONTENT_SHARE = 0.5
_MIN_CONTAINED_CHARS = 30
# How much longer than a forbidden snippet a line may be and still be taken for that snippet.
_MAX_SNIPPET_FACTOR = 3
_MAX_HOST_LINES = 24
_SOURCE_CAP = 8
_MIN_SENTENCE_WORDS = 4
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[.!?])(?=[A-Z])")
_WORD = re.compile(r"\w+")

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PageExample:
    """A page and what is known of its lines.

    ``target``: (n,) 1 content, 0 chrome, NaN unknown; ``kind``: (n,) index into KINDS or UNKNOWN;
    ``labelled``: whether a reader labelled all of its lines.
    """

    source: Page
    fold: int
    page: PageLines
    roles: list[Role]
    target: FloatArray
    kind: IntArray
    labelled: bool


@dataclass(frozen=True, slots=True)
class TextExample:
    """A text of folded lines; ``kind``: (n,) index into KINDS, CHROME (kind unknown) or UNKNOWN.

    ``group`` names where it is from: ``typed``, ``dump`` or ``inserted``; ``weight`` is that of
    each line in training.
    """

    name: str
    group: str
    fold: int
    lines: list[str]
    kind: IntArray
    weight: FloatArray


class Single(NamedTuple):
    """A line that stands in no page: its kind's index, and whether models of pages learn it too."""

    text: str
    kind: int
    fold: int
    on_pages: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """All training examples and the single lines."""

    pages: list[PageExample]
    texts: list[TextExample]
    singles: list[Single]


def build_corpus(root: Path, *, without: str | None = None, n_jobs: int = 2) -> Corpus:
    """Read all data sets under `root`; no sentence of the founding document, a test, is learned.

    `without` leaves out what is known to be in one language, an ISO 639-1 code.
    """
    held_out = _held_out_sentences()
    typed = [item for item in load_typed_documents(root) if not is_language(item.lang, without)]
    by_page: dict[tuple[str, str], list[TypedDocument]] = {}
    for document in typed:
        by_page.setdefault(_page_key(document), []).append(document)
    sources = [page for name in _PAGE_SETS for page in load_pages(name, root)]
    sources += list(_typed_only_pages(root, typed, sources))
    sources = [page for page in sources if not is_language(page.lang, without)]
    own = load_page_labels()
    pages = Parallel(n_jobs=n_jobs)(
        delayed(_page_example)(
            page,
            by_page.get((page.dataset, page.id), []),
            own.get((page.dataset, page.id)),
            held_out,
        )
        for page in sources
    )
    pages = [example for example in pages if len(example.page.texts)]
    pieces = list(_pieces(root, held_out, without))
    singles = [
        Single(text, piece.kind, piece.fold, piece.on_pages)
        for piece in pieces
        for text in piece.lines
    ]
    texts = [_typed_example(document, held_out) for document in typed]
    with_gold = [example for example in pages if example.source.gold is not None]
    texts += [_dump_example(example) for example in _dumped(pages, with_gold)]
    texts += list(_inserted_examples(pages, pieces, held_out))
    pages += [
        shell for page in with_gold[::_SHELL_STEP] if (shell := _shell_example(page, held_out))
    ]
    return Corpus(pages, texts, singles)


def is_language(code: str, language: str | None) -> bool:
    """Return whether a language tag, such as ``de-AT``, names a language; both Norwegian ones do
    ``no``."""
    primary = code.lower().partition("-")[0]
    return _SAME_LANGUAGE.get(primary, primary) == language


_SAME_LANGUAGE = {"nb": "no", "nn": "no"}


def texts_of_language(root: Path, language: str) -> list[TextExample]:
    """Return the typed lines, and the Fundus pages as bare texts, that are in a language."""
    held_out = _held_out_sentences()
    typed = [
        _typed_example(document, held_out)
        for document in load_typed_documents(root)
        if is_language(document.lang, language)
    ]
    pages = [
        _page_example(page, [], None, held_out)
        for page in load_pages("fundus-dev", root)
        if is_language(page.lang, language)
    ]
    return typed + [_dump_example(example) for example in pages if len(example.page.texts)]


_PAGE_SETS = ("wcxb-dev", "fundus-dev", "trafilatura-eval")


def _page_key(document: TypedDocument) -> tuple[str, str]:
    if document.dataset == "fundus-dev":
        return document.dataset, document.page.replace("/", "__")
    return document.dataset, document.page


def _typed_only_pages(
    root: Path, typed: Sequence[TypedDocument], known: Sequence[Page]
) -> Iterator[Page]:
    """Yield the pages behind typed lines that are in no page set."""
    seen = {(page.dataset, page.id) for page in known}
    for document in typed:
        key = _page_key(document)
        path = root / "typed-pages" / document.dataset / document.page
        if key in seen or not path.is_file():
            continue
        seen.add(key)
        yield Page(
            dataset=document.dataset,
            id=document.page,
            path=path,
            url=None,
            site=document.site,
            page_type=document.page_type,
            lang=document.lang,
            gold=None,
        )


def _page_example(
    source: Page,
    typed: Sequence[TypedDocument],
    own: PageLabels | None,
    held_out: frozenset[str],
) -> PageExample:
    page, _ = read_html(decode_html(source.read_html()))
    roles = line_roles(page)
    target = np.full(len(page.texts), np.nan)
    if source.gold is not None:
        target = _aligned_target(page, roles, source)
    kind = np.full(len(page.texts), UNKNOWN, np.int64)
    if own is not None:
        for line, label in enumerate(own.matching(page.texts)):
            if label is not None:
                kind[line] = _KIND_INDEX.get(label.value, UNKNOWN)
    for document in typed:
        _match_typed(page, document, kind)
    known = (kind >= 0) & np.isnan(target)
    target[known] = kind[known] == _CONTENT
    kind[(kind >= 0) & ((kind == _CONTENT) != (target == 1))] = UNKNOWN
    if source.gold is None:
        _match_snippets(page, source, target)
    for line, text in enumerate(page.texts):
        if _holds_any(text, held_out):
            target[line] = np.nan
            kind[line] = UNKNOWN
    return PageExample(source, fold_of(source.site), page, roles, target, kind, own is not None)


def _aligned_target(page: PageLines, roles: Sequence[Role], source: Page) -> FloatArray:
    shares = np.array(content_shares(page.texts, source.gold or ""))
    target = (shares >= _CONTENT_SHARE).astype(np.float64)
    for line, role in enumerate(roles):
        # ground truths leave out headlines and captions, which our labels call content
        if target[line] == 0 and (
            role is Role.TITLE
            or (source.dataset == "fundus-dev" and role in (Role.CAPTION, Role.STANDFIRST))
        ):
            target[line] = np.nan
    return target


def _match_typed(page: PageLines, document: TypedDocument, kind: IntArray) -> None:
    """Give a page's lines the labels of the typed lines that say the same, in order."""
    folded = [fold_line(line).lower() for line in document.lines]
    places: dict[str, list[int]] = {}
    for number, key in enumerate(folded):
        places.setdefault(key, []).append(number)
    long_lines = [
        (key, label)
        for key, label in zip(folded, document.labels, strict=True)
        if len(key) >= _MIN_CONTAINED_CHARS
    ]
    for line, text in enumerate(page.texts):
        key = fold_line(text).lower()
        found = places.get(key)
        if found:
            number = found.pop(0) if len(found) > 1 else found[0]
            kind[line] = _KIND_INDEX.get(document.labels[number], UNKNOWN)
        elif len(key) >= _MIN_CONTAINED_CHARS:
            labels = {label for other, label in long_lines if key in other or other in key}
            if len(labels) == 1:
                kind[line] = _KIND_INDEX.get(labels.pop(), UNKNOWN)


def _match_snippets(page: PageLines, source: Page, target: FloatArray) -> None:
    required = [_fold(snippet) for snippet in source.required]
    forbidden = [_fold(snippet) for snippet in source.forbidden]
    for line, text in enumerate(page.texts):
        key = _fold(text)
        wanted = any(snippet and snippet in key for snippet in required)
        unwanted = any(
            snippet in key and len(key) <= _MAX_SNIPPET_FACTOR * len(snippet)
            for snippet in forbidden
            if snippet
        )
        if wanted != unwanted and np.isnan(target[line]):
            target[line] = float(wanted)


def _fold(text: str) -> str:
    return " ".join(text.split()).lower()


def _typed_example(document: TypedDocument, held_out: frozenset[str]) -> TextExample:
    lines, kinds = [], []
    for line, label in zip(document.lines, document.labels, strict=True):
        folded = fold_line(line)
        if _WORD.search(folded) and not _holds_any(line, held_out):
            lines.append(folded)
            kinds.append(_KIND_INDEX.get(label, UNKNOWN))
    return TextExample(
        document.doc,
        "typed",
        fold_of(document.site),
        lines,
        np.array(kinds, np.int64),
        np.ones(len(lines)),
    )


def _dumped(
    pages: Sequence[PageExample], with_gold: Sequence[PageExample]
) -> Iterator[PageExample]:
    """Yield the pages that are texts too: all whose lines we labelled, and some of the others."""
    for number, example in enumerate(with_gold):
        if example.labelled or number % _DUMP_STEP == 0:
            yield example
    for example in pages:
        if example.labelled and example.source.gold is None:
            yield example


def _dump_example(example: PageExample) -> TextExample:
    """Return all lines of a page as a bare text, each row of a ``<pre>`` a line of its own."""
    rows = [
        (line, row)
        for line, text in enumerate(example.page.texts)
        for row in text.split("\n")
        if _WORD.search(row)
    ]
    lines = np.array([line for line, _ in rows], np.int64)
    target, kind = example.target[lines], example.kind[lines]
    kind = np.where(
        kind >= 0,
        kind,
        np.where(np.isnan(target), UNKNOWN, np.where(target == 1, _CONTENT, CHROME)),
    )
    return TextExample(
        f"{example.source.dataset}:{example.source.id}",
        "dump",
        example.fold,
        [fold_line(row) for _, row in rows],
        kind.astype(np.int64),
        np.full(len(rows), _LABELLED_WEIGHT if example.labelled else _DUMP_WEIGHT),
    )


# A dump's line is one of some 270 of a page whose labels come from alignment, not from a reader.
_DUMP_WEIGHT = 0.2
_LABELLED_WEIGHT = 0.4
# Dumps of every other page: more of them add hours, not accuracy.
_DUMP_STEP = 2


# A page of every so many is shown once more as one that a script fills from its data.
_SHELL_STEP = 10
_SHELL_LINKS = 12
_MIN_SHELL_CHARS = 400
_SHELLS: tuple[tuple[str, dict[str, str], str], ...] = (
    ('<script type="application/ld+json">%s</script>', {"@type": "NewsArticle"}, "articleBody"),
    ('<script id="__DATA__" type="application/json">%s</script>', {}, "body"),
    ('<script type="application/ld+json">%s</script>', {"@type": "Product"}, "description"),
    ("<script>window.__STATE__ = %s</script>", {}, "text"),
)


def _shell_example(example: PageExample, held_out: frozenset[str]) -> PageExample | None:
    """Return a page whose links stand in its HTML and whose main text stands in its data alone.

    Few pages of the sets are such shells, and those that score worst.
    """
    gold = example.source.gold or ""
    held = any(_holds_any(line, held_out) for line in gold.split("\n"))
    if held or len(gold) < _MIN_SHELL_CHARS:
        return None
    chrome = [text for text, t in zip(example.page.texts, example.target, strict=True) if t == 0]
    links = "".join(f"<li><a href=#>{escape(text)}</a></li>" for text in chrome[:_SHELL_LINKS])
    script, record, key = _SHELLS[_hash(example.source.id) % len(_SHELLS)]
    data = json.dumps({**record, key: gold}).replace("<", "\\u003c")
    title = f"<head><title>{escape(example.page.title)}</title>{script % data}</head>"
    page, _ = read_html(f"<html>{title}<body><nav><ul>{links}</ul></nav><div id=root></div></html>")
    target = np.array([float(source == DATA) for source in page.source])
    if not target.any():
        return None
    source = replace(example.source, dataset="shell", gold=None)
    kind = np.full(len(target), UNKNOWN, np.int64)
    return PageExample(source, example.fold, page, line_roles(page), target, kind, labelled=False)


_OWN_TEXTS = (
    "phrases.jsonl",
    "negatives.jsonl",
    "appeals_en.jsonl",
    "negatives_en.jsonl",
    "appeals_multi.jsonl",
    "negatives_multi.jsonl",
    "traps_en.jsonl",
    "traps_multi.jsonl",
    "appeals2_en.jsonl",
    "appeals2_west.jsonl",
    "appeals2_north.jsonl",
    "asia_more.jsonl",
    "lookalikes_en.jsonl",
    "lookalikes_multi.jsonl",
    "kinds_more.jsonl",
    "lookalikes_paid.jsonl",
    "appeals_plain.jsonl",
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines of one kind (an index) that stand in no page, in order."""

    lines: list[str]
    kind: int
    fold: int
    on_pages: bool = True

    @property
    def is_content(self) -> bool:
        return self.kind == _CONTENT


def _pieces(root: Path, held_out: frozenset[str], without: str | None) -> Iterator[_Piece]:
    """Yield appeals and our own texts, a line each; appeals are capped by source."""
    per_source: dict[str, int] = {}
    for appeal in load_appeals(root):
        if is_language(appeal.lang, without):
            continue
        per_source[appeal.source] = per_source.get(appeal.source, 0) + 1
        if per_source[appeal.source] <= _SOURCE_CAP and not _holds_any(appeal.text, held_out):
            kind = _KIND_INDEX[appeal.label]
            yield _Piece([fold_line(appeal.text)], kind, appeal_fold(appeal.source))
    for name in _OWN_TEXTS:
        for row in _own_rows(name):
            if row["label"] in _KIND_INDEX and not is_language(row["lang"], without):
                text = fold_line(row["text"])
                kind, fold = _KIND_INDEX[row["label"]], _hash(text) % N_FOLDS
                # pages have more to go by than the words of plain prose, and get worse with them
                yield _Piece([text], kind, fold, row.get("for") != "texts")


def _own_rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files("boilerkit.train").joinpath("data").joinpath(name).read_text("utf-8")
    for line in text.splitlines():
        yield json.loads(line)


def appeal_fold(source: str) -> int:
    """Return the fold of a single appeal: all lines of one source stand together."""
    return _hash(source) % N_FOLDS


def _inserted_examples(
    pages: Sequence[PageExample], pieces: Sequence[_Piece], held_out: frozenset[str]
) -> Iterator[TextExample]:
    """Yield articles of a fold with pieces of the same fold set between their paragraphs."""
    rng = random.Random(20261122)
    articles = [found for page in pages if (found := _host_lines(page, held_out))]
    for fold in range(N_FOLDS):
        hosts = [lines for lines, other in articles if other == fold]
        own = [piece for piece in pieces if piece.fold == fold]
        alike: dict[int, list[str]] = {}
        for piece in own:
            alike.setdefault(piece.kind, []).extend(piece.lines)
        pool = own + [piece for piece in own if _is_hard(piece)]
        rng.shuffle(pool)
        number = 0
        while pool and hosts:
            taken = [pool.pop() for _ in range(min(rng.choice(_PIECES), len(pool)))]
            taken = [_as_printed(piece, alike, rng) for piece in taken]
            strangers = rng.choice(hosts)
            for _ in range(rng.choice(_STRANGERS)):
                taken.append(_Piece([rng.choice(strangers)], _CONTENT, fold))
            rng.shuffle(taken)
            lines = hosts[number % len(hosts)]
            yield _insert(f"inserted:{fold}:{number}", fold, lines, taken, rng)
            number += 1


def _is_hard(piece: _Piece) -> bool:
    """Return whether a piece is prose like an appeal's: rarer than menu items, and harder, and so
    set in twice."""
    return piece.is_content or any(
        len(_WORD.findall(line)) >= _MIN_LONG_WORDS for line in piece.lines
    )


def _as_printed(piece: _Piece, alike: Mapping[int, Sequence[str]], rng: random.Random) -> _Piece:
    """Return a piece as sites print it: now and then in a run of others of its kind, now and then
    one line a sentence."""
    lines = list(piece.lines)
    if piece.kind in _KINDS_IN_RUNS and rng.random() < _RUN_OF_A_KIND_SHARE:
        lines += [rng.choice(alike[piece.kind]) for _ in range(rng.randint(1, 4))]
        rng.shuffle(lines)
    if not piece.is_content and rng.random() < _SPLIT_SHARE:
        lines = [sentence for line in lines for sentence in _sentences(line)]
    return replace(piece, lines=lines)


_MIN_LONG_WORDS = 10
_KINDS_IN_RUNS = frozenset(
    _KIND_INDEX[kind] for kind in ("donation", "subscription", "newsletter", "account", "comments")
)
_RUN_OF_A_KIND_SHARE = 0.3
# How many pieces one article gets: mostly one, for an appeal that stands alone is the hardest.
_PIECES = (1, 1, 1, 2, 3)
# How many lines of another article are set in too: what is off the topic need not be an appeal.
_STRANGERS = (0, 1, 1, 2, 3)


def _host_lines(example: PageExample, held_out: frozenset[str]) -> tuple[list[str], int] | None:
    if example.source.page_type != "article" or not example.source.gold:
        return None
    lines = [
        fold_line(line)
        for line in example.source.gold.split("\n")
        if _WORD.search(line) and not _holds_any(line, held_out)
    ]
    return (lines[:_MAX_HOST_LINES], example.fold) if len(lines) >= 4 else None


def _insert(
    name: str, fold: int, host: list[str], pieces: Sequence[_Piece], rng: random.Random
) -> TextExample:
    """Set pieces into an article: each at a place of its own, or all chrome in one run."""
    lines = list(host)
    kinds = [UNKNOWN] * len(lines)
    in_one_run = rng.random() < _RUN_SHARE
    run = -1
    for piece in pieces:
        place = rng.choice((0, 1, len(lines), rng.randint(0, len(lines)), len(lines) // 2))
        if in_one_run and not piece.is_content:
            place = run = place if run < 0 else run
        lines[place:place] = piece.lines
        kinds[place:place] = [piece.kind] * len(piece.lines)
        if piece.is_content and place <= run:
            run += len(piece.lines)
    return _inserted_example(name, fold, lines, kinds)


_RUN_SHARE = 0.3
_SPLIT_SHARE = 0.25


def _sentences(text: str) -> list[str]:
    parts = [part.strip() for part in _SENTENCE_END.split(text) if _WORD.search(part)]
    return parts or [text]


def _inserted_example(
    name: str, fold: int, lines: list[str], inserted: Sequence[int]
) -> TextExample:
    kinds = np.array(inserted, np.int64)
    places = np.flatnonzero(kinds != UNKNOWN)
    weights = np.full(len(lines), _HOST_WEIGHT)
    weights[places] = np.where(kinds[places] == _CONTENT, _COUNTER_WEIGHT, _INSERTED_WEIGHT)
    for place in places:
        # the hosts repeat from example to example: only the lines beside an insertion teach
        beside = slice(max(place - _HOST_LINES_USED, 0), place + _HOST_LINES_USED + 1)
        kinds[beside] = np.where(kinds[beside] == UNKNOWN, _CONTENT, kinds[beside])
    return TextExample(name, "inserted", fold, lines, kinds, weights)


_HOST_LINES_USED = 2
# Well over ten thousand made documents stand beside six hundred labelled ones, whose say must not
# drown.
_HOST_WEIGHT = 0.045
_INSERTED_WEIGHT = 0.45
# What looks like an appeal and is none: the rarer lesson.
_COUNTER_WEIGHT = 0.9


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")


def sentence_keys(text: str) -> list[str]:
    """Return a short hash of every sentence of `text` that has at least four words."""
    keys = []
    for sentence in [text, *_SENTENCE_END.split(text)]:
        words = _WORD.findall(sentence.lower())
        if len(words) >= _MIN_SENTENCE_WORDS:
            keys.append(hashlib.sha256(" ".join(words).encode("utf-8")).hexdigest()[:16])
    return keys


def _held_out_sentences() -> frozenset[str]:
    text = resources.files("boilerkit.train").joinpath("held_out.json").read_text("utf-8")
    return frozenset(json.loads(text))


def _holds_any(text: str, held_out: frozenset[str]) -> bool:
    return any(key in held_out for key in sentence_keys(text))
