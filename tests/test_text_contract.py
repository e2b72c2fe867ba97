"""classify_text and clean: what a line is, which lines and blank lines stay, for any text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import line_lists, lines, texts, word_line_lists

from boilerkit import BoilerkitWarning, CleanConfig, Cleaner, Document, Label, Line, Role
from boilerkit.config import OPERATING_POINTS
from boilerkit.cuts import Cut
from boilerkit.decide import Decision, ScoredLine, decide
from boilerkit.labels import CHROME_LABELS
from boilerkit.render import render_text
from boilerkit.text_lines import fold_line, has_word, read_text


def is_subsequence(inner: list[str], outer: list[str]) -> bool:
    rest = iter(outer)
    return all(line in rest for line in inner)


def worded(document: Document) -> list[Line]:
    return [line for line in document.lines if line.label is not Label.EMPTY]


class TestSplitting:
    def test_an_empty_text_has_no_lines(self, cleaner: Cleaner) -> None:
        document = cleaner.classify_text("")
        assert (document.lines, document.text, document.title) == ((), "", "")
        assert cleaner.clean("") == ""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("One", ["One"]),
            ("One\n", ["One", ""]),
            ("\n", ["", ""]),
            ("\n\nOne", ["", "", "One"]),
            ("One\r\nTwo\r", ["One\r", "Two\r"]),
            ("One\rTwo", ["One\rTwo"]),
            ("One\x0cTwo\x0bThree", ["One\x0cTwo\x0bThree"]),
            ("One\x85Two\u2028Three\u2029Four", ["One\x85Two\u2028Three\u2029Four"]),
            ("One\x1cTwo\x1dThree\x1e", ["One\x1cTwo\x1dThree\x1e"]),
        ],
    )
    def test_only_a_line_feed_ends_a_line(
        self, toy: Cleaner, text: str, expected: list[str]
    ) -> None:
        assert [line.text for line in toy.classify_text(text).lines] == expected

    def test_offsets_count_code_points(self, toy: Cleaner) -> None:
        text = "𝒜𝓃 ox\n\ud83d lone\n\U0001f9ff\nend"
        lines = toy.classify_text(text).lines
        assert [(line.start, line.end) for line in lines] == [(0, 5), (6, 12), (13, 14), (15, 18)]

    @given(text=texts)
    def test_lines_are_the_items_of_split_and_stand_at_their_offsets(
        self, cleaner: Cleaner, text: str
    ) -> None:
        document = cleaner.classify_text(text)
        assert [line.text for line in document.lines] == (text.split("\n") if text else [])
        for line in document.lines:
            assert text[line.start : line.end] == line.text
            assert line.role is Role.TEXT

    @given(text=texts)
    def test_a_line_is_empty_exactly_if_it_has_no_letter_and_no_digit(
        self, cleaner: Cleaner, text: str
    ) -> None:
        for line in cleaner.classify_text(text).lines:
            has_letter_or_digit = any(char.isalnum() for char in line.text)
            assert (line.label is Label.EMPTY) != has_letter_or_digit


class TestReadText:
    def test_finds_lines_with_words(self) -> None:
        found = read_text("One\n\n***\n  2.  Two\n_")
        assert found.raw == ["One", "", "***", "  2.  Two", "_"]
        assert found.starts == [0, 4, 5, 9, 19]
        assert (found.words, found.index) == (["One", "Two"], [0, 3])

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("  One \t two\r", "One two"),
            ("- One", "One"),
            ("## One two", "One two"),
            ("> > One", "One"),
            ("12. One", "One"),
            ("1) One", "One"),
            ("• * One", "One"),
            ("| One | Two |", "One | Two"),
            ("#hashtag", "#hashtag"),
            ("-5 degrees", "-5 degrees"),
            ("1984. ", "1984."),
            ("2.", "2."),
            ("1066. A year", "1066. A year"),
            ("One\x85two\u2028three\u00a0four", "One two three four"),
        ],
    )
    def test_marks_and_white_space_are_folded_away(self, line: str, expected: str) -> None:
        assert fold_line(line) == expected

    @given(line=lines)
    def test_a_line_with_words_never_folds_to_nothing(self, line: str) -> None:
        if has_word(line):
            folded = fold_line(line)
            assert folded == folded.strip() != ""
            assert "\n" not in folded

    @pytest.mark.parametrize("line", ["", " ", "***", "|---|", "}", "__", "—", "\u200b", "€", "😀"])
    def test_no_word(self, line: str) -> None:
        assert not has_word(line)

    @pytest.mark.parametrize("line", ["a", "7", "__a__", "新", "𝒜", "½", "٣"])
    def test_a_word(self, line: str) -> None:
        assert has_word(line)


# What the toy model keeps: a line without "!". Lines with "!!!" go.
CLEANED = [
    pytest.param("A\nB", "A\nB", id="nothing dropped"),
    pytest.param("  A \n\n\n\tB\r\n ", "  A \n\n\n\tB\r\n ", id="nothing dropped, odd white space"),
    pytest.param("\n\n", "\n\n", id="blank lines alone are nothing dropped"),
    pytest.param("***\n---", "***\n---", id="wordless lines alone are nothing dropped"),
    pytest.param("A\nx!!!\nB", "A\nB", id="dropped between two lines"),
    pytest.param("A\n\nx!!!\n\nB", "A\n\nB", id="one blank line on either side"),
    pytest.param("A\n\n\nx!!!\n\nB", "A\n\n\nB", id="the longer run stands above"),
    pytest.param("A\n\nx!!!\n\n\nB", "A\n\n\nB", id="the longer run stands below"),
    pytest.param("A\nx!!!\n\ny!!!\nB", "A\n\nB", id="the longest run stands between two dropped"),
    pytest.param("A\n\nB\n\n\nx!!!\nC", "A\n\nB\n\n\nC", id="each pair of kept lines has its own"),
    pytest.param("A\n\n\nB\nx!!!", "A\n\n\nB", id="runs elsewhere stay"),
    pytest.param("x!!!\n\nA", "A", id="blank lines at the start go with a dropped line"),
    pytest.param("\n\nx!!!\n\nA", "A", id="blank lines above a dropped first line go too"),
    pytest.param("A\n\nx!!!", "A", id="blank lines at the end go with a dropped line"),
    pytest.param("A\n\nx!!!\n\n", "A\n", id="and leave the final line break"),
    pytest.param("\n\nA\nx!!!\nB", "\n\nA\nB", id="blank lines at an edge where nothing went stay"),
    pytest.param("A\nx!!!\nB\n\n\n", "A\nB\n\n\n", id="at the end likewise"),
    pytest.param("A\nx!!!\nB\n ", "A\nB\n ", id="a final line of white space is no line break"),
    pytest.param("A\nx!!!\n ", "A", id="and goes if a line with words went there"),
    pytest.param("A\nx!!!\n", "A\n", id="the final line break stays"),
    pytest.param("A\nx!!!", "A", id="none is added"),
    pytest.param("x!!!", "", id="all dropped"),
    pytest.param("x!!!\n", "", id="all dropped, final line break"),
    pytest.param("\nx!!!\n\n***\n", "", id="all lines with words dropped"),
    pytest.param("A\r\nx!!!\r\nB\r\n", "A\r\nB\r\n", id="carriage returns stay"),
    pytest.param("A\r\n\r\nx!!!\r\n\r\nB", "A\r\n\r\nB", id="blank lines keep theirs"),
    pytest.param(
        "A\n \nx!!!\n\u00a0\n\t\nB", "A\n\u00a0\n\t\nB", id="blank lines are kept as they are"
    ),
    pytest.param("A\n***\nB\nx!!!", "A\n***\nB", id="a wordless line between kept lines stays"),
    pytest.param("A\n***\nx!!!\nB", "A\nB", id="beside a dropped line it goes"),
    pytest.param("A\nx!!!\n***\nB", "A\nB", id="on either side"),
    pytest.param("A\n***\n\nx!!!\n\nB", "A\n\nB", id="blank lines between do not hide a neighbour"),
    pytest.param("***\nA\nx!!!\n", "***\nA\n", id="at the start one neighbour is enough"),
    pytest.param("x!!!\nA\n}", "A\n}", id="at the end likewise"),
    pytest.param("***\nx!!!\nA", "A", id="a dropped neighbour at the start takes it along"),
    pytest.param("A\n\n```\n\n---\n\nB\nx!!!", "A\n\n```\n\n---\n\nB", id="several wordless lines"),
    pytest.param(
        "| A |\n|---|\n| x!!! |\n| B |", "| A |\n| B |", id="a table's rule beside a dropped row"
    ),
    pytest.param("A\n\u200b\nB\nx!!!", "A\n\u200b\nB", id="a zero-width space is not blank"),
    pytest.param("A\n\nx!!!\n***\n\n\n\nB", "A\n\n\n\nB", id="a dropped wordless line splits runs"),
]


class TestClean:
    @pytest.mark.parametrize(("text", "expected"), CLEANED)
    def test_hand_worked(self, toy: Cleaner, text: str, expected: str) -> None:
        assert toy.clean(text) == expected

    @pytest.mark.parametrize(("text", "expected"), CLEANED)
    def test_is_the_documents_text(self, toy: Cleaner, text: str, expected: str) -> None:
        document = toy.classify_text(text)
        assert document.text == document.render() == expected

    @given(text=texts)
    def test_is_the_text_of_classify_text(self, cleaner: Cleaner, text: str) -> None:
        assert cleaner.clean(text) == cleaner.classify_text(text).text

    @given(text=texts)
    def test_a_text_of_which_nothing_is_dropped_comes_back(
        self, cleaner: Cleaner, text: str
    ) -> None:
        document = cleaner.classify_text(text)
        if all(line.kept for line in document.lines):
            assert document.text == text

    @given(text=texts)
    def test_all_kept_lines_with_ink_come_out_and_no_others(
        self, cleaner: Cleaner, text: str
    ) -> None:
        document = cleaner.classify_text(text)
        kept = [line.text for line in document.lines if line.kept and line.text.strip()]
        assert [line for line in document.text.split("\n") if line.strip()] == kept

    @given(text=texts)
    def test_output_lines_are_a_subsequence_of_the_input_lines(
        self, cleaner: Cleaner, text: str
    ) -> None:
        cleaned = cleaner.clean(text)
        if cleaned:
            assert is_subsequence(cleaned.split("\n"), text.split("\n"))
            assert cleaned.endswith("\n") == text.endswith("\n")

    @given(items=line_lists, data=st.data())
    def test_rendering_is_idempotent(self, items: list[str], data: st.DataObject) -> None:
        scored = [
            ScoredLine(data.draw(st.sampled_from([0.0, 1.0])), Label.LEGAL, "model")
            if has_word(line)
            else None
            for line in items
        ]
        text = "\n".join(items)
        kept = [decision.kept for decision in _decide(scored, CleanConfig())]
        once = render_text(text, text.split("\n"), kept or [True])
        raw = once.split("\n")
        assert render_text(once, raw, [True] * len(raw)) == once
        if all(kept):
            assert once == text


def _decide(scored: list[ScoredLine | None], config: CleanConfig) -> list[Decision]:
    return decide([""] * len(scored), scored, Cut(0.5), config)


class TestDecide:
    def test_a_score_at_the_cut_is_content(self) -> None:
        scored = [ScoredLine(score, Label.LEGAL, "model") for score in (0.49, 0.5, 0.51)]
        assert _decide(scored, CleanConfig()) == [
            Decision(Label.LEGAL, False, 0.49, "model"),
            Decision(Label.CONTENT, True, 0.5, "model"),
            Decision(Label.CONTENT, True, 0.51, "model"),
        ]

    def test_a_longer_line_takes_a_lower_score_to_be_dropped(self) -> None:
        texts = ["Buy the atlas", "Buy the atlas of harbours that our readers made. " * 3]
        scored = [ScoredLine(0.4, Label.ADVERTISEMENT, "model")] * 2
        decisions = decide(texts, scored, Cut(0.5, length=0.5), CleanConfig())
        assert [decision.kept for decision in decisions] == [False, True]

    def test_no_lines(self) -> None:
        assert _decide([], CleanConfig()) == []

    def test_a_kept_label_keeps_its_lines_and_says_so(self) -> None:
        scored = [ScoredLine(0.1, kind, "model") for kind in (Label.LEGAL, Label.BYLINE)]
        legal, byline = _decide(scored, CleanConfig(keep=["byline"]))
        assert legal == Decision(Label.LEGAL, False, 0.1, "model")
        assert (byline.label, byline.kept) == (Label.BYLINE, True)
        assert byline.reason != "model"

    @pytest.mark.parametrize(
        ("pattern", "kept"),
        [
            ("K.K", "KKK"),
            ("K.d", "Kdd"),
            ("d.K", "ddK"),
            (".K", "KK"),
            ("K.", "KK"),
            (".d", "dd"),
            ("d.", "dd"),
            ("...", "KKK"),
            ("K..K", "KKKK"),
            ("K..d..K", "KdddddK"),
            ("..K.d", "KKKdd"),
        ],
    )
    def test_a_line_without_words_follows_its_nearest_neighbours(
        self, pattern: str, kept: str
    ) -> None:
        scores = {"K": ScoredLine(0.9, Label.LEGAL, ""), "d": ScoredLine(0.1, Label.LEGAL, "")}
        decisions = _decide([scores.get(mark) for mark in pattern], CleanConfig())
        assert "".join("K" if decision.kept else "d" for decision in decisions) == kept
        assert [d.label is Label.EMPTY for d in decisions] == [mark == "." for mark in pattern]

    def test_a_line_without_words_follows_neighbours_that_a_config_keeps(self) -> None:
        byline = ScoredLine(0.1, Label.BYLINE, "")
        kept = _decide([byline, None, byline], CleanConfig(keep=["byline"]))
        assert [decision.kept for decision in kept] == [True, True, True]

    def test_keeping_or_dropping_empty_does_not_outweigh_the_neighbours(self) -> None:
        legal, content = ScoredLine(0.1, Label.LEGAL, ""), ScoredLine(0.9, Label.LEGAL, "")
        keeps = _decide([legal, None, content], CleanConfig(keep=["empty"]))
        assert [decision.kept for decision in keeps] == [False, False, True]
        drops = _decide([content, None, content], CleanConfig(drop=["empty"]))
        assert [decision.kept for decision in drops] == [True, True, True]


class TestConfigAndScores:
    @given(
        text=texts,
        keep=st.frozensets(st.sampled_from(CHROME_LABELS)),
        point=st.sampled_from(OPERATING_POINTS),
    )
    def test_a_line_is_kept_exactly_if_it_is_content_or_its_label_is_kept(
        self, toy_folder: Path, text: str, keep: frozenset[Label], point: str
    ) -> None:
        config = CleanConfig(keep=keep, operating_point=point)
        for line in worded(Cleaner(config=config, model=toy_folder).classify_text(text)):
            assert line.kept == (line.is_content or line.label in keep)
            assert line.is_content == (line.label is Label.CONTENT)

    def test_labels_kept_or_dropped_by_name(self, toy_folder: Path) -> None:
        text = "A\nGive!!! @\nPay!!! €\nMenu!!!"

        def cleaned(config: CleanConfig) -> str:
            return Cleaner(config=config, model=toy_folder).clean(text)

        assert cleaned(CleanConfig()) == "A"
        assert cleaned(CleanConfig(keep=["donation"])) == "A\nGive!!! @"
        assert cleaned(CleanConfig(drop=["donation"])) == "A\nPay!!! €\nMenu!!!"
        assert cleaned(CleanConfig(drop=[])) == text

    def test_operating_points_by_hand(self, toy_folder: Path) -> None:
        text = "none\none!\ntwo!!\nthree!!!"

        def cleaned(point: str) -> str:
            return Cleaner(config=CleanConfig(operating_point=point), model=toy_folder).clean(text)

        assert cleaned("careful") == "none\none!\ntwo!!"
        assert cleaned("balanced") == "none\none!"
        assert cleaned("greedy") == "none"


class TestOperatingPoints:
    @given(text=texts)
    def test_greedy_keeps_no_line_that_balanced_drops_nor_balanced_that_careful_drops(
        self, by_point: dict[str, Cleaner], text: str
    ) -> None:
        careful, balanced, greedy = (
            by_point[point].classify_text(text).lines for point in OPERATING_POINTS
        )
        for most, middle, least in zip(careful, balanced, greedy, strict=True):
            assert least.kept <= middle.kept <= most.kept
            assert least.score == middle.score == most.score
            assert len({line.label for line in (most, middle, least) if not line.is_content}) <= 1


@pytest.fixture(scope="module")
def by_point(model: str | Path | None) -> dict[str, Cleaner]:
    """A cleaner for each operating point, careful first."""
    return {
        point: Cleaner(config=CleanConfig(operating_point=point), model=model)
        for point in OPERATING_POINTS
    }


class TestLayoutDoesNotMatter:
    @given(items=word_line_lists, data=st.data())
    def test_labels_stay_when_blank_lines_and_indentation_are_added(
        self, cleaner: Cleaner, items: list[str], data: st.DataObject
    ) -> None:
        blank = st.sampled_from(["", " ", "\t", "\r", "***", "---"])
        indent = st.sampled_from(["", "  ", "\t", "\u00a0", "\u2003"])
        spread = []
        for item in items:
            spread += data.draw(st.lists(blank, max_size=3))
            spread.append(data.draw(indent) + item + data.draw(indent))
        self._check(cleaner, items, "\n".join(spread))

    @given(items=word_line_lists)
    def test_labels_stay_with_carriage_returns(self, cleaner: Cleaner, items: list[str]) -> None:
        self._check(cleaner, items, "\r\n".join(items))

    @given(items=word_line_lists, mark=st.sampled_from(["- ", "* ", "# ", "> ", "1. ", "| "]))
    def test_labels_stay_with_list_and_heading_marks(
        self, cleaner: Cleaner, items: list[str], mark: str
    ) -> None:
        self._check(cleaner, items, "\n".join(mark + item for item in items))

    @staticmethod
    def _check(cleaner: Cleaner, items: list[str], laid_out: str) -> None:
        plain = worded(cleaner.classify_text("\n".join(items)))
        other = worded(cleaner.classify_text(laid_out))
        assert [line.label for line in other] == [line.label for line in plain]
        assert [line.score for line in other] == [line.score for line in plain]


class TestCut:
    def test_an_input_over_the_limit_is_cut_with_a_warning(self, toy_folder: Path) -> None:
        cleaner = Cleaner(config=CleanConfig(max_bytes=10), model=toy_folder)
        with pytest.warns(BoilerkitWarning, match="max_bytes=10"):
            document = cleaner.classify_text("One two\nthree\nfour")
        assert (document.text, document.truncated) == ("One two\nth", 10)

    def test_an_input_at_the_limit_is_not(self, toy_folder: Path) -> None:
        cleaner = Cleaner(config=CleanConfig(max_bytes=10), model=toy_folder)
        document = cleaner.classify_text("One two\né")
        assert (document.text, document.truncated) == ("One two\né", None)

    def test_it_is_cut_before_a_character_that_does_not_fit(self, toy_folder: Path) -> None:
        cleaner = Cleaner(config=CleanConfig(max_bytes=10), model=toy_folder)
        with pytest.warns(BoilerkitWarning):
            document = cleaner.classify_text("One two\nt𝒜 and more")
        assert (document.text, document.truncated) == ("One two\nt", 9)

    def test_offsets_hold_in_a_cut_text_with_lone_surrogates(self, toy_folder: Path) -> None:
        cleaner = Cleaner(config=CleanConfig(max_bytes=10), model=toy_folder)
        text = "\ud83d a\nbcd efgh and more"
        with pytest.warns(BoilerkitWarning):
            document = cleaner.classify_text(text)
        assert document.truncated == 8
        for line in document.lines:
            assert text[line.start : line.end] == line.text

    def test_no_limit(self, toy_folder: Path) -> None:
        cleaner = Cleaner(config=CleanConfig(max_bytes=None), model=toy_folder)
        text = "One two three. " * 1000
        assert cleaner.clean(text) == text


class TestCutLines:
    def test_a_text_of_more_lines_is_cut_with_a_warning(self, toy_folder: Path) -> None:
        cleaner = Cleaner(config=CleanConfig(max_lines=2), model=toy_folder)
        with pytest.warns(BoilerkitWarning, match="max_lines=2"):
            document = cleaner.classify_text("One\n\nthree\nfour")
        assert [line.text for line in document.lines] == ["One", ""]
        assert (document.text, document.truncated) == ("One\n", 4)

    @pytest.mark.parametrize("text", ["One\ntwo", "One\ntwo\n", "\n\n", "", "\n"])
    def test_a_text_of_so_many_is_not(self, toy_folder: Path, text: str) -> None:
        cleaner = Cleaner(config=CleanConfig(max_lines=2), model=toy_folder)
        document = cleaner.classify_text(text)
        assert (document.text, document.truncated) == (text, None)

    def test_of_two_limits_the_nearer_one_counts(self, toy_folder: Path) -> None:
        text = "One\ntwo\nthree\nfour\n"
        for settings in ({"max_bytes": 10, "max_lines": 2}, {"max_bytes": 7, "max_lines": 3}):
            cleaner = Cleaner(config=CleanConfig(**settings), model=toy_folder)
            with pytest.warns(BoilerkitWarning):
                document = cleaner.classify_text(text)
            assert (document.text, document.truncated) == ("One\ntwo", 7)

    def test_no_limit(self, toy_folder: Path) -> None:
        cleaner = Cleaner(config=CleanConfig(max_lines=None), model=toy_folder)
        text = "One two three.\n" * 200
        assert cleaner.clean(text) == text


def numbered(unit: str, count: int) -> str:
    """Return a page of paragraphs, each with its number."""
    return "<h1>H</h1>" + "".join(unit % number for number in range(count))


class TestCutPages:
    # What is read as it is, as a flood of tags, and after a rescue; and characters that shift.
    PAGES = pytest.mark.parametrize(
        ("unit", "count"),
        [
            ("<p>word%07d</p>", 9_000),
            ("<br>é\0word%07d 漢\0", 9_000),
            ("<p></p><p></p><p></p><p></p><p></p>é<p>word%07d<b></b>", 20_000),
            ("<div><b><i>word%07d", 9_000),
            ("<tr><td>a<td>word%07d", 9_000),
        ],
    )

    @PAGES
    def test_all_before_the_cut_comes_out_and_nothing_after(
        self, toy_folder: Path, unit: str, count: int
    ) -> None:
        html = numbered(unit, count)
        cleaner = Cleaner(config=CleanConfig(max_lines=1_000), model=toy_folder)
        with pytest.warns(BoilerkitWarning, match="max_lines=1000"):
            document = cleaner.classify_html(html)
        assert document.truncated is not None
        assert 0 < document.truncated < len(html)
        words = re.findall(r"word\d{7}", "\n".join(line.text for line in document.lines))
        assert words == re.findall(r"word\d{7}", html[: document.truncated])
        assert 300 < len(words) < 5_000

    def test_a_page_of_one_piece_is_read_whole(self, toy_folder: Path) -> None:
        cleaner = Cleaner(config=CleanConfig(max_lines=10), model=toy_folder)
        document = cleaner.classify_html(numbered("<p>word%07d</p>", 1_000))
        assert (len(document.lines), document.truncated) == (1_001, None)

    def test_lines_of_the_data_count_too(self, toy_folder: Path) -> None:
        body = "\\n".join(f"The {n}th ferry left the quay at noon with a piano" for n in range(50))
        data = f'<script type="application/ld+json">{{"articleBody": "{body}"}}</script>'
        html = f"<p>One</p><p>Two</p>{data}"
        cleaner = Cleaner(config=CleanConfig(max_lines=12), model=toy_folder)
        with pytest.warns(BoilerkitWarning, match="max_lines=12"):
            document = cleaner.classify_html(html)
        assert len(document.lines) == 12
        assert document.truncated == len(html)
        whole = Cleaner(config=CleanConfig(max_lines=52), model=toy_folder).classify_html(html)
        assert (len(whole.lines), whole.truncated) == (52, None)

    def test_no_limit(self, toy_folder: Path) -> None:
        cleaner = Cleaner(config=CleanConfig(max_lines=None), model=toy_folder)
        assert cleaner.classify_html(numbered("<p>word%07d</p>", 9_000)).truncated is None
