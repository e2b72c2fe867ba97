"""Which lines of a page its ground truth contains: alignment of two token sequences.

The ground truth of a page is plain text whose lines are cut otherwise than ours. Both are read as
token sequences and aligned in reading order: rare runs of tokens that occur once on either side
are anchors (patience diff), the longest increasing chain of them is kept and grown, and the gaps
between are aligned the same way with shorter runs. What stands in another order than in the
page is found afterwards by its runs alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

__all__ = ["content_shares", "tokens_of"]

_TOKEN = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
)
_RUN_LENGTHS = (6, 3)
# Gaps up to this many token pairs are aligned exactly.
_MAX_EXACT_PAIRS = 40_000
_SHINGLE = 5


def tokens_of(text: str) -> list[str]:
    """Return lower-case word tokens; each CJK, kana, Hangul or Thai character is one."""
    return _TOKEN.findall(text.lower())


def content_shares(lines: Sequence[str], gold: str) -> list[float]:
    """Return for each line the share of its tokens (0 to 1) that the ground truth holds.

    A line without tokens gets the share of the line before it (0.0 at the start).
    """
    line_tokens = [tokens_of(line) for line in lines]
    page = [token for tokens in line_tokens for token in tokens]
    truth = tokens_of(gold)
    matched = _align(page, truth)
    _match_moved(line_tokens, matched, truth)
    shares: list[float] = []
    position = 0
    for tokens in line_tokens:
        end = position + len(tokens)
        if tokens:
            shares.append(sum(matched[position:end]) / len(tokens))
        else:
            shares.append(shares[-1] if shares else 0.0)
        position = end
    return shares


@dataclass(frozen=True, slots=True)
class _Gap:
    """A stretch of the page [low, high) to align with a stretch of the truth [t_low, t_high)."""

    low: int
    high: int
    t_low: int
    t_high: int


def _align(page: list[str], truth: list[str]) -> list[bool]:
    """Return which tokens of the page are matched, in order, by tokens of the truth."""
    matched = [False] * len(page)
    pending = [(_Gap(0, len(page), 0, len(truth)), 0)]
    while pending:
        gap, level = pending.pop()
        if gap.low >= gap.high or gap.t_low >= gap.t_high:
            continue
        if level == len(_RUN_LENGTHS):
            if (gap.high - gap.low) * (gap.t_high - gap.t_low) <= _MAX_EXACT_PAIRS:
                _align_exactly(page, truth, gap, matched)
            continue
        blocks = _anchor_blocks(page, truth, gap, _RUN_LENGTHS[level])
        start, t_start = gap.low, gap.t_low
        for at, t_at, size in [*blocks, (gap.high, gap.t_high, 0)]:
            pending.append((_Gap(start, at, t_start, t_at), level + 1))
            matched[at : at + size] = [True] * size
            start, t_start = at + size, t_at + size
    return matched


def _anchor_blocks(
    page: list[str], truth: list[str], gap: _Gap, run: int
) -> list[tuple[int, int, int]]:
    """Return matching blocks (start, truth start, size) in increasing order on both sides."""
    unique = _unique_runs(page, gap.low, gap.high, run)
    t_unique = _unique_runs(truth, gap.t_low, gap.t_high, run)
    pairs = sorted((at, t_unique[key]) for key, at in unique.items() if key in t_unique)
    blocks: list[tuple[int, int, int]] = []
    end, t_end = gap.low, gap.t_low
    for anchor, t_anchor in _longest_chain(pairs):
        if anchor < end or t_anchor < t_end:
            continue
        start, t_start = anchor, t_anchor
        while start > end and t_start > t_end and page[start - 1] == truth[t_start - 1]:
            start, t_start = start - 1, t_start - 1
        end, t_end = anchor, t_anchor
        while end < gap.high and t_end < gap.t_high and page[end] == truth[t_end]:
            end, t_end = end + 1, t_end + 1
        blocks.append((start, t_start, end - start))
    return blocks


def _unique_runs(tokens: list[str], low: int, high: int, run: int) -> dict[tuple[str, ...], int]:
    first: dict[tuple[str, ...], int] = {}
    repeated = set()
    for at in range(low, high - run + 1):
        key = tuple(tokens[at : at + run])
        if key in first:
            repeated.add(key)
        else:
            first[key] = at
    for key in repeated:
        del first[key]
    return first


def _longest_chain(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest subsequence of `pairs` (sorted) that increases on the truth's side."""
    tails: list[int] = []
    tail_index: list[int] = []
    previous: list[int] = []
    for index, (_, t_at) in enumerate(pairs):
        place = bisect_left(tails, t_at)
        previous.append(tail_index[place - 1] if place else -1)
        if place == len(tails):
            tails.append(t_at)
            tail_index.append(index)
        else:
            tails[place] = t_at
            tail_index[place] = index
    chain = []
    index = tail_index[-1] if tail_index else -1
    while index >= 0:
        chain.append(pairs[index])
        index = previous[index]
    return chain[::-1]


def _align_exactly(page: list[str], truth: list[str], gap: _Gap, matched: list[bool]) -> None:
    matcher = SequenceMatcher(
        None, page[gap.low : gap.high], truth[gap.t_low : gap.t_high], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        start = gap.low + block.a
        matched[start : start + block.size] = [True] * block.size


def _match_moved(line_tokens: list[list[str]], matched: list[bool], truth: list[str]) -> None:
    """Match lines that the truth holds somewhere else than in reading order."""
    shingles = {tuple(truth[at : at + _SHINGLE]) for at in range(len(truth) - _SHINGLE + 1)}
    position = 0
    for tokens in line_tokens:
        end = position + len(tokens)
        for at in range(len(tokens) - _SHINGLE + 1):
            if tuple(tokens[at : at + _SHINGLE]) in shingles:
                start = position + at
                matched[start : start + _SHINGLE] = [True] * _SHINGLE
        position = end
