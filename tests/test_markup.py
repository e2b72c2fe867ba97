"""Where a page's markup tells next to nothing, its lines are judged as those of a text, too."""

from __future__ import annotations

import numpy as np
import pytest

from boilerkit.html_lines import read_html
from boilerkit.markup import read_as_text, text_share
from boilerkit.model import Model, load_model

PARAGRAPHS = [
    "The weir at Old Sallow was closed on Monday after the flood took two of its gates.",
    "Our reporters stood there for three nights. Give five pounds a month and they will again.",
    "Engineers expect to have new gates in place before the eels begin to run in October.",
]


def page(paragraphs: list[str], before: str = "", after: str = "") -> str:
    return before + "".join(f"<p>{text}</p>" for text in paragraphs) + after


def share(html: str) -> float:
    return text_share(read_html(html)[0])


@pytest.fixture(scope="module")
def shipped_model() -> Model:
    return load_model("boilerkit-1")


def test_bare_paragraphs_count_as_text_by_a_third() -> None:
    assert share(page(PARAGRAPHS)) == pytest.approx(1 / 3, abs=0.01)


def test_each_name_and_link_makes_it_less() -> None:
    links = ["".join(f"<p><a href=/{n}>More {n}</a></p>" for n in range(k)) for k in range(22)]
    shares = [share(page(PARAGRAPHS, after=after)) for after in links]
    assert all(more > less for more, less in zip(shares[:20], shares[1:20], strict=False))
    assert shares[20:] == [0, 0]
    named = "<div class=story>" * 5 + page(PARAGRAPHS) + "</div>" * 5
    assert 0 < share(named) < share(page(PARAGRAPHS))


def test_long_pages_do_not() -> None:
    letters = sum(map(len, PARAGRAPHS))
    assert share(page(PARAGRAPHS * 40)) == pytest.approx((1 - letters * 40 / 20_000) / 3)
    assert share(page(PARAGRAPHS * 90)) == 0


def test_an_empty_page_has_no_lines_to_judge() -> None:
    assert read_as_text(read_html("")[0]) == ([], [])


def test_lines_with_words_are_read_as_a_text_has_them() -> None:
    read, _ = read_html("<p>***</p><pre>one\n  two</pre><p>1. three")
    assert read_as_text(read) == ([1, 2], ["one two", "three"])


def test_words_tell_which_kind_of_chrome_it_is(shipped_model: Model) -> None:
    read, _ = read_html(page(PARAGRAPHS))
    kinds = shipped_model.score_html(read).kinds
    assert (kinds == shipped_model.score_text(read_as_text(read)[1]).kinds).all()


def odds(model: Model, html: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the log-odds of a page's lines, as those of a page alone, and of a text alone."""
    read, _ = read_html(html)
    index, lines = read_as_text(read)
    by_markup = model.heads["html"].score(model.html_matrix(read)).odds
    return model.score_html(read).odds[index], by_markup[index], model.score_text(lines).odds


def test_the_model_weighs_both(shipped_model: Model) -> None:
    html = page(PARAGRAPHS)
    found, by_markup, by_words = odds(shipped_model, html)
    weight = share(html)
    assert found == pytest.approx((1 - weight) * by_markup + weight * by_words, abs=1e-4)
    assert not np.allclose(found, by_markup, atol=0.1)


def test_a_page_with_names_is_judged_as_a_page_alone(shipped_model: Model) -> None:
    html = page(PARAGRAPHS, "<div class=story>" * 20, "</div>" * 20)
    found, by_markup, _ = odds(shipped_model, html)
    assert (found == by_markup).all()


def test_lines_without_words_are_judged_by_the_page_alone(shipped_model: Model) -> None:
    read, _ = read_html("<p>***</p><hr><p>* * *</p>")
    assert len(shipped_model.score_html(read).odds) == 2
