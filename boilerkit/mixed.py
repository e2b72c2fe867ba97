"""Long lines that hold content and chrome: which of their sentences go.

An appeal that an extractor glued to a paragraph stands at its start or its end. So only runs of
sentences there can go, and a run reaches as far as a sentence that is surely chrome, over others
that are more likely chrome than not (hysteresis). The sentence that is likeliest content holds
the line: what is not surely content somewhere is not split.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from boilerkit.decide import Decision, ScoredLine
from boilerkit.labels import Label
from boilerkit.records import Part
from boilerkit.sentences import split_sentences
from boilerkit.text_lines import TextLines, fold_line
from boilerkit.wordlists import split_words

__all__ = ["SplitLines", "line_parts", "split_long_lines"]

# Shorter lines are one thing or the other.
_MIN_WORDS = 25
# Log-odds below the cut: of a sentence that is surely chrome, and of one that may stand beside it.
_SURE_MARGIN, _WEAK_MARGIN = 1.0, 0.0
# Log-odds of content of the sentence that holds the line; the same at every operating point, so
# that a greedier one cuts more of a line and never less.
_HOLDING_ODDS = 1.0

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SplitLines:
    """A text of which the sentences of long lines stand as lines of their own.

    ``words``: the folded text of each line; ``spans``: for the number of each line that was
    split, the offsets of its sentences; ``first``: the place in ``words`` of its first sentence.
    """

    words: list[str]
    spans: dict[int, list[Span]]
    first: dict[int, int]


def split_long_lines(lines: TextLines) -> SplitLines:
    """Split every line of 25 words or more that has several sentences."""
    split = SplitLines([], {}, {})
    for number, folded in zip(lines.index, lines.words, strict=True):
        raw = lines.raw[number]
        spans = split_sentences(raw) if _is_long(folded) else []
        if len(spans) < 2:
            split.words.append(folded)
            continue
        split.spans[number] = spans
        split.first[number] = len(split.words)
        split.words.extend(fold_line(raw[start:end]) for start, end in spans)
    return split


def _is_long(folded: str) -> bool:
    # a word has a character: most lines are not counted
    return len(folded) >= _MIN_WORDS and len(split_words(folded)) >= _MIN_WORDS


def line_parts(
    split: SplitLines,
    scored: Sequence[ScoredLine],
    decisions: Sequence[Decision],
    cut: float,
    kept_labels: Collection[Label],
) -> dict[int, tuple[Part, ...]]:
    """Return the parts of each line, by number, that is mixed.

    scored: the sentences and lines of ``split.words``; decisions: those on the whole lines. A
    line that goes as a whole has no parts.
    """
    found = {}
    for number, spans in split.spans.items():
        if not decisions[number].kept:
            continue
        first = split.first[number]
        sentences = scored[first : first + len(spans)]
        start, end = _content_run(sentences, cut, kept_labels)
        if (start, end) != (0, len(spans)):
            found[number] = _parts(spans, sentences, (start, end), decisions[number].label)
    return found


def _content_run(
    sentences: Sequence[ScoredLine], cut: float, kept_labels: Collection[Label]
) -> Span:
    """Return the first and the end of the sentences that stay."""
    odds = [_log_odds(sentence.score) for sentence in sentences]
    holder = max(range(len(odds)), key=odds.__getitem__)
    if odds[holder] < _HOLDING_ODDS:
        return 0, len(odds)
    margins = [
        math.inf if sentence.kind in kept_labels else value - _log_odds(cut)
        for sentence, value in zip(sentences, odds, strict=True)
    ]
    start = _chrome_run(margins[:holder])
    return start, len(odds) - _chrome_run(margins[:holder:-1])


def _chrome_run(margins: Sequence[float]) -> int:
    """Return how many sentences from the edge inward go."""
    length = 0
    for place, margin in enumerate(margins, start=1):
        if margin >= -_WEAK_MARGIN:
            break
        if margin < -_SURE_MARGIN:
            length = place
    return length


def _log_odds(score: float) -> float:
    clipped = min(max(score, 1e-9), 1 - 1e-9)
    return math.log(clipped / (1 - clipped))


def _parts(
    spans: Sequence[Span], sentences: Sequence[ScoredLine], kept: Span, label: Label
) -> tuple[Part, ...]:
    """Return the dropped run before the kept one, the kept one with its label, and that after it.

    White space beside a dropped run belongs to it.
    """
    start, end = kept
    begin, finish = spans[start][0], spans[end - 1][1]
    parts = []
    if start:
        parts.append(_part(spans, sentences, (0, start), (spans[0][0], begin)))
    parts.append(
        Part(label, True, _mean_score(sentences[start:end], spans[start:end]), begin, finish)
    )
    if end < len(spans):
        parts.append(_part(spans, sentences, (end, len(spans)), (finish, spans[-1][1])))
    return tuple(parts)


def _part(spans: Sequence[Span], sentences: Sequence[ScoredLine], run: Span, offsets: Span) -> Part:
    """Return a dropped run of sentences as a part."""
    of_run = sentences[slice(*run)]
    kind = Counter(sentence.kind for sentence in of_run).most_common(1)[0][0]
    return Part(kind, False, _mean_score(of_run, spans[slice(*run)]), *offsets)


def _mean_score(sentences: Sequence[ScoredLine], spans: Sequence[Span]) -> float:
    """Return the mean score, weighted by characters."""
    total = sum(s.score * (end - start) for s, (start, end) in zip(sentences, spans, strict=True))
    return total / sum(end - start for start, end in spans)
