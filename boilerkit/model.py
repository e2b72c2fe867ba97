"""The trained model: arrays and JSON in a folder, read, verified and applied with numpy.

Format (``docs/model-format.md``): ``config.json`` names the format version, the feature columns,
the classes, the vocabulary, the calibration and the cuts; ``weights.npz`` holds the arrays; the
checksum of the latter stands in the former. No pickle is read.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boilerkit.blocks import BLOCK_LINES, measure_blocks
from boilerkit.config import OPERATING_POINTS
from boilerkit.cuts import Cut
from boilerkit.errors import ConfigError, ModelError
from boilerkit.features import (
    HTML_COLUMNS,
    HTML_CONTEXT_COLUMNS,
    KINDS,
    TEXT_CONTEXT_COLUMNS,
    TEXT_MATRIX_COLUMNS,
    PageRows,
    TextRows,
    WordScores,
)
from boilerkit.html_features import (
    box_names_sums,
    read_names,
    read_structure,
    structure_columns,
)
from boilerkit.labels import PAGE_TYPES
from boilerkit.lexicon import (
    LEXICON_ARRAYS,
    Lexicon,
    Phrases,
    concept_tokens,
    with_tokens,
)
from boilerkit.markup import read_as_text, text_share
from boilerkit.network import Network
from boilerkit.page_lines import PageLines
from boilerkit.page_types import (
    N_MEASURES,
    N_META_BUCKETS,
    page_clues,
    type_scores,
)
from boilerkit.text_features import (
    N_BUCKETS,
    FloatArray,
    IntArray,
    TextFeatures,
)

if TYPE_CHECKING:
    import sys

    if sys.version_info >= (3, 11):
        from importlib.resources.abc import Traversable
    else:
        from importlib.abc import Traversable

__all__ = [
    "COLUMNS",
    "FORMAT_VERSION",
    "Forest",
    "Head",
    "Model",
    "Scores",
    "config_checksum",
    "likeliest_kinds",
    "load_model",
]

FORMAT_VERSION = 1

# Columns of both passes; the first pass sees all but the last, which hold what it said.
COLUMNS = {
    "html": (*HTML_COLUMNS, *HTML_CONTEXT_COLUMNS),
    "text": (*TEXT_MATRIX_COLUMNS, *TEXT_CONTEXT_COLUMNS),
}


@dataclass(frozen=True, slots=True)
class Scores:
    """``odds``: (n,) calibrated log-odds of content; ``kinds``: (n,) chrome indices into KINDS."""

    odds: FloatArray
    kinds: IntArray

    @property
    def content(self) -> FloatArray:
        """(n,) calibrated probabilities."""
        chance: FloatArray = (1 / (1 + np.exp(-self.odds))).astype(np.float32)
        return chance


# Rows that go through the trees at once: so few that what they reach stays in the cache.
_TREE_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Forest:
    """Boosted trees as arrays over their nodes; a leaf is its own child.

    ``feature``, ``threshold``, ``value``: (n_nodes,); ``children``: (2 * n_nodes,) left and right
    of each node; ``roots``: (n_trees,); ``bias``: the log-odds before the first tree.
    """

    feature: IntArray
    threshold: FloatArray
    children: IntArray
    value: FloatArray
    roots: IntArray
    bias: float
    depth: int

    def log_odds(self, matrix: FloatArray) -> FloatArray:
        """Return (n,) log-odds for an (n, n_columns) matrix."""
        out = np.empty(len(matrix), np.float32)
        for first in range(0, len(matrix), _TREE_ROWS):
            leaves = self.leaves(matrix[first : first + _TREE_ROWS])
            sums = self.value.take(leaves).sum(axis=1, dtype=np.float64)
            out[first : first + _TREE_ROWS] = sums + self.bias
        return out

    def leaves(self, matrix: FloatArray) -> IntArray:
        """Return (n, n_trees) the leaf that each row reaches in each tree."""
        n, width = matrix.shape
        cells = matrix.ravel()
        row = (np.arange(n) * width)[:, None]
        node = np.broadcast_to(self.roots, (n, len(self.roots)))
        for _ in range(self.depth):
            # take and in-place sums: fancy indices and new arrays take twice as long; "wrap" spares
            # a look for indices out of range, of which load_model lets none in
            cell = self.feature.take(node, mode="wrap")
            cell += row
            right = cells.take(cell, mode="wrap") > self.threshold.take(node, mode="wrap")
            node = 2 * node
            node += right
            node = self.children.take(node, mode="wrap")
        return node


@dataclass(frozen=True, slots=True)
class Head:
    """What turns one kind of feature matrix into scores.

    ``first`` scores lines by their own features and neighbours; ``forest`` scores them again once
    the first pass's scores of all lines are columns too (auto-context; Tu & Bai, 2010); ``network``
    reads the columns of a line and of those around it. Its first output is added to
    the forest's log-odds, the others tell the chrome kinds apart. The probability is the logistic
    function of ``slope * log_odds + intercept`` (Platt scaling).
    """

    first: Forest
    forest: Forest
    network: Network
    slope: float
    intercept: float
    cuts: Mapping[str, Cut]

    def score_rows(self, rows: TextRows | PageRows) -> Scores:
        """Return the scores of all lines of a document.

        Its matrix is made block by block, twice: all of it would take a kilobyte a line.
        """
        n = len(rows)
        blocks = [(first, min(first + BLOCK_LINES, n)) for first in range(0, n, BLOCK_LINES)]
        if len(blocks) <= 1:
            return self.score(self.matrix(rows))
        odds = np.concatenate([self.first.log_odds(rows.matrix(*block)) for block in blocks])
        context = rows.context(odds)
        scores = [self._score_block(rows, context, *block) for block in blocks]
        return Scores(
            np.concatenate([part.odds for part in scores]),
            np.concatenate([part.kinds for part in scores]),
        )

    def _score_block(
        self, rows: TextRows | PageRows, context: FloatArray, first: int, end: int
    ) -> Scores:
        """Return the scores of lines `first` to `end` - 1; the network sees beyond them."""
        start = max(first - self.network.reach, 0)
        around = (start, min(end + self.network.reach, len(rows)))
        matrix = np.concatenate([rows.matrix(*around), context[slice(*around)]], axis=1)
        found, own = self.score(matrix), slice(first - start, end - start)
        return Scores(found.odds[own], found.kinds[own])

    def matrix(self, rows: TextRows | PageRows) -> FloatArray:
        """Return the (n, n_columns) features of all lines of a document."""
        matrix = rows.matrix(0, len(rows))
        return np.concatenate([matrix, rows.context(self.first.log_odds(matrix))], axis=1)

    def score(self, matrix: FloatArray) -> Scores:
        """Return calibrated log-odds and the likeliest chrome kinds of a document's lines."""
        logits = self.network.logits(matrix)
        odds = self.slope * (self.forest.log_odds(matrix) + logits[:, 0]) + self.intercept
        return Scores(odds, likeliest_kinds(logits))


def likeliest_kinds(logits: FloatArray) -> npt.NDArray[np.int64]:
    """Return the index into KINDS of the likeliest chrome kind by a network's outputs."""
    kinds: IntArray = logits[:, 1:].argmax(axis=1) + 1
    return kinds


@dataclass(frozen=True)
class Model:
    """A loaded model. Nothing in it changes; it may be shared between threads.

    ``words``: (N_BUCKETS + 1, len(KINDS) + 1) weights of the hashed words on pages for each kind
    and, in the last column, for content: side by side, a word is looked up once; ``text_kinds``:
    (N_BUCKETS + 1, len(KINDS)) those in bare texts.
    """

    name: str
    version: str
    lexicon: Lexicon
    words: FloatArray  # those of the kinds and of content, side by side
    text_kinds: FloatArray
    name_content: FloatArray
    page_types: FloatArray
    vocabulary: Mapping[str, int]
    heads: Mapping[str, Head]

    @property
    def word_kinds(self) -> FloatArray:
        """(N_BUCKETS + 1, len(KINDS)) weights of words on pages; the last row is the bias."""
        return self.words[:, :-1]

    @property
    def word_content(self) -> FloatArray:
        """(N_BUCKETS + 1, 1) weights of words for content on a page."""
        return self.words[:, -1:]

    def score_text(self, lines: Sequence[str]) -> Scores:
        """Score the folded lines of one text; every line must hold a word."""
        return self.heads["text"].score_rows(self._text_rows(lines))

    def score_html(self, page: PageLines) -> Scores:
        """Score the lines of one page; those of one with bare markup as lines of a text, too."""
        scores = self.heads["html"].score_rows(self._page_rows(page))
        share = text_share(page)
        if not share:
            return scores
        index, lines = read_as_text(page)
        if not index:
            return scores
        odds, kinds = scores.odds.copy(), scores.kinds.copy()
        as_text = self.score_text(lines)
        odds[index] += share * (as_text.odds - odds[index])
        kinds[index] = as_text.kinds  # which kind it is, the words tell best
        return Scores(odds, kinds)

    def text_matrix(self, lines: Sequence[str]) -> FloatArray:
        """Return the (n, n_columns) features of the lines of a text."""
        return self.heads["text"].matrix(self._text_rows(lines))

    def html_matrix(self, page: PageLines) -> FloatArray:
        """Return the (n, n_columns) features of the lines of a page."""
        return self.heads["html"].matrix(self._page_rows(page))

    def _text_rows(self, lines: Sequence[str]) -> TextRows:
        return TextRows(measure_blocks(lines, self.lexicon, self.score_words))

    def score_words(self, text: TextFeatures, phrases: Phrases) -> WordScores:
        """Score the words of a text and what they express."""
        more = with_tokens(text, concept_tokens(text.words, phrases))
        return word_scores(more, self.text_kinds)

    def _page_rows(self, page: PageLines) -> PageRows:
        lines = measure_blocks(
            page.texts, self.lexicon, lambda text, _: word_scores(text, self.words)
        )
        structure = read_structure(page)
        names = read_names(page, self.vocabulary)
        named = box_names_sums(names, structure, self.name_content)
        types = type_scores(names.distinct, page_clues(page, lines), self.page_types)
        structural = structure_columns(page, structure, lines)
        return PageRows(structure, structural, lines, named + self.name_content[-1], types)


def word_scores(text: TextFeatures, weights: FloatArray) -> WordScores:
    """Return the logits of lines and segments; `weights` as for :func:`bag_scores`."""
    count, sums = _segment_sums(text, weights)
    return WordScores(
        _line_scores(text, count, sums, weights[-1]), _over_root(sums, count) + weights[-1]
    )


def bag_scores(text: TextFeatures, weights: FloatArray) -> FloatArray:
    """Return (n, n_classes) sums of the weights of each line's hashed features over their root.

    `weights` is (N_BUCKETS + 1, n_classes), its last row the intercepts.
    """
    count, sums = _segment_sums(text, weights)
    return _line_scores(text, count, sums, weights[-1])


def _segment_sums(text: TextFeatures, weights: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the number of features of each segment and the sums of their weights."""
    n = len(text.segment_line)
    count = np.bincount(text.token_segment, minlength=n)
    if not n:
        return count, np.zeros((0, weights.shape[1]), np.float32)
    first = np.cumsum(count) - count
    return count, np.add.reduceat(weights.take(text.token_bucket, axis=0), first, axis=0)


def _line_scores(
    text: TextFeatures, count: IntArray, sums: FloatArray, bias: FloatArray
) -> FloatArray:
    n = len(text.n_words)
    line_count = np.bincount(text.segment_line, count, minlength=n)
    line_sums = np.zeros((n, sums.shape[1]), np.float32)
    if len(sums):
        first = np.flatnonzero(np.diff(text.segment_line, prepend=-1))
        line_sums[text.segment_line[first]] = np.add.reduceat(sums, first, axis=0)
    return _over_root(line_sums, line_count) + bias


def _over_root(sums: FloatArray, count: npt.NDArray[Any]) -> FloatArray:
    out: FloatArray = sums / np.sqrt(np.maximum(count, 1).astype(np.float32))[:, None]
    return out


def summed_names(
    rows: IntArray, columns: IntArray, weights: FloatArray, n_lines: int
) -> FloatArray:
    """Return (n_lines,) sums of the weights of the name features set, plus the intercept."""
    sums = np.bincount(rows, weights[columns], minlength=n_lines)
    out: FloatArray = (sums + weights[-1]).astype(np.float32)
    return out


def load_model(name: str | Path) -> Model:
    """Load a model by name (a packaged one) or by folder.

    Raises ConfigError when there is no such model, ModelError when it is there but damaged, of
    another format or with other columns than this version computes.
    """
    folder = _find_model(name)
    config = _read_config(folder)
    arrays = _read_arrays(folder, config)
    try:
        return _build(config, arrays)
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ModelError(f"model {name!s} is incomplete or inconsistent: {error!r}") from error


def _find_model(name: str | Path) -> Traversable:
    if isinstance(name, Path) or "/" in name or "\\" in name:
        folder: Traversable = Path(name)
    else:
        folder = resources.files("boilerkit").joinpath("data").joinpath(name)
    if not folder.joinpath("config.json").is_file():
        packaged = resources.files("boilerkit").joinpath("data")
        known = sorted(item.name for item in packaged.iterdir() if item.is_dir())
        raise ConfigError(
            f"no model {str(name)!r}: choose from {', '.join(['heuristic', *known])} "
            "or give a model folder"
        )
    return folder


def config_checksum(config: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a configuration but for the checksum itself."""
    rest = {key: value for key, value in config.items() if key != "config_sha256"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _read_config(folder: Traversable) -> dict[str, Any]:
    try:
        config = json.loads(folder.joinpath("config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"cannot read config.json of model {folder}: {error}") from error
    if not isinstance(config, dict):
        raise ModelError(f"config.json of model {folder} holds no settings")
    version = config.get("format_version")
    if version != FORMAT_VERSION:
        raise ModelError(
            f"model {folder} has format version {version!r}, this boilerkit reads "
            f"{FORMAT_VERSION}: install the boilerkit version that the model was made for"
        )
    if config.get("config_sha256") != config_checksum(config):
        raise ModelError(
            f"config.json of model {folder} is damaged: its SHA-256 is "
            f"{config_checksum(config)}, it says {config.get('config_sha256')}"
        )
    columns = config.get("columns")
    if columns != {kind: list(names) for kind, names in COLUMNS.items()}:
        raise ModelError(
            f"model {folder} was trained on other columns than this version computes: "
            "retrain it with `boilerkit train`"
        )
    return config


# What zipfile, zlib and numpy raise on damaged archives.
_ARCHIVE_ERRORS = (
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


def _read_arrays(folder: Traversable, config: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    try:
        data = folder.joinpath("weights.npz").read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read weights.npz of model {folder}: {error}") from error
    checksum = hashlib.sha256(data).hexdigest()
    if checksum != config.get("weights_sha256"):
        raise ModelError(
            f"weights.npz of model {folder} is damaged: its SHA-256 is {checksum}, "
            f"config.json says {config.get('weights_sha256')}"
        )
    try:
        archive = np.load(io.BytesIO(data), allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("no archive of arrays")
        with archive:
            return {key: archive[key] for key in archive.files}
    except _ARCHIVE_ERRORS as error:
        raise ModelError(f"cannot read weights.npz of model {folder}: {error}") from error


def _build(config: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Model:
    if config["kinds"] != [kind.value for kind in KINDS]:
        raise ModelError(f"the model knows other labels than this version: {config['kinds']}")
    tokens = config["vocabulary"]
    _require(len(set(tokens)) == len(tokens), "its vocabulary repeats itself")
    n_names = 3 * len(tokens) + 1
    n_clues = len(tokens) + N_META_BUCKETS + N_MEASURES + 1
    return Model(
        name=str(config["name"]),
        version=str(config["version"]),
        lexicon=_build_lexicon(arrays),
        words=np.concatenate(
            [
                _unpack(arrays, "word_kinds", (N_BUCKETS + 1, len(KINDS))),
                _unpack(arrays, "word_content", (N_BUCKETS + 1, 1)),
            ],
            axis=1,
        ),
        text_kinds=_unpack(arrays, "text_kinds", (N_BUCKETS + 1, len(KINDS))),
        name_content=_unpack(arrays, "name_content", (n_names, 1))[:, 0],
        page_types=_unpack(arrays, "page_types", (n_clues, len(PAGE_TYPES))),
        vocabulary={str(token): index for index, token in enumerate(tokens)},
        heads={kind: _build_head(config["heads"][kind], arrays, kind) for kind in COLUMNS},
    )


def _build_lexicon(arrays: Mapping[str, npt.NDArray[Any]]) -> Lexicon:
    sizes = {name: arrays[name].shape for name in LEXICON_ARRAYS}
    for name in ("masks", "concepts"):
        _require(sizes["phrases"] == sizes[name], f"its phrases have another number of {name}")
    _require(sizes["rarity"] == (N_BUCKETS,), "its rarities have another shape")
    for name, kind in LEXICON_ARRAYS.items():
        _require(arrays[name].dtype == kind, f"{name} has another type")
        _require(arrays[name].ndim == 1, f"{name} has another shape")
    _require(bool((arrays["concepts"] >= 0).all()), "its concepts are out of range")
    steps = np.diff(arrays["stem_lengths"], prepend=0, append=_MAX_STEM_LETTERS + 1)
    _require(bool((steps > 0).all()), "its stems' lengths do not rise or are out of range")
    return Lexicon.build(arrays)


_MAX_STEM_LETTERS = 100


def _unpack(
    arrays: Mapping[str, npt.NDArray[Any]], name: str, shape: tuple[int, int]
) -> FloatArray:
    """Return weights stored as 8-bit integers with one scale a column."""
    packed, scale = arrays[f"{name}_q"], _floats(arrays, f"{name}_scale", shape[1:])
    _require(packed.shape == shape and packed.dtype == np.int8, f"{name} has another shape")
    _require(bool((np.abs(scale) <= _MAX_SCALE).all()), f"the scale of {name} is out of range")
    weights: FloatArray = packed.astype(np.float32) * scale
    return weights


def _floats(
    arrays: Mapping[str, npt.NDArray[Any]], name: str, shape: tuple[int, ...]
) -> FloatArray:
    array = _as_float32(arrays, name, shape)
    _require(bool(np.isfinite(array).all()), f"{name} holds numbers that are not finite")
    return array


def _as_float32(
    arrays: Mapping[str, npt.NDArray[Any]], name: str, shape: tuple[int, ...]
) -> FloatArray:
    """Return an array as it is computed with; larger numbers than that has become infinite."""
    array = arrays[name]
    _require(array.shape == shape and array.dtype.kind == "f", f"{name} has another shape")
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def _thresholds(
    arrays: Mapping[str, npt.NDArray[Any]], name: str, children: IntArray
) -> FloatArray:
    """Return the thresholds of all nodes; only that of a leaf, its own child, may be infinite."""
    nodes = np.arange(len(children) // 2)
    is_leaf = (children[0::2] == nodes) & (children[1::2] == nodes)
    thresholds = _as_float32(arrays, name, nodes.shape)
    fits = np.isfinite(thresholds) | is_leaf & ~np.isnan(thresholds)
    _require(bool(fits.all()), f"{name} holds numbers that are not finite")
    return thresholds


# Of 8-bit weights; a page's sum of them is far from what a float can hold.
_MAX_SCALE = 1e6

_FIRST_PASS = {"html": len(HTML_COLUMNS), "text": len(TEXT_MATRIX_COLUMNS)}


def _build_head(config: dict[str, Any], arrays: dict[str, npt.NDArray[Any]], kind: str) -> Head:
    n_columns = len(COLUMNS[kind])
    return Head(
        first=_build_forest(config["first"], arrays, f"{kind}_first", _FIRST_PASS[kind]),
        forest=_build_forest(config["second"], arrays, f"{kind}_second", n_columns),
        network=_build_network(arrays, kind, n_columns),
        slope=_number(config["slope"], 1e-6, 1e6),
        intercept=_number(config["intercept"], -1e6, 1e6),
        cuts=_read_cuts(
            config["cuts"],
            _number(config["length"], 0.0, 1e6),
            _number(config["document"], 0.0, 1e6),
        ),
    )


def _build_network(arrays: Mapping[str, npt.NDArray[Any]], prefix: str, n_columns: int) -> Network:
    """Read a network; its outputs are the log-odds of content and the logits of the kinds."""
    width = arrays[f"{prefix}_outward"].shape[0]
    n_layers = arrays[f"{prefix}_layers"].shape[0]
    _require(n_layers <= _MAX_LAYERS, f"the network has {n_layers} layers")
    shapes = {
        "mean": (n_columns,),
        "scale": (n_columns,),
        "direct": (n_columns + 1, len(KINDS)),
        "inward": (n_columns + 1, width),
        "layers": (n_layers, 3 * width + 1, width),
        "outward": (width, len(KINDS)),
    }
    return Network(**{n: _floats(arrays, f"{prefix}_{n}", shape) for n, shape in shapes.items()})


# A layer more doubles how far a line sees; this many pass the longest text.
_MAX_LAYERS = 24


def _build_forest(
    config: dict[str, Any], arrays: dict[str, npt.NDArray[Any]], prefix: str, n_columns: int
) -> Forest:
    n_nodes = len(arrays[f"{prefix}_feature"])
    depth = config["depth"]
    _require(isinstance(depth, int) and 0 <= depth <= _MAX_DEPTH, f"depth of {prefix}: {depth!r}")

    def indices(name: str, length: int, limit: int) -> IntArray:
        array = arrays[f"{prefix}_{name}"]
        fits = array.shape == (length,) and array.dtype.kind == "i"
        _require(fits, f"the trees' {name} have another shape")
        inside = not length or (int(array.min()) >= 0 and int(array.max()) < limit)
        _require(inside, f"the trees' {name} point outside the model")
        return array.astype(np.int64)

    children = indices("children", 2 * n_nodes, n_nodes)
    return Forest(
        feature=indices("feature", n_nodes, n_columns),
        threshold=_thresholds(arrays, f"{prefix}_threshold", children),
        children=children,
        value=_floats(arrays, f"{prefix}_value", (n_nodes,)),
        roots=indices("roots", len(arrays[f"{prefix}_roots"]), n_nodes),
        bias=_number(config["bias"], -1e6, 1e6),
        depth=depth,
    )


_MAX_DEPTH = 64


def _read_cuts(cuts: Mapping[str, Any], length: float, document: float) -> dict[str, Cut]:
    """Return the cuts, which rise from ``careful`` to ``greedy``: what greedy keeps all keep."""
    read = {name: _number(cuts[name], 0.0, 1.0) for name in OPERATING_POINTS}
    _require(list(read.values()) == sorted(read.values()), f"its cuts do not rise: {read}")
    return {name: Cut(score, length, document) for name, score in read.items()}


def _number(value: Any, low: float, high: float) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    _require(is_number and low <= value <= high, f"a setting is out of range: {value!r}")
    return float(value)


def _require(condition: bool, complaint: str) -> None:
    if not condition:
        raise ModelError(f"the model is inconsistent: {complaint}")
