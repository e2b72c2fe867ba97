"""A line's sentences: where they end, in every script, and that they are the features' ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import lines

from boilerkit.sentences import split_sentences
from boilerkit.text_features import measure_lines
from boilerkit.text_lines import has_word


def pieces(line: str) -> list[str]:
    return [line[start:end] for start, end in split_sentences(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("The ferry left. It was noon then.", ["The ferry left.", "It was noon then."]),
        ("  The ferry left?!  It was noon  ", ["The ferry left?!", "It was noon"]),
        ("“The ferry left.” “It was noon.”", ["“The ferry left.”", "“It was noon.”"]),
        ("The ferry (it left.) It was noon.", ["The ferry (it left.)", "It was noon."]),
        ("It cost 3.50 at island.example today.", ["It cost 3.50 at island.example today."]),
        (
            "船は正午に出た。「何故だ。」誰も知らない。",
            ["船は正午に出た。", "「何故だ。」", "誰も知らない。"],
        ),
        (
            "غادرت العبارة الميناء ظهرا؟ كان الجو هادئا.",
            ["غادرت العبارة الميناء ظهرا؟", "كان الجو هادئا."],
        ),
        ("नाव दोपहर को निकली। हवा बहुत शांत थी।", ["नाव दोपहर को निकली।", "हवा बहुत शांत थी।"]),
        ("Το πλοίο έφυγε νωρίς. Κανείς δεν ξέρει.", ["Το πλοίο έφυγε νωρίς.", "Κανείς δεν ξέρει."]),
        ("Dr. Brook left at noon.", ["Dr. Brook left at noon."]),
        ("Please give us something. Thank you.", ["Please give us something. Thank you."]),
        ("Hm.", ["Hm."]),
        ("***", []),
        ("", []),
    ],
)
def test_hand_worked(line: str, expected: list[str]) -> None:
    assert pieces(line) == expected


@given(line=lines)
def test_sentences_follow_each_other_and_leave_out_only_white_space(line: str) -> None:
    spans = split_sentences(line)
    assert bool(spans) == has_word(line)
    at = 0
    for start, end in spans:
        assert not line[at:start].strip()
        assert line[start:end].strip() == line[start:end] != ""
        at = end
    assert not spans or not line[at:].strip()


_WORDS = st.sampled_from(["ferry", "noon", "Insel", "остров", "3.50", "a"])
_ENDS = st.sampled_from(
    [" ", " ", ". ", "! ", "? ", "… ", ".” ", ". «", "。", "؟ ", "। ", ", ", "."]
)


@given(items=st.lists(st.tuples(_WORDS, _ENDS), min_size=1, max_size=12))
def test_no_sentence_of_the_features_goes_on_over_an_end(items: list[tuple[str, str]]) -> None:
    """Each of our ends is one of theirs: they have as many sentences cut apart as whole."""
    line = "".join(word + end for word, end in items)
    whole = len(measure_lines([line]).segment_line)
    apart = len(measure_lines(pieces(line)).segment_line)
    assert apart == whole
