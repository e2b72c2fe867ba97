"""Structure of a page → numbers: links, boxes, siblings and names, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from strategies import pages

from boilerkit.features import (
    HTML_COLUMNS,
    KINDS,
    TEXT_MATRIX_COLUMNS,
    PageScores,
    WordScores,
    html_matrix,
    softmax,
    text_matrix,
)
from boilerkit.html_features import (
    N_LEVELS,
    STRUCTURE_COLUMNS,
    box_names_matrix,
    box_names_sums,
    name_tokens,
    read_names,
    read_structure,
    structure_columns,
)
from boilerkit.html_lines import read_html
from boilerkit.labels import PAGE_TYPES, Label
from boilerkit.lexicon import LEXICON_COLUMNS
from boilerkit.page_lines import PageLines
from boilerkit.text_features import measure_lines


def page_of(html: str) -> PageLines:
    return read_html(html)[0]


def structure_matrix(page: PageLines) -> np.ndarray:
    return structure_columns(page, read_structure(page), measure_lines(page.texts))


def column(html: str, name: str) -> list[float]:
    values: list[float] = structure_matrix(page_of(html))[:, STRUCTURE_COLUMNS.index(name)].tolist()
    return values


ONE_TO_FIVE = "<p>One</p><div><p>two</p><p>three four</p></div><ul><li>five</ul>"


class TestLineColumns:
    @pytest.mark.parametrize(
        ("html", "name", "expected"),
        [
            ("<p>One two</p>", "link_share", [0]),
            ("<p><a href=x>One two</a></p>", "link_share", [1]),
            ("<p>One <a href=x>two</a></p>", "link_share", [0.5]),
            ("<p>One <a href=x>two</a> <a href=y>x</a></p>", "links", [2]),
            ("<p>One</p><div><p>two</p></div>", "depth", [3, 4]),
            (ONE_TO_FIVE, "position", [0, 0.25, 0.5, 0.75]),
            (ONE_TO_FIVE, "word_position", [0, 0.2, 0.4, 0.8]),
            (ONE_TO_FIVE, "lines_on_page", [np.log(5)] * 4),
            (ONE_TO_FIVE, "words_on_page", [np.log(6)] * 4),
            ("<p>One</p><p>two</p>", "after_h1", [-1, -1]),
            ("<p>One</p><h1>two</h1><p>three</p>", "after_h1", [0.01, 1, 1.01]),
            ("<h1>One</h1>" + "<p>x</p>" * 60, "after_h1", [1, *(1 + min(i, 50) / 100 for i in range(1, 61))]),
            ("<p>One</p><img src=x><p>two</p>" + "<img src=x>" * 9 + "<p>3</p>", "images_near", [0, 1, 5]),
            ("<title>The lamp is lit</title><p>Lamp on</p><p>two</p>", "title_overlap", [0.5, 0]),
            ("<noscript>One</noscript><p>two</p>", "noscript", [1, 0]),
            ('<div class=tabpanel hidden>One</div><p>two two two</p>', "hidden", [1, 0]),
        ],
    )  # fmt: skip
    def test_by_hand(self, html: str, name: str, expected: list[float]) -> None:
        assert column(html, name) == pytest.approx(expected, abs=1e-6)

    def test_tags_have_codes_of_their_own(self) -> None:
        tags = column("<p>a</p><h1>b</h1><li>c</li><div>d</div><p>e</p><x>f", "tag")
        assert len(set(tags[:4])) == 4
        assert tags[4] == tags[0]

    def test_a_title_counts_for_short_lines_only(self) -> None:
        words = " ".join(["lamp"] * 30)
        html = f"<title>lamp</title><p>{words}</p><p>{words} lamp</p>"
        assert column(html, "title_overlap") == [1, 0]


class TestFlags:
    @pytest.mark.parametrize(
        "tag", ["nav", "header", "footer", "aside", "article", "main", "ul", "table", "blockquote"]
    )
    def test_an_element_marks_every_line_inside_it_and_no_other(self, tag: str) -> None:
        page = page_of(f"<p>One</p><{tag}><div><p>two</p><p>three</p></div></{tag}><p>four</p>")
        flags = structure_matrix(page)[:, [name.startswith("in_") for name in STRUCTURE_COLUMNS]]
        assert flags[[0, 3]].sum() == 0
        assert flags[1].tolist() == flags[2].tolist()
        assert flags[1].sum() == 1

    def test_elements_of_one_kind_share_a_flag(self) -> None:
        page = page_of("<ul><li>One</ul><ol><li>two</ol><nav>three</nav>")
        flags = structure_matrix(page)[:, [name.startswith("in_") for name in STRUCTURE_COLUMNS]]
        assert flags[0].tolist() == flags[1].tolist() != flags[2].tolist()


class TestStructure:
    @given(html=pages)
    def test_is_that_of_a_walk_from_box_to_box(self, html: str) -> None:
        page = page_of(html)
        structure = read_structure(page)
        n = len(page.box_tag)
        parents, sizes = page.box_parent, structure.end - structure.first
        assert structure.depth[0] == structure.signature[0] == 0
        assert (structure.siblings[0], structure.inner_end[0]) == (1, n)
        kinds = list(zip(parents, page.box_tag, page.box_class, strict=True))
        marks = {(0,): 0}
        for box in range(1, n):
            parent = parents[box]
            assert structure.depth[box] == structure.depth[parent] + 1
            assert structure.flags[box] & structure.flags[parent] == structure.flags[parent]
            assert structure.siblings[box] == kinds.count(kinds[box])
            behind = (other for other in range(box + 1, n) if parents[other] < box)
            assert structure.inner_end[box] == next(behind, n)
            mark = (*kinds[parent][1:], *kinds[box][1:])
            assert marks.setdefault(mark, structure.signature[box]) == structure.signature[box]
        assert len(set(marks.values())) == len(marks)
        for line, box in enumerate(page.line_box):
            expected = box
            for level in range(N_LEVELS):
                assert structure.levels[line, level] == expected
                size = sizes[expected]
                expected = parents[expected]
                while expected and sizes[expected] == size:
                    expected = parents[expected]


class TestBoxes:
    HTML = (
        "<section><div><p>one two</p></div><div><p>three</p><p><a href=x>four</a></p></div></section>"
        "<footer>five</footer>"
    )

    def test_levels_grow_from_the_lines_own_box_to_the_page(self) -> None:
        page = page_of(self.HTML)
        structure = read_structure(page)
        sizes = (structure.end - structure.first)[structure.levels]
        assert structure.levels.shape == (4, N_LEVELS)
        assert sizes.tolist() == [
            [1, 3, 4, 4, 4, 4],
            [1, 2, 3, 4, 4, 4],
            [1, 2, 3, 4, 4, 4],
            [1, 4, 4, 4, 4, 4],
        ]

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("box_lines_0", np.log1p([1, 1, 1, 1])),
            ("box_lines_1", np.log1p([3, 2, 2, 4])),
            ("box_words_0", np.log1p([2, 1, 1, 1])),
            ("box_words_1", np.log1p([4, 2, 2, 5])),
            ("box_link_share_0", [0, 0, 1, 0]),
            ("box_link_share_1", [0.25, 0.5, 0.5, 0.2]),
            ("box_word_share_0", [0.4, 0.2, 0.2, 0.2]),
            ("box_word_share_1", [0.8, 0.4, 0.4, 1]),
            ("box_long_share_1", [0, 0, 0, 0]),
            ("siblings_0", [1, 2, 2, 1]),
            ("place_in_box_1", [0, 0, 0.5, 0.75]),
        ],
    )
    def test_measures_of_boxes(self, name: str, expected: list[float]) -> None:
        assert column(self.HTML, name) == pytest.approx(list(expected), abs=1e-6)

    @pytest.mark.parametrize(("n_words", "expected"), [(11, 0), (12, 12 / 13), (13, 13 / 14)])
    def test_a_long_line_has_twelve_words(self, n_words: int, expected: float) -> None:
        html = f"<div><p>{'word ' * n_words}</p><p>x</p></div>"
        assert column(html, "box_long_share_1")[0] == pytest.approx(expected)

    @pytest.mark.parametrize(("n_cards", "expected"), [(1, 1), (29, 29), (30, 30), (31, 30)])
    def test_siblings_are_counted_up_to_a_limit(self, n_cards: int, expected: float) -> None:
        html = "<div class=card>One</div>" * n_cards + "<div class=other>two</div>"
        siblings = column(html, "siblings_0")
        assert siblings == [expected] * n_cards + [1]

    def test_like_markup_has_one_signature(self) -> None:
        row = '<li class="row"><p class="t">One two</p><p class="b"><a href=x>three</a></p></li>'
        html = f"<ul>{row}</ul><section><ul>{row}{row}</ul></section><p>four</p>"
        assert np.expm1(column(html, "signature_lines")) == pytest.approx([3] * 6 + [1])
        assert np.expm1(column(html, "signature_words")) == pytest.approx([2, 1] * 3 + [1])
        assert column(html, "signature_link_share") == pytest.approx([0, 1] * 3 + [0])

    def test_no_lines(self) -> None:
        assert structure_matrix(page_of("")).shape == (0, len(STRUCTURE_COLUMNS))

    def test_columns_have_distinct_names(self) -> None:
        assert len(set(STRUCTURE_COLUMNS)) == len(STRUCTURE_COLUMNS)

    @given(html=pages)
    def test_any_page_gives_finite_numbers(self, html: str) -> None:
        page = page_of(html)
        matrix = structure_matrix(page)
        assert matrix.shape == (len(page.texts), len(STRUCTURE_COLUMNS))
        assert matrix.dtype == np.float32
        assert np.isfinite(matrix).all()


class TestNames:
    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            ("", []),
            ("relatedPosts-3", ["related", "posts"]),
            ("c-Article__body main", ["c", "article", "body", "main"]),
            ("HTMLBox", ["html", "box"]),
            ("nav2 nav_item", ["nav", "nav", "item"]),
            ("42 — é", []),
        ],
    )
    def test_tokens(self, names: str, expected: list[str]) -> None:
        assert name_tokens(names) == expected

    def test_known_words_stand_in_the_block_of_their_place(self) -> None:
        page = page_of(
            '<div class="page"><section id="related"><p class="card unknown">'
            '<span class="title">One</span></p></section><p>two</p></div>'
        )
        vocabulary = {"card": 0, "page": 1, "related": 2, "title": 3}
        rows, columns = name_features(page, vocabulary)
        found = {
            (row, ("own", "parent", "around")[place // 4], list(vocabulary)[place % 4])
            for row, place in zip(rows.tolist(), columns.tolist(), strict=True)
        }
        assert len(found) == len(rows)
        assert found == {
            (0, "own", "card"),
            (0, "own", "title"),
            (0, "parent", "related"),
            (0, "around", "card"),
            (0, "around", "related"),
            (0, "around", "page"),
            (1, "parent", "page"),
            (1, "around", "page"),
        }

    def test_roles_and_item_properties_are_names(self) -> None:
        page = page_of('<div role="banner"><p itemprop="articleBody">One</p></div>')
        _, columns = name_features(page, {"banner": 0, "article": 1})
        assert set(columns.tolist()) == {1, 2 + 0, 4 + 0, 4 + 1}

    @given(html=pages)
    def test_are_those_of_a_walk_from_box_to_box(self, html: str) -> None:
        page = page_of(html)
        vocabulary = {"nav": 0, "card": 1, "hidden": 2, "main": 3}

        def known(names: str) -> set[int]:
            return {vocabulary[token] for token in name_tokens(names) if token in vocabulary}

        around: list[set[int]] = []
        for names, parent in zip(page.box_names, page.box_parent, strict=True):
            around.append(known(names) | (around[parent] if around else set()))
        expected = set()
        for line, box in enumerate(page.line_box):
            own = known(page.box_names[box]) | known(page.line_inline[line])
            outer = known(page.box_names[page.box_parent[box]])
            blocks = (own, outer, around[box])
            expected |= {(line, 4 * at + word) for at, block in enumerate(blocks) for word in block}
        rows, columns = name_features(page, vocabulary)
        found = list(zip(rows.tolist(), columns.tolist(), strict=True))
        assert len(found) == len(expected)
        assert set(found) == expected

    @given(html=pages)
    def test_sums_are_those_of_the_features_that_are_set(self, html: str) -> None:
        page = page_of(html)
        structure = read_structure(page)
        vocabulary = {"nav": 0, "card": 1, "hidden": 2, "main": 3}
        weights = np.array([2.0**power for power in range(12)], np.float32)
        names = read_names(page, vocabulary)
        rows, columns = box_names_matrix(names, structure, len(vocabulary))
        expected = np.bincount(rows, weights[columns], len(page.texts))
        assert box_names_sums(names, structure, weights).tolist() == expected.tolist()

    def test_a_page_without_known_names(self) -> None:
        page = page_of("<p class=x>One</p>")
        rows, columns = name_features(page, {"nav": 0})
        assert rows.shape == columns.shape == (0,)


def name_features(page: PageLines, vocabulary: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    names = read_names(page, vocabulary)
    return box_names_matrix(names, read_structure(page), len(vocabulary))


def text_rows(lines: list[str], logits: np.ndarray | None = None) -> dict[str, list[float]]:
    """Return the text matrix by column name."""
    if logits is None:
        logits = np.zeros((len(lines), len(KINDS)), np.float32)
    text = measure_lines(lines)
    segments = logits[text.segment_line]
    lexical = np.zeros((len(lines), len(LEXICON_COLUMNS)), np.float32)
    matrix = text_matrix(text, lexical, WordScores(logits, segments))
    assert matrix.shape == (len(lines), len(TEXT_MATRIX_COLUMNS))
    return dict(zip(TEXT_MATRIX_COLUMNS, matrix.T.tolist(), strict=True))


class TestTextMatrix:
    def test_columns_have_distinct_names(self) -> None:
        assert len(set(TEXT_MATRIX_COLUMNS)) == len(TEXT_MATRIX_COLUMNS)

    def test_positions(self) -> None:
        rows = text_rows(["One two", "three", "four", "five six seven"])
        assert rows["position"] == pytest.approx([0, 0.25, 0.5, 0.75])
        assert rows["lines_before"] == [0, 1, 2, 3]
        assert rows["lines_after"] == [3, 2, 1, 0]
        assert rows["log_lines"] == pytest.approx([np.log(5)] * 4)
        assert rows["word_position"] == pytest.approx(np.cumsum([2.5, 1.5, 1.5, 3.5]) / 9)

    @pytest.mark.parametrize(("n_lines", "expected"), [(50, 49), (51, 50), (52, 50), (60, 50)])
    def test_lines_before_and_after_are_counted_up_to_fifty(
        self, n_lines: int, expected: float
    ) -> None:
        rows = text_rows(["x"] * n_lines)
        assert rows["lines_before"][-1] == rows["lines_after"][0] == expected

    def test_neighbours(self) -> None:
        rows = text_rows(["One", "two three", "four"])
        words = np.log([2, 3, 2]).astype(np.float32).tolist()
        assert rows["log_words"] == pytest.approx(words)
        assert rows["log_words+1"] == pytest.approx([words[1], words[2], 0])
        assert rows["log_words-2"] == pytest.approx([0, 0, words[0]])

    def test_kinds_and_odds(self) -> None:
        logits = np.zeros((2, len(KINDS)), np.float32)
        logits[0, KINDS.index(Label.CONTENT)] = np.log(13)
        rows = text_rows(["one", "two"], logits)
        assert rows["is_content"] == pytest.approx([13 / 26, 1 / 14])
        assert rows["is_donation"] == pytest.approx([1 / 26, 1 / 14])
        assert rows["word_odds"] == pytest.approx([0, -np.log(13)], abs=1e-5)
        assert rows["page_odds"] == pytest.approx([np.mean(rows["word_odds"])] * 2, abs=1e-6)
        assert rows["is_content_win1"] == pytest.approx([np.mean(rows["is_content"])] * 2)

    def test_sure_odds_stay_finite(self) -> None:
        logits = np.zeros((2, len(KINDS)), np.float32)
        logits[:, 0] = (500, -500)
        odds = text_rows(["one", "two"], logits)["word_odds"]
        assert odds[0] == pytest.approx(-odds[1], rel=1e-2)
        assert 10 < odds[0] < 20

    def test_no_lines(self) -> None:
        assert text_rows([])["position"] == []


class TestHtmlMatrix:
    def rows(self, html: str, word: list[float], name: list[float]) -> dict[str, list[float]]:
        page = page_of(html)
        n = len(page.texts)
        text, structure = measure_lines(page.texts), read_structure(page)
        zeros = np.zeros((n, len(KINDS)), np.float32)
        scores = PageScores(
            WordScores(zeros, np.zeros((len(text.segment_line), len(KINDS)), np.float32)),
            np.array(word, np.float32),
            np.array(name, np.float32),
            np.zeros(len(PAGE_TYPES), np.float32),
        )
        lexical = np.zeros((n, len(LEXICON_COLUMNS)), np.float32)
        structural = structure_columns(page, structure, text)
        matrix = html_matrix(structure, structural, text, lexical, scores)
        assert matrix.shape == (n, len(HTML_COLUMNS))
        return dict(zip(HTML_COLUMNS, matrix.T.tolist(), strict=True))

    def test_columns_have_distinct_names(self) -> None:
        assert len(set(HTML_COLUMNS)) == len(HTML_COLUMNS)

    def test_scores_are_averaged_over_windows_boxes_and_the_page_by_words(self) -> None:
        html = "<div><p>one</p><p>two three four</p></div><p>five</p>"
        rows = self.rows(html, [3, 1, -2], [0, 0, 5])
        assert rows["word_score"] == [3, 1, -2]
        assert rows["name_score"] == [0, 0, 5]
        box = (3 * 1.5 + 1 * 3.5) / 5
        everything = (3 * 1.5 + 1 * 3.5 - 2 * 1.5) / 6.5
        assert rows["word_score_box0"] == pytest.approx([3, 1, -2])
        assert rows["word_score_box1"] == pytest.approx([box, box, everything])
        assert rows["word_score_page"] == pytest.approx([everything] * 3)
        assert rows["word_score_win1"] == pytest.approx([box, everything, (3.5 - 3) / 5])
        assert rows["word_score_max"] == [3] * 3
        assert rows["name_score_max"] == [5] * 3
        assert rows["word_score+1"] == [1, -2, 0]
        assert rows["name_score-1"] == [0, 0, 0]

    def test_lines_of_one_signature_share_their_mean(self) -> None:
        html = "<ul><li>one<li>two</ul><p>three</p>"
        rows = self.rows(html, [2, 4, 9], [0, 0, 0])
        assert rows["word_score_signature"] == pytest.approx([3, 3, 9])

    def test_no_lines(self) -> None:
        assert self.rows("", [], [])["word_score"] == []

    @given(html=pages)
    def test_any_page_gives_finite_numbers(self, html: str) -> None:
        n = len(page_of(html).texts)
        rows = self.rows(html, [1.5] * n, [-1.5] * n)
        assert np.isfinite(np.array(list(rows.values()))).all()


class TestSoftmax:
    def test_by_hand(self) -> None:
        probabilities = softmax(np.log(np.array([[1, 3], [5, 5]], np.float32)))
        assert probabilities.tolist() == [pytest.approx([0.25, 0.75]), pytest.approx([0.5, 0.5])]

    def test_large_logits(self) -> None:
        assert softmax(np.array([[1000, -1000]], np.float32)).tolist() == [[1, 0]]
