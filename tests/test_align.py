"""Alignment of a page's lines with its ground truth: shares worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import line_lists

from boilerkit.train.align import content_shares, tokens_of

A = "the ferry left the quay at noon with eleven passengers"
B = "nobody on the island had ordered a piano or admitted it"
C = "in the evening somebody played it with the windows open"
MENU = "home news sport weather log in subscribe"


class TestTokens:
    @pytest.mark.parametrize(
        ("text", "tokens"),
        [
            ("One, two-THREE 4!", ["one", "two", "three", "4"]),
            ("新聞 ab", ["新", "聞", "ab"]),
            ("ab新", ["ab", "新"]),
            ("ข่าว", list("ข่าว")),
            ("뉴스", ["뉴", "스"]),
            ("***", []),
        ],
    )
    def test_by_hand(self, text: str, tokens: list[str]) -> None:
        assert tokens_of(text) == tokens


class TestContentShares:
    @pytest.mark.parametrize(
        ("lines", "gold", "shares"),
        [
            ([A, B], f"{A}\n{B}", [1, 1]),
            ([MENU, A, MENU, B], f"{A}\n{B}", [0, 1, 0, 1]),
            ([A, B], "", [0, 0]),
            ([], A, []),
            ([A.upper() + "!"], A, [1]),
            ([f"{A} {B}"], f"{A}\n{B}", [1]),
            (A.split(" at "), A.replace(" at", ""), [1, 1]),
            ([f"{A} read more tips"], A, [10 / 13]),
            (["one two three four"], "zero two three five", [0.5]),
            ([A, "***", MENU, "—"], A, [1, 1, 0, 0]),
            (["***", A], A, [0, 1]),
        ],
    )
    def test_by_hand(self, lines: list[str], gold: str, shares: list[float]) -> None:
        assert content_shares(lines, gold) == pytest.approx(shares)

    def test_a_line_that_stands_twice_is_content_where_the_truth_has_it(self) -> None:
        teaser = "a piano nobody ordered"
        lines = [teaser, MENU, A, teaser, B, MENU]
        assert content_shares(lines, f"{A}\n{teaser}\n{B}") == [0, 0, 1, 1, 1, 0]

    def test_short_lines_between_content_are_found(self) -> None:
        lines = ["news", A, "noon", B, "news"]
        assert content_shares(lines, f"{A}\nnoon\n{B}") == [0, 1, 1, 1, 0]

    def test_what_the_truth_holds_in_another_order_is_found(self) -> None:
        assert content_shares([A, B, C], f"{C}\n{A}\n{B}") == [1, 1, 1]

    def test_common_words_of_a_menu_are_not_content(self) -> None:
        lines = ["the island", "in the evening", A, B, "with the best of the island"]
        shares = content_shares(lines, f"{A}\n{B}")
        assert shares[2:4] == [1, 1]
        assert max(shares[0], shares[1], shares[4]) < 0.5

    @given(lines=line_lists, gold=line_lists.map("\n".join))
    def test_shares_are_shares(self, lines: list[str], gold: str) -> None:
        shares = content_shares(lines, gold)
        assert len(shares) == len(lines)
        assert all(0 <= share <= 1 for share in shares)

    @given(lines=st.lists(st.sampled_from([A, B, C, MENU, "", "noon", "***"]), max_size=8))
    def test_a_page_that_is_its_own_truth_is_content(self, lines: list[str]) -> None:
        shares = content_shares(lines, "\n".join(lines))
        assert all(share == 1 for line, share in zip(lines, shares, strict=True) if tokens_of(line))
