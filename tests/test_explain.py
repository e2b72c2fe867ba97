"""Explanations: they add up, name the right columns, and tell neighbours apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from boilerkit import BoilerkitWarning, CleanConfig, Cleaner, ConfigError, SiteProfile, pipeline
from boilerkit.backends import ModelBackend
from boilerkit.column_words import describe_column
from boilerkit.cuts import Cut
from boilerkit.decide import Decision, ScoredLine, decide
from boilerkit.explain import Explanation, document_cut, explain, explain_all
from boilerkit.features import HTML_COLUMNS, TEXT_MATRIX_COLUMNS
from boilerkit.html_lines import read_html
from boilerkit.labels import Label
from boilerkit.model import COLUMNS, Forest, Head, Model, load_model
from boilerkit.network import Network

TEXT = """\
Home | Gardens | Log in
The hedgehog under the woodpile woke up on the last mild day of February.
It walked along the wall, found a bowl of water, and drank for a full minute before it left again.

***
Like what you read? Support our garden diary with a small monthly gift.
冬眠から目を覚ましたハリネズミは、庭の水を飲んでから静かに立ち去りました。
© 2031 The Woodpile Diary
"""
PAGE = """\
<!doctype html><html><head><title>A hedgehog in February</title></head><body>
<nav class="menu"><ul><li><a href="/">Home</a></li><li><a href="/in">Log in</a></li></ul></nav>
<main><h1>A hedgehog in February</h1>
<p>The hedgehog under the woodpile woke up on the last mild day of February.</p>
<p>It walked along the wall, found a bowl of water, and drank for a full minute.</p></main>
<aside><p>Like what you read? <a href="/give">Support our garden diary.</a></p></aside>
<footer>© 2031 The Woodpile Diary</footer></body></html>
"""
SOURCES = {"text": TEXT, "html": PAGE}
TAGS = (
    *("nav", "menu", "header", "footer", "aside", "article", "main", "form", "fieldset", "ul"),
    *("ol", "table", "section", "figure", "figcaption", "blockquote", "h1", "h6", "dl", "dialog"),
    *("details", "pre"),
)
# An 80-column row without the value in front of the name.
MAX_NAME_CHARS = 80 - len("  +0.000  ")
# Beyond these log-odds a float32 score is too near to 0 or 1 to give them back to 1e-4.
_MAX_RECOVERABLE = 6.0


def _explain_all(cleaner: Cleaner, kind: str) -> list[Explanation]:
    source = SOURCES[kind]
    document = cleaner.classify_text(source) if kind == "text" else cleaner.classify_html(source)
    return [explain(cleaner, source, line, kind) for line in range(len(document.lines))]


@pytest.mark.parametrize("kind", ["text", "html"])
def test_contributions_add_up_to_the_logit_of_the_score(shipped: Cleaner, kind: str) -> None:
    explained = [e for e in _explain_all(shipped, kind) if e.label is not Label.EMPTY]
    assert len(explained) >= 6
    for explanation in explained:
        total = explanation.base + sum(value for _, value in explanation.contributions)
        assert total == pytest.approx(explanation.log_odds, abs=1e-9)
        assert 1 / (1 + math.exp(-total)) == pytest.approx(explanation.score, abs=1e-5)
        if abs(total) < _MAX_RECOVERABLE:
            logit = math.log(explanation.score / (1 - explanation.score))
            assert total == pytest.approx(logit, abs=1e-4)


@pytest.mark.parametrize("kind", ["text", "html"])
def test_every_explanation_is_of_the_line_it_names(shipped: Cleaner, kind: str) -> None:
    source = SOURCES[kind]
    document = shipped.classify_text(source) if kind == "text" else shipped.classify_html(source)
    for line, explanation in zip(document.lines, _explain_all(shipped, kind), strict=True):
        assert (explanation.text, explanation.label) == (line.text, line.label)
        assert explanation.score == line.score


@pytest.mark.parametrize("kind", ["text", "html"])
def test_all_lines_at_once_are_explained_as_one_by_one(cleaner: Cleaner, kind: str) -> None:
    assert list(explain_all(cleaner, SOURCES[kind], kind)) == _explain_all(cleaner, kind)
    assert explain_all(cleaner, "", kind) == ()


@pytest.mark.parametrize("kind", ["text", "html"])
def test_contributions_are_sorted_by_size_and_none_is_zero(shipped: Cleaner, kind: str) -> None:
    for explanation in _explain_all(shipped, kind):
        sizes = [abs(value) for _, value in explanation.contributions]
        assert sizes == sorted(sizes, reverse=True)
        assert 0 not in sizes


def test_lines_of_one_document_share_the_base(shipped: Cleaner) -> None:
    bases = {e.base for e in _explain_all(shipped, "text") if e.label is not Label.EMPTY}
    assert len(bases) == 1


@pytest.mark.parametrize("kind", ["text", "html"])
def test_the_cut_parts_content_from_chrome(shipped: Cleaner, kind: str) -> None:
    explanations = [e for e in _explain_all(shipped, kind) if e.label is not Label.EMPTY]
    for explanation in explanations:
        assert (explanation.score >= explanation.cut) == (explanation.label is Label.CONTENT)


@pytest.mark.parametrize("kind", ["text", "html"])
def test_the_cut_is_the_one_that_decided(
    shipped: Cleaner, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[Cut] = []

    def spy(
        texts: Sequence[str], scored: Sequence[ScoredLine | None], cut: Cut, config: CleanConfig
    ) -> list[Decision]:
        used.append(cut)
        return decide(texts, scored, cut, config)

    monkeypatch.setattr(pipeline, "decide", spy)
    # white space counts in preformatted text, and nowhere else
    source = f"{SOURCES[kind]}<pre>\ndef snuffle():\n    return     None\n</pre>\n  a   b\t c"
    document = shipped.classify_text(source) if kind == "text" else shipped.classify_html(source)
    assert document_cut(shipped, document, kind) == pytest.approx(used[0])


def test_line_without_words_has_nothing_to_explain(shipped: Cleaner) -> None:
    explanation = explain(shipped, TEXT, TEXT.split("\n").index("***"), "text")
    assert explanation == Explanation("***", Label.EMPTY, 0.5, 0.0, (), 0.0, explanation.cut)


def test_a_one_split_tree_gives_the_answer_worked_out_by_hand() -> None:
    """Lines of more than one word go right: 0.5 → 2.0; others left: 0.5 → -1.0; slope 2."""
    model = load_model("boilerkit-1")
    forest = Forest(
        feature=np.array([TEXT_MATRIX_COLUMNS.index("log_words"), 0, 0], np.int16),
        threshold=np.array([np.log1p(1.5), np.inf, np.inf], np.float32),
        children=np.array([1, 2, 1, 1, 2, 2], np.int32),
        value=np.array([0.5, -1.0, 2.0], np.float32),
        roots=np.array([0], np.int32),
        bias=0.25,
        depth=1,
    )
    network = silenced(model.heads["text"].network)
    head = replace(model.heads["text"], forest=forest, network=network, slope=2.0, intercept=-0.5)
    cleaner = _with_head(model, head)
    long = explain(cleaner, "Alone\nSome more words here", 1, "text")
    short = explain(cleaner, "Alone\nSome more words here", 0, "text")
    assert (long.base, short.base) == (1.0, 1.0)
    assert long.contributions == (("words in the line", 3.0),)
    assert short.contributions == (("words in the line", -3.0),)
    assert (long.log_odds, short.log_odds) == (4.0, -2.0)


def silenced(network: Network) -> Network:
    """Return the network with weights of 0."""
    parts = ("direct", "inward", "layers", "outward")
    return replace(network, **{part: np.zeros_like(getattr(network, part)) for part in parts})


def test_a_network_adds_columns_neighbours_and_a_rest() -> None:
    """The network alone: twice the line's own words, three times those of the line before it."""
    model = load_model("boilerkit-1")
    head = model.heads["text"]
    words = TEXT_MATRIX_COLUMNS.index("log_words")
    network = silenced(head.network)
    network = replace(network, mean=np.zeros_like(network.mean), scale=np.ones_like(network.scale))
    network.direct[words, 0], network.direct[-1, 0] = 2, 0.5
    network.inward[words, 0] = 1
    network.layers[0, 0, 0] = 3  # the first layer's first unit reads the line before
    network.outward[0, 0] = 1
    network.inward[-1, 0] = -0.25
    tree = replace(head.forest, value=np.zeros_like(head.forest.value), bias=0.0)
    cleaner = _with_head(
        model, replace(head, forest=tree, network=network, slope=2.0, intercept=-0.5)
    )
    explained = explain(cleaner, "One\nTwo more", 1, "text")
    before, own = np.log1p(1), np.log1p(2)
    found = dict(explained.contributions)
    assert explained.base == -0.5
    assert found["words in the line"] == pytest.approx(2 * (2 + 1) * own, abs=1e-5)
    assert found["the line before it"] == pytest.approx(2 * 3 * before, abs=1e-5)
    rest = found["what the network makes of any such line"]
    assert rest == pytest.approx(2 * (0.5 - 0.25 - 3 * 0.25), abs=1e-5)


def _with_head(model: Model, head: Head) -> Cleaner:
    cleaner = Cleaner()
    backend = ModelBackend(replace(model, heads={**model.heads, "text": head}))
    object.__setattr__(cleaner, "_backend", backend)
    return cleaner


@pytest.mark.parametrize("kind", ["text", "html"])
def test_inner_nodes_are_on_the_scale_of_the_leaves(kind: str) -> None:
    """Else a step to an inner node and the step away from it are large and cancel each other."""
    forest = load_model("boilerkit-1").heads[kind].forest
    children = forest.children.reshape(-1, 2)
    leaf = children[:, 0] == np.arange(len(children))
    leaf_range = forest.value[leaf].min(), forest.value[leaf].max()
    inner = forest.value[~leaf]
    assert len(inner) > 100
    assert inner.min() >= leaf_range[0]
    assert inner.max() <= leaf_range[1]
    assert np.abs(inner).mean() < np.abs(forest.value[leaf]).mean()


def test_what_neighbours_give_is_named_as_theirs() -> None:
    assert describe_column("log_words-2") == "the line 2 before: words in the line"
    assert describe_column("last_class+1") == "the line after: kind of its last character"
    assert describe_column("is_donation_win3") == "up to 3 lines around: words typical of donation"
    assert describe_column("box_link_share_0") == "its container: share in links"
    assert describe_column("word_score_box2").startswith("the container 2 out: content words")


@pytest.mark.parametrize("columns", [COLUMNS["html"], COLUMNS["text"]], ids=["html", "text"])
def test_every_column_has_words_of_its_own(columns: tuple[str, ...]) -> None:
    described = [describe_column(column) for column in columns]
    assert len(set(described)) == len(columns)
    assert max(map(len, described)) <= MAX_NAME_CHARS
    assert not any("_" in words.replace("signs @ # & = _", "") for words in described)


def test_unknown_column_is_an_error() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        describe_column("nonsense")


@pytest.mark.parametrize("tag", TAGS)
def test_container_columns_are_named_after_the_tags_that_set_them(tag: str) -> None:
    page, _ = read_html(f"<div><{tag}>A hedgehog drinks.</{tag}><p>It leaves.</p></div>")
    row = load_model("boilerkit-1").html_matrix(page)[0]
    flags = [f"in_{bit}" for bit in range(16)]
    names = [describe_column(flag) for flag in flags if row[HTML_COLUMNS.index(flag)]]
    expected = "a heading" if tag in ("h1", "h6") else f"<{tag}>"
    assert len(names) == 1
    assert expected in names[0]


def test_a_cut_document_is_explained_as_it_was_classified() -> None:
    cleaner = Cleaner(config=CleanConfig(max_bytes=100))
    with pytest.warns(BoilerkitWarning, match="cut at max_bytes=100"):
        explanation = explain(cleaner, TEXT, 1, "text")
    assert explanation.score == pytest.approx(Cleaner().classify_text(TEXT[:100]).lines[1].score)


@pytest.mark.parametrize("line", [-1, 9, 1000])
def test_line_that_is_not_there(shipped: Cleaner, line: int) -> None:
    with pytest.raises(ConfigError, match=f"no line {line + 1}: the document has 9 lines"):
        explain(shipped, TEXT, line, "text")


def test_unknown_kind_lists_what_exists(shipped: Cleaner) -> None:
    with pytest.raises(ConfigError, match="'pdf': choose from html, text"):
        explain(shipped, TEXT, 0, "pdf")


def test_wrong_type_is_named(shipped: Cleaner) -> None:
    with pytest.raises(TypeError, match="must be a str, not bytes"):
        explain(shipped, TEXT.encode(), 0, "text")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["text", "html"])
def test_the_heuristic_gives_its_rule_total_and_main_rule(kind: str) -> None:
    explained = _explain_all(Cleaner(model="heuristic"), kind)
    worded = [e for e in explained if e.label is not Label.EMPTY]
    assert len(worded) >= 6
    for explanation in worded:
        ((name, value),) = explanation.contributions
        assert name.startswith("rules of the heuristic, above all ")
        assert explanation.base == 0
        assert 1 / (1 + math.exp(-value)) == pytest.approx(explanation.score, abs=1e-6)


def test_a_site_profile_is_a_term_of_its_own() -> None:
    profile = SiteProfile().fit([f"{TEXT.splitlines()[1]}\nPage {n} of it." for n in range(4)])
    with_site = explain(Cleaner(site=profile), TEXT, 1, "text")
    without = explain(Cleaner(), TEXT, 1, "text")
    terms = dict(with_site.contributions)
    change = terms.pop("how often it stands on the site's pages")
    assert terms == dict(without.contributions)
    assert change < -1
    assert with_site.log_odds == pytest.approx(without.log_odds + change)
    logit = math.log(with_site.score / (1 - with_site.score))
    assert with_site.log_odds == pytest.approx(logit, abs=1e-4)
