"""Labelled lines: what is measured in a text, and which model may judge it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.lines import appeals_in_articles, marked_up, typed_texts
from boilerkit.labels import Label
from boilerkit.metrics import count_words
from boilerkit.train.corpus import appeal_fold
from boilerkit.train.datasets import Appeal, Page, TypedDocument
from boilerkit.train.sites import fold_of

LINES = ("Home", "The heron stands in the reeds.", "Give 5 now", "---")
LABELS = ("navigation", "content", "donation", "empty")


def make_document(name: str = "d1") -> TypedDocument:
    return TypedDocument(
        doc=name,
        dataset="own",
        page="p1",
        extractor="full",
        site="own.example",
        page_type="article",
        lang="en",
        lines=LINES,
        labels=LABELS,
    )


def make_articles(count: int = 60) -> list[Page]:
    gold = "\n".join(f"Paragraph {number}." for number in range(4))
    return [
        Page("own", f"{n}", Path(), None, f"site{n}.example", "article", "en", gold)
        for n in range(count)
    ]


def test_typed_texts_keep_lines_and_labels() -> None:
    (text,) = typed_texts([make_document()])
    assert text.text == "\n".join(LINES)
    assert text.labels == (Label.NAVIGATION, Label.CONTENT, Label.DONATION, Label.EMPTY)
    assert text.fold_key == "own.example"


class TestMarkedUp:
    def test_puts_marks_back_without_adding_words_or_losing_lines(self) -> None:
        texts = [
            marked_up(text) for n in range(40) for text in typed_texts([make_document(f"d{n}")])
        ]
        for text in texts:
            measured = [
                (line, label)
                for line, label in zip(text.lines, text.labels, strict=True)
                if label is not None
            ]
            assert [label.value for _, label in measured] == list(LABELS)
            assert [count_words(line) for line, _ in measured] == list(map(count_words, LINES))
            assert all(
                original in line for original, (line, _) in zip(LINES, measured, strict=True)
            )
        whole = "\n".join(text.text for text in texts)
        for mark in ("- Home", "* Home", "## Home", "| Home |", "  Home", "\n\n"):
            assert mark in whole

    def test_blank_lines_are_not_measured(self) -> None:
        text = marked_up(next(iter(typed_texts([make_document("d3")]))))
        blanks = [
            label for line, label in zip(text.lines, text.labels, strict=True) if not line.strip()
        ]
        assert blanks
        assert set(blanks) == {None}

    def test_is_the_same_each_time(self) -> None:
        (text,) = typed_texts([make_document()])
        assert marked_up(text) == marked_up(text)
        assert marked_up(text, seed=1) != marked_up(text)


class TestAppeals:
    appeal = Appeal("Please\n give today.", "donation", "en", "somewhere")

    def test_stand_at_four_places_and_only_their_line_is_measured(self) -> None:
        texts = list(appeals_in_articles([self.appeal], make_articles()))
        places = [
            [number for number, label in enumerate(text.labels) if label is not None]
            for text in texts
        ]
        assert places == [[0], [1], [2], [4]]
        for text, (place,) in zip(texts, places, strict=True):
            assert text.lines[place] == "Please give today."
            assert text.labels[place] is Label.DONATION
            assert len(text.lines) == 5

    @pytest.mark.parametrize("source", ["a", "b", "c", "d", "e", "f"])
    def test_share_the_fold_of_their_article(self, source: str) -> None:
        appeal = Appeal("Give.", "donation", "en", source)
        for text in appeals_in_articles([appeal], make_articles()):
            assert fold_of(text.fold_key) == appeal_fold(source)

    def test_are_the_same_each_time(self) -> None:
        articles = make_articles()
        appeals = [self.appeal] * 3
        first = list(appeals_in_articles(appeals, articles))
        assert first == list(appeals_in_articles(appeals, articles))
        assert first != list(appeals_in_articles(appeals, articles, seed=1))
