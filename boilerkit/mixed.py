"""Long lines that hold content and chrome: which of their sentences go.

An appeal that an extractor glued to a paragraph stands at its start or its end. Two looks find it.
In the first the sentences of long lines stand as lines of their own, and the runs at a line's ends
that speak most for chrome become its pieces. In the second the pieces stand as lines: read as a
whole, beside a paragraph that is one, they are easier to tell than sentence by sentence. A piece
goes that is likely chrome, and clearly less likely content than what stays of its line: where both
are in doubt, the paragraph is. Only the second look depends on the operating point, so that a
greedier one cuts more and never less.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate

from boilerkit.decide import Decision, ScoredLine
from boilerkit.labels import Label
from boilerkit.records import Part
from boilerkit.sentences import split_sentences
from boilerkit.text_lines import TextLines, fold_line
from boilerkit.wordlists import split_words

__all__ = ["SplitLines", "into_pieces", "into_sentences", "line_parts"]

# Shorter lines are one thing or the other.
_MIN_WORDS = 25
# Longer ones are no paragraphs.
_MAX_CHARS = 100_000
# How far above the cut of usual lines a piece may be and goes, and how far it must be below what
# stays of its line, in log-odds of content. Chosen on the glued appeals and the typed lines of the
# benchmark, for as many appeals found as less than 0.5 % of the content words pay for.
_ALLOWANCE = 2.0
_BELOW_REST = 1.5

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SplitLines:
    """A text with some of its lines split.

    ``words``: the folded text of each line and piece; ``spans``: for the number of each line that
    was split, the offsets of its pieces; ``first``: the place in ``words`` of its first piece;
    ``stays``: which piece of the line is never cut.
    """

    words: list[str]
    spans: dict[int, list[Span]]
    first: dict[int, int]
    stays: dict[int, int]


def into_sentences(lines: TextLines, limit: int | None = None) -> SplitLines:
    """Split every line of 25 words or more that has several sentences into them.

    Endless lines stay whole, and so do all from that one on that would make the sentences more
    than `limit`.
    """
    found: dict[int, list[Span]] = {}
    room = math.inf if limit is None else limit
    for number, folded in zip(lines.index, lines.words, strict=True):
        spans = split_sentences(lines.raw[number]) if _is_long(folded) else []
        room -= len(spans)
        if room < 0:
            break
        if len(spans) > 1:
            found[number] = spans
    return _split(lines, found, {})


def _is_long(folded: str) -> bool:
    # a word has a character: most lines are not counted
    return _MIN_WORDS <= len(folded) <= _MAX_CHARS and len(split_words(folded)) >= _MIN_WORDS


def _split(lines: TextLines, spans: dict[int, list[Span]], stays: dict[int, int]) -> SplitLines:
    words: list[str] = []
    first = {}
    for number, folded in zip(lines.index, lines.words, strict=True):
        if number in spans:
            first[number] = len(words)
            raw = lines.raw[number]
            words.extend(fold_line(raw[start:end]) for start, end in spans[number])
        else:
            words.append(folded)
    return SplitLines(words, spans, first, stays)


def into_pieces(
    lines: TextLines, sentences: SplitLines, scored: Sequence[ScoredLine]
) -> SplitLines:
    """Split each line into what may be chrome before it, the rest, and what may be after it.

    scored: the lines of ``sentences.words``. White space between two pieces is in neither.
    """
    pieces, stays = {}, {}
    for number, spans in sentences.spans.items():
        first = sentences.first[number]
        start, end = _rest(scored[first : first + len(spans)])
        runs = [run for run in ((0, start), (start, end), (end, len(spans))) if run[0] < run[1]]
        if len(runs) > 1:
            pieces[number] = [(spans[begin][0], spans[stop - 1][1]) for begin, stop in runs]
            stays[number] = int(start > 0)
    return _split(lines, pieces, stays)


def _rest(sentences: Sequence[ScoredLine]) -> Span:
    """Return the first and the end of the sentences between the runs that speak for chrome.

    The likeliest content is always among them.
    """
    odds = [_log_odds(sentence.score) for sentence in sentences]
    best = max(range(len(odds)), key=odds.__getitem__)
    return _run(odds[:best]), len(odds) - _run(odds[:best:-1])


def _run(odds: Sequence[float]) -> int:
    """Return the length of the run from the edge inward that speaks most for chrome; 0: none."""
    sums = [0.0, *accumulate(-value for value in odds)]
    return max(range(len(sums)), key=sums.__getitem__)


def line_parts(
    pieces: SplitLines,
    scored: Sequence[ScoredLine],
    decisions: Sequence[Decision],
    cut: float,
    kept: Collection[Label],
) -> dict[int, tuple[Part, ...]]:
    """Return the parts of each line, by number, that is mixed.

    scored: the lines of ``pieces.words``; decisions: those on the whole lines; kept: the chrome
    labels that are. A line that goes as a whole has no parts.
    """
    found = {}
    highest = _log_odds(cut) + _ALLOWANCE
    for number, spans in pieces.spans.items():
        decision = decisions[number]
        of_line = scored[pieces.first[number] : pieces.first[number] + len(spans)]
        rest = _log_odds(of_line[pieces.stays[number]].score)
        bound = min(highest, rest - _BELOW_REST)
        goes = [
            place != pieces.stays[number]
            and piece.kind not in kept
            and _log_odds(piece.score) < bound
            for place, piece in enumerate(of_line)
        ]
        if decision.kept and any(goes):
            found[number] = _parts(spans, of_line, goes, decision)
    return found


def _parts(
    spans: Sequence[Span], scored: Sequence[ScoredLine], goes: Sequence[bool], whole: Decision
) -> tuple[Part, ...]:
    """Return the dropped pieces and, with the whole line's label, what stays between them.

    White space beside a dropped piece belongs to it.
    """
    first = int(goes[0])
    end = len(goes) - int(goes[-1])
    start, stop = spans[first][0], spans[end - 1][1]
    kept = Part(whole.label, True, _mean_score(spans[first:end], scored[first:end]), start, stop)
    before, after = scored[0], scored[-1]
    parts = [kept]
    if goes[0]:
        parts.insert(0, Part(before.kind, False, before.score, spans[0][0], start))
    if goes[-1]:
        parts.append(Part(after.kind, False, after.score, stop, spans[-1][1]))
    return tuple(parts)


def _mean_score(spans: Sequence[Span], scored: Sequence[ScoredLine]) -> float:
    """Return the mean score, weighted by characters."""
    total = sum(s.score * (end - start) for s, (start, end) in zip(scored, spans, strict=True))
    return total / sum(end - start for start, end in spans)


def _log_odds(score: float) -> float:
    clipped = min(max(score, 1e-9), 1 - 1e-9)
    return math.log(clipped / (1 - clipped))
