"""HTML → lines: where a line ends, what it holds, what is hidden, what only the data holds."""

from __future__ import annotations

import json
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from page_words import missing_words
from strategies import pages

from boilerkit import Cleaner
from boilerkit.html_lines import is_element, read_element, read_html
from boilerkit.page_lines import DATA, NOSCRIPT, REVEALED, SHOWN, VISIBLE, PageLines

# Long enough that hidden text beside it is not most of the page.
VISIBLE_TEXT = "The reader sees this paragraph, which is longer than whatever is hidden here."
VISIBLE_P = f"<p>{VISIBLE_TEXT}</p>"


def read(html: str) -> PageLines:
    return read_html(html)[0]


def texts_of(html: str) -> list[str]:
    return read(html).texts


class TestBlocks:
    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("", []),
            ("   \n ", []),
            ("bare text", ["bare text"]),
            ("<p></p><div> \n </div>", []),
            ("<p>One</p><p>Two</p>", ["One", "Two"]),
            ("<p>One<p>Two", ["One", "Two"]),
            ("<div>One<p>Two</p>Three</div>", ["One", "Two", "Three"]),
            ("<h1>One</h1>Two<h2>Three</h2>", ["One", "Two", "Three"]),
            ("<div><div><div>One</div></div></div>", ["One"]),
            ("<article>One<section>Two</section></article>", ["One", "Two"]),
            ("<p>One</p>text<p>Two</p>", ["One", "text", "Two"]),
            ("<button>One</button><button>Two</button>", ["One", "Two"]),
            ("<label>One</label> <button>Two</button>", ["One", "Two"]),
            ("<dl><dt>One<dd>Two</dl>", ["One", "Two"]),
            ("<hr>One<hr>Two", ["One", "Two"]),
        ],
    )
    def test_a_block_is_a_line(self, html: str, expected: list[str]) -> None:
        assert texts_of(html) == expected

    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<p> One\n\t two   three </p>", ["One two three"]),
            ("<p>One&nbsp;two&#8195;three</p>", ["One two three"]),
            ("<p>One <b> two</b> <i>three </i> </p>", ["One two three"]),
            ("<p>o<b>n</b>e</p>", ["one"]),
            ("<p>One&amp;two &lt;b&gt; &#233;</p>", ["One&two <b> é"]),
        ],
    )
    def test_white_space_is_folded(self, html: str, expected: list[str]) -> None:
        assert texts_of(html) == expected

    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<p>One<br>two<br/>three</p>", ["One", "two", "three"]),
            ("<p>One<br><br>two</p>", ["One", "two"]),
            ("<p><br>One<br></p>", ["One"]),
            ("<p><b>One<br>two</b></p>", ["One", "two"]),
            ("<li>One<br>two</li>", ["One", "two"]),
        ],
    )
    def test_br_ends_a_line(self, html: str, expected: list[str]) -> None:
        assert texts_of(html) == expected

    @pytest.mark.parametrize(
        "tag",
        "a abbr b bdi cite code em font i kbd mark q s small span strong sub sup time u".split(),
    )
    def test_an_inline_element_is_part_of_its_line(self, tag: str) -> None:
        assert texts_of(f"<p>One<{tag}>two</{tag}>three</p>") == ["Onetwothree"]

    @pytest.mark.parametrize("tag", ["x-badge", "my-very-own-element", "amp-ad"])
    def test_a_custom_element_is_part_of_its_line(self, tag: str) -> None:
        assert texts_of(f"<p>One<{tag} class='x'>two</{tag}>three</p>") == ["Onetwothree"]

    @pytest.mark.parametrize(
        "inner",
        [
            "<!-- a comment -->",
            "<!-- <p>commented out</p> -->",
            "<script>var x = '<p>no</p>';</script>",
            "<style>p { color: red }</style>",
            "<img src='x' alt='not the text'>",
            "<wbr>",
            "<input value='no'>",
            "<?php no ?>",
        ],
    )
    def test_what_is_no_text_leaves_no_trace_in_a_line(self, inner: str) -> None:
        assert texts_of(f"<p>One{inner}two</p>") == ["Onetwo"]

    @pytest.mark.parametrize(
        "inner",
        [
            "<svg><text>no</text></svg>",
            "<svg> </svg>",
            "<select><option>no</option></select>",
            "<textarea>no</textarea>",
            "<iframe>no</iframe>",
            "<audio>no</audio>",
            "<i hidden>no</i>",
            "<i style='display: none'>no</i>",
            "<b aria-hidden=true>•</b>",
            "<a><span aria-hidden=true>•</span></a>",
        ],
    )
    def test_what_is_left_out_of_a_line_parts_the_words_beside_it(self, inner: str) -> None:
        assert texts_of(f"<p>One{inner}two</p>") == ["One two"]
        assert texts_of(f"<p>One {inner} two, three{inner}</p>") == ["One two, three"]
        assert texts_of(f"<p>One:{inner}two_{inner}three</p>") == ["One:two_ three"]
        assert texts_of(f"<table><tr><td>One{inner}two<td>three</table>") == ["One two | three"]
        assert texts_of(f"<pre>  One{inner}\n{inner}  two</pre>") == ["  One\n  two"]

    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<p>One <b>two<p>three", ["One two", "three"]),
            ("<ul><li>One<li>two</ul>three", ["One", "two", "three"]),
            ("One</div></div><p>two", ["One", "two"]),
            ("<b>One</i>two</b>", ["Onetwo"]),
            ("<p>1 < 2 and 3 > 2</p>", ["1 < 2 and 3 > 2"]),
            ("<p>One</p></body></html><p>two</p>", ["One", "two"]),
            ("<table>One<tr><td>two</table>", ["One", "two"]),
        ],
    )
    def test_malformed_markup_loses_no_text(self, html: str, expected: list[str]) -> None:
        assert texts_of(html) == expected

    def test_the_title_is_no_line(self) -> None:
        page = read("<title> The\n page </title><p>One")
        assert (page.title, page.texts) == ("The page", ["One"])

    def test_meta_tags_are_read_by_lower_case_name_first_one_first(self) -> None:
        page = read(
            "<meta name=Description content=one><meta name=description content=two>"
            "<meta property='og:title' content='three'><meta name=empty><p>One"
        )
        assert page.meta == {"description": "one", "og:title": "three"}

    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<ul><li>One<ul><li>two</li></ul>three</li></ul>", ["One", "two", "three"]),
            ("<ol><li><p>One</p><p>two</p></li></ol>", ["One", "two"]),
            (
                "<ul><li>One<ul><li>two<ul><li>three</ul></ul><li>four</ul>",
                "One two three four".split(),
            ),
        ],
    )
    def test_nested_lists_come_in_reading_order(self, html: str, expected: list[str]) -> None:
        assert texts_of(html) == expected


class TestPre:
    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<pre>a\n  b\n\nc</pre>", ["a\n  b\n\nc"]),
            ("<pre>\n\na\n\n</pre>", ["a"]),
            ("<pre>a  \nb\t</pre>", ["a\nb"]),
            ("<pre>a<br>b</pre>", ["a\nb"]),
            ("<pre><code>a\n<b>b</b></code></pre>", ["a\nb"]),
            ("<pre><div>a</div><div>b</div></pre>", ["a\nb"]),
            ("<p>One<pre>a\nb</pre>two", ["One", "a\nb", "two"]),
            ("<pre> \n </pre>", []),
            ("<pre>a\nb", ["a\nb"]),
            ("<table><tr><td><pre>1\n2</pre></td><td><pre>a\nb</pre></td></tr></table>",
             ["1\n2", "a\nb"]),
        ],
    )  # fmt: skip
    def test_is_one_line_that_keeps_its_breaks(self, html: str, expected: list[str]) -> None:
        assert texts_of(html) == expected


class TestTables:
    def test_the_cells_of_a_row_are_one_line(self) -> None:
        page = read(
            "<table><tr><th>Tide</th><th>Flour</th></tr>"
            "<tr><td>Spring</td><td><b>310</b> kg</td></tr></table>"
        )
        assert page.texts == ["Tide | Flour", "Spring | 310 kg"]
        assert [page.box_tag[box] for box in page.line_box] == ["tr", "tr"]

    def test_empty_cells_leave_no_separator(self) -> None:
        assert texts_of("<table><tr><td></td><td>a</td><td> </td><td>b</td></tr></table>") == [
            "a | b"
        ]

    def test_a_paragraph_in_a_cell_is_its_line(self) -> None:
        assert texts_of("<table><tr><td><p>a</p></td><td>b</td></tr></table>") == ["a | b"]

    def test_a_row_with_a_cell_of_several_lines_is_layout(self) -> None:
        html = "<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>"
        assert texts_of(html) == ["a", "b", "c"]

    @pytest.mark.parametrize(("chars", "n_lines"), [(400, 1), (401, 2)])
    def test_a_row_with_a_long_cell_is_layout(self, chars: int, n_lines: int) -> None:
        html = f"<table><tr><td>{'x' * chars}</td><td>c</td></tr></table>"
        assert len(texts_of(html)) == n_lines

    def test_a_row_around_a_table_is_layout(self) -> None:
        inner = "<table><tr><td>a</td><td>b</td></tr></table>"
        html = f"<table><tr><td>menu</td><td>{inner}</td></tr></table>"
        assert texts_of(html) == ["menu", "a | b"]

    def test_links_of_the_cells_are_added_up(self) -> None:
        page = read(
            "<table><tr><td><a href=x>ab</a></td><td><a href=y>cd e</a> f</td></tr></table>"
        )
        assert (page.link_chars, page.link_count) == ([5], [2])

    def test_boxes_hold_the_lines_of_their_rows(self) -> None:
        page = read("<div><table><tr><td>a<td>b<tr><td>c<td>d</table></div><p>e")
        spans = {
            (tag, first, end)
            for tag, first, end in zip(page.box_tag, page.box_first, page.box_end, strict=True)
            if tag in ("div", "tr", "p")
        }
        assert spans == {("div", 0, 2), ("tr", 0, 1), ("tr", 1, 2), ("p", 2, 3)}


class TestLinks:
    @pytest.mark.parametrize(
        ("html", "chars", "count"),
        [
            ("<p>One two</p>", [0], [0]),
            ("<p><a href=x>One two</a></p>", [6], [1]),
            ("<p>One <a href=x>two</a> and <a href=y>three</a></p>", [8], [2]),
            ("<p>One <a name=x>two</a></p>", [0], [1]),
            ("<a href=x><div>One</div><div>two</div></a>", [3, 3], [1, 0]),
            ("<p><a href=x>One<br>two</a> three</p>", [3, 3], [1, 0]),
            ("<p><a href=x><b>One</b> <i>two</i></a></p>", [6], [1]),
            ("<p>One</p><p><a href=x>two</a></p><p>three</p>", [0, 3, 0], [0, 1, 0]),
            ("<p><a href=x> </a></p><p>One</p>", [0], [1]),
        ],
    )
    def test_characters_in_links_are_counted_without_spaces(
        self, html: str, chars: list[int], count: list[int]
    ) -> None:
        page = read(html)
        assert (page.link_chars, page.link_count) == (chars, count)

    @pytest.mark.parametrize("hiding", ["hidden", 'style="display:none"', 'aria-hidden="true"'])
    def test_a_hidden_link_ends_where_it_ends(self, hiding: str) -> None:
        page = read(f'<h2>One <a href="#one" {hiding}>#</a> two</h2><p>three four</p>')
        assert page.texts == ["One two", "three four"]
        assert page.link_chars == [0, 0]


class TestLayout:
    """What only the rendering of a page's structure reads."""

    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<p>One</p>", []),
            ("<p>One</p><p>o ne <a href=x> two\n3 </a></p>", [(1, 3, " two\n3 ", "x")]),
            ("<p><a href=x>One</a><a href=y>two</a>", [(0, 0, "One", "x"), (0, 0, "two", "y")]),
            ("<p><a href=x>a</a> bc <a href=y>d</a>", [(0, 0, "a", "x"), (0, 2, "d", "y")]),
            ("<a href=x><p>One</p>2</a>", [(0, 0, "One", "x"), (1, 0, "2", "x")]),
            ("<p>One<br>two <a href=x>3</a>", [(1, 3, "3", "x")]),
            ("<p><a name=x>One</a>", []),
            ("<p>One <a href=x hidden>two</a>", []),
            ("<p hidden><a href=x>1</a></p><p><a href=y>2</a></p>", [(0, 0, "2", "y")]),
            ("<table><tr><td><a href=x>a</a><td>b</table>", []),
        ],
    )
    def test_links_and_where_they_stand(self, html: str, expected: list[object]) -> None:
        links = read(html + VISIBLE_P).links
        assert [link for link in links if link[2].strip()] == expected

    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<p>One</p><p>two</p>", []),
            ("<br>One<br>two<br><br>three", [0, 1, 2, 2]),
            ("<pre>One<br>two</pre>", []),
            ("<table><tr><td>a<br><td>b<br></table><br>c", [1]),
            ("<p>One<br>two<p hidden>3<br>4</p><p>five<br>six", [1, 2, 3]),
        ],
    )
    def test_line_breaks_by_the_lines_before_them(self, html: str, expected: list[int]) -> None:
        page = read(html + VISIBLE_P)
        assert page.breaks == expected

    def test_the_cells_of_a_row_that_is_one_line(self) -> None:
        page = read("<table><tr><td><td>a | b<td><a href=x>c</a><tr><td>alone</table>")
        assert page.row_cells == {
            page.line_box[0]: [("", ()), ("a | b", ()), ("c", [(1, 0, "c", "x")])]
        }

    def test_the_attributes_of_lists_and_cells(self) -> None:
        page = read(
            "<ol start=3 class=x><li value=5>a<li id=y>b</ol><ol reversed><li>c</ol>"
            "<table><tr><td colspan=2>d<th rowspan=3 class=x>e</table>"
        )
        found = [(page.box_tag[box], kept) for box, kept in page.attributes.items()]
        assert found == [
            ("ol", {"start": "3"}),
            ("li", {"value": "5"}),
            ("ol", {"reversed": ""}),
            ("td", {"colspan": "2"}),
            ("th", {"rowspan": "3"}),
        ]

    def test_the_base_of_its_links(self) -> None:
        assert read("<base target=x><base href=/a/><base href=/b/><p>One").base == "/a/"
        assert read("<p>One").base == ""


class TestImages:
    def test_images_up_to_each_line_are_counted(self) -> None:
        assert read("<img src=a><p>One</p><p>two <img src=b><img src=c></p><p>three").images == [
            1,
            3,
            3,
        ]


class TestHidden:
    """Hidden text is left out, unless the page itself reveals it or there is little else."""

    @pytest.mark.parametrize(
        "hiding",
        [
            "hidden",
            'hidden=""',
            'style="display:none"',
            'style="color: red; DISPLAY : None"',
            'style="display:none !important"',
            'style="visibility: hidden"',
            'aria-hidden="true"',
            'style="font-size:0"',
            'style="font-size: 0px"',
            'style="width:0;height:0"',
            'style="overflow:hidden;height:0px"',
        ],
    )
    @pytest.mark.parametrize("tag", ["p", "span"])
    def test_ways_to_hide(self, hiding: str, tag: str) -> None:
        assert texts_of(f"<{tag} {hiding}>planted</{tag}>{VISIBLE_P}") == [VISIBLE_TEXT]

    @pytest.mark.parametrize("hiding", ["hidden", 'style="display:none"'])
    @pytest.mark.parametrize(
        ("template", "shown"),
        [
            ("<div {}><p>planted</p></div>", []),
            ("<div {}><div><ul><li>planted</li></ul></div></div>", []),
            ("<p>One <span {}><b>planted</b></span></p>", ["One"]),
            ("<p>One <a {} href=x>planted</a></p>", ["One"]),
            ("<p>One <x-note {}>planted</x-note></p>", ["One"]),
            ("<x-note {}><p>planted</p></x-note>", []),
            ("<ul><li>One</li><li {}>planted</li></ul>", ["One"]),
            ("<pre {}>planted\nplanted</pre>", []),
            ("<pre>One\n<div {}>planted</div></pre>", ["One"]),
            ("<pre>One\n<span {}>planted</span></pre>", ["One"]),
            ("<table {}><tr><td>planted</td><td>planted</td></tr></table>", []),
            ("<table><tr {}><td>planted</td><td>planted</td></tr></table>", []),
            ("<table><tr><td>One</td><td {}>planted</td></tr></table>", ["One"]),
            ("<table><tr><td {}>planted</td><td>One</td></tr></table>", ["One"]),
            ("<table><tr><td>a</td><td {}>planted</td><td>b</td></tr></table>", ["a | b"]),
        ],
    )
    def test_places_to_hide(self, template: str, shown: list[str], hiding: str) -> None:
        page = read(template.format(hiding) + VISIBLE_P)
        assert page.texts == [*shown, VISIBLE_TEXT]
        assert set(page.hidden) == {SHOWN}

    @pytest.mark.parametrize(
        "attributes",
        [
            "",
            'aria-hidden="false"',
            'style="display:block"',
            'style="height:0.5em"',
            'style="min-height:0"',
            'style="width:05px"',
            'style="border-width:0"',
            'class="hidden"',
            'data-hidden="1"',
        ],
    )
    def test_what_is_shown_stays(self, attributes: str) -> None:
        assert texts_of(f"<p {attributes}>shown</p>{VISIBLE_P}") == ["shown", VISIBLE_TEXT]

    def test_what_follows_is_shown(self) -> None:
        assert texts_of(f"<div hidden><p>no</p></div><p>One</p>{VISIBLE_P}") == [
            "One",
            VISIBLE_TEXT,
        ]
        assert texts_of(f"<p>One <b hidden>no</b> two</p>{VISIBLE_P}") == ["One two", VISIBLE_TEXT]

    @pytest.mark.parametrize(
        "attributes",
        [
            'class="accordion-body"',
            'class="collapse"',
            'id="tab-2"',
            'class="tab-pane"',
            'role="tabpanel"',
            'class="slick-slide"',
            'class="faq-answer"',
            'id="S:1"',
            'aria-labelledby="question"',
        ],
    )
    def test_a_panel_that_the_page_reveals_stays_and_says_so(self, attributes: str) -> None:
        page = read(f'<div {attributes} style="display:none"><p>One</p></div>{VISIBLE_P}')
        assert page.texts == ["One", VISIBLE_TEXT]
        assert page.hidden == [REVEALED, SHOWN]

    def test_hidden_inside_a_revealed_panel_is_left_out(self) -> None:
        html = '<div class="tab-pane" hidden><p>One</p><p hidden>planted</p></div>'
        assert texts_of(html + VISIBLE_P) == ["One", VISIBLE_TEXT]

    def test_a_name_that_only_begins_like_a_tab_reveals_nothing(self) -> None:
        assert texts_of(f'<div class="table" hidden>planted</div>{VISIBLE_P}') == [VISIBLE_TEXT]

    @pytest.mark.parametrize("tag", ["body", "div", "main"])
    def test_a_page_that_is_hidden_as_a_whole_shows_itself_by_script(self, tag: str) -> None:
        html = f'<{tag} style="display:none"><p>One</p><p>two three</p></{tag}>'
        assert texts_of(html) == ["One", "two three"]

    def test_half_of_the_page_is_not_most_of_it(self) -> None:
        assert texts_of("<p>12345</p><p hidden>67890</p>") == ["12345"]
        assert texts_of("<p>1234</p><p hidden>67890</p>") == ["1234", "67890"]

    def test_a_template_is_hidden(self) -> None:
        assert texts_of(f"<template><p>planted</p></template>{VISIBLE_P}") == [VISIBLE_TEXT]

    def test_a_page_that_stands_in_templates_is_read(self) -> None:
        assert texts_of("<template><p>One</p><p>two</p></template>") == ["One", "two"]

    def test_a_shadow_root_is_shown(self) -> None:
        html = f'<x-card><template shadowrootmode="open"><p>One</p></template></x-card>{VISIBLE_P}'
        assert texts_of(html) == ["One", VISIBLE_TEXT]

    def test_lines_and_boxes_stay_together(self) -> None:
        page = read(
            f"<div><p>One</p></div><div hidden><p>no</p><p>no</p></div><div>{VISIBLE_P}</div>"
        )
        assert [page.box_tag[box] for box in page.line_box] == ["p", "p"]
        assert (page.box_first[0], page.box_end[0]) == (0, 2)
        for line, box in enumerate(page.line_box):
            assert page.box_first[box] <= line < page.box_end[box]


class TestNoscript:
    def test_a_thread_that_stands_only_there_is_read(self) -> None:
        page = read(
            "<p>Loading</p><noscript><div><p>First post</p><p>Second post</p></div></noscript>"
        )
        assert page.texts == ["Loading", "First post", "Second post"]
        assert page.source == [VISIBLE, NOSCRIPT, NOSCRIPT]

    def test_a_copy_of_visible_lines_is_left_out(self) -> None:
        page = read("<noscript><p>One</p><p>two</p></noscript><p>One</p>")
        assert page.texts == ["two", "One"]
        assert page.source == [NOSCRIPT, VISIBLE]


ARTICLE = (
    "The lighthouse on the outer skerry was lit again on Friday, forty years after the last "
    "keeper had rowed ashore with two suitcases and a cat."
)
SECOND = "The cat, it is said, had to be fetched from the lantern room with a herring on a string."


def linked_data(record: object) -> str:
    source = json.dumps(record).replace("</", "<\\/")
    return f'<script type="application/ld+json">{source}</script>'


class TestLinkedData:
    @pytest.mark.parametrize(
        "record",
        [
            {"@type": "NewsArticle", "articleBody": ARTICLE},
            [{"@type": "Thing"}, {"@type": "NewsArticle", "articleBody": ARTICLE}],
            {"@graph": [{"@type": "WebPage"}, {"@type": ["Article"], "articleBody": ARTICLE}]},
            {"@type": "Product", "name": "Lamp", "description": ARTICLE},
            {"@type": ["Product", "Thing"], "description": ARTICLE},
            {"@type": "DiscussionForumPosting", "text": ARTICLE},
            {"@type": "QAPage", "mainEntity": {"@type": "Answer", "text": ARTICLE}},
        ],
    )
    def test_text_that_the_page_lacks_is_added_at_the_end(self, record: object) -> None:
        page = read(f"<h1>Lit again</h1>{linked_data(record)}<p>Share</p>")
        assert page.texts == ["Lit again", "Share", ARTICLE]
        assert page.source == [VISIBLE, VISIBLE, DATA]

    @pytest.mark.parametrize(
        "visible",
        [
            f"<p>{ARTICLE}</p>",
            f"<p>{ARTICLE.upper()}</p>",
            f"<div><span>{ARTICLE[:70]}</span><span>{ARTICLE[70:]}</span></div>",
            f"<p>{ARTICLE.replace('Friday', '<b>Friday</b>')}</p>",
        ],
    )
    @pytest.mark.parametrize("key", ["articleBody", "description"])
    def test_text_that_stands_on_the_page_is_not_repeated(self, visible: str, key: str) -> None:
        page = read(linked_data({"@type": "Product", key: ARTICLE}) + visible)
        assert DATA not in page.source

    def test_a_copy_that_readers_cannot_see_does_not_count(self) -> None:
        html = f"<div hidden><p>{ARTICLE}</p></div><p>{SECOND * 4}</p>"
        assert ARTICLE in texts_of(html + linked_data({"articleBody": ARTICLE}))

    def test_paragraphs_are_lines(self) -> None:
        page = read(linked_data({"articleBody": f"{ARTICLE}\n\n  {SECOND}\r\n"}))
        assert page.texts == [ARTICLE, SECOND]

    def test_markup_is_read_as_markup(self) -> None:
        body = f"<p>{ARTICLE}</p><p>{SECOND}<br>Read <b>on</b></p><script>no</script>"
        page = read(linked_data({"articleBody": body}))
        assert page.texts == [ARTICLE, SECOND, "Read on"]

    @pytest.mark.parametrize(
        "record",
        [
            {"@type": "Organization", "description": ARTICLE},
            {"@type": "Person", "text": ARTICLE},
            {"@type": "NewsArticle", "articleBody": ["no", "text"]},
            {"@type": "NewsArticle", "articleBody": "Too short to be an article."},
        ],
    )
    def test_what_is_not_the_text_of_the_page_is_left_alone(self, record: object) -> None:
        assert texts_of(linked_data(record) + VISIBLE_P) == [VISIBLE_TEXT]

    @pytest.mark.parametrize(
        "script",
        [
            '<script type="application/ld+json">{"articleBody": </script>',
            f'<script type="application/ld+json">{"[" * 5000}"articleBody"</script>',
            '<script type="application/ld+json"></script>',
            f'<script>{{"articleBody": "{ARTICLE}"}}</script>',
        ],
    )
    def test_a_broken_script_says_nothing(self, script: str) -> None:
        assert texts_of(script + VISIBLE_P) == [VISIBLE_TEXT]

    def test_a_line_break_inside_a_string_does_not_break_the_script(self) -> None:
        html = (
            f'<script type="application/ld+json">{{"articleBody": "{ARTICLE}\n{SECOND}"}}</script>'
        )
        assert texts_of(html) == [ARTICLE, SECOND]

    def test_the_text_stands_in_a_box_of_its_own(self) -> None:
        page = read(f"<p>One</p>{linked_data({'articleBody': f'{ARTICLE} {SECOND}'})}")
        box = page.line_box[-1]
        assert (page.box_tag[box], page.box_parent[box]) == ("script", 0)
        assert (page.box_first[box], page.box_end[box]) == (1, 2)
        assert page.box_end[0] == 2


class TestDataScripts:
    SCRIPT = '<script id="__NEXT_DATA__" type="application/json">{}</script>'

    def test_prose_of_a_shell_is_read(self) -> None:
        data = json.dumps({"props": {"page": {"blocks": [{"text": ARTICLE}, {"text": SECOND}]}}})
        assert texts_of("<div id=root></div>" + self.SCRIPT.format(data)) == [ARTICLE, SECOND]

    def test_prose_of_a_full_page_is_not(self) -> None:
        data = json.dumps({"teaser": SECOND})
        page = read(f"<p>{ARTICLE * 8}</p>" + self.SCRIPT.format(data))
        assert DATA not in page.source

    def test_short_strings_are_settings(self) -> None:
        data = json.dumps(
            {"theme": "dark", "label": "Read on in the app", "url": "https://x.example"}
        )
        assert texts_of("<p>One</p>" + self.SCRIPT.format(data)) == ["One"]

    @pytest.mark.parametrize(
        "script",
        [
            "window.__STATE__ = {};",
            'window["__R_35b_"] = window["__R_35b_"] || [];window["__R_35b_"].push({})',
            "window.__A__={{broken: 1}};var x = window.__B__ = {};",
        ],
    )
    def test_prose_of_a_shell_that_its_script_keeps_is_read(self, script: str) -> None:
        data = json.dumps({"blocks": [ARTICLE, {"html": f"<p class=a>{SECOND}</p>"}]})
        html = f"<div id=root></div><script>{script.replace('{}', data)}</script>"
        assert texts_of(html) == [ARTICLE, SECOND]

    def test_prose_that_react_streams_to_a_shell_is_read(self) -> None:
        text = f"<p>{SECOND}</p>"
        size = format(len(text.encode()), "x")
        rows = f'1:["$","p",null,{{"children":"{ARTICLE}"}}]\n2:I[7,[],"x"]\n3:T{size},'
        chunks = [rows, text, f'4:{{"post":"$3","title":"{ARTICLE[:30]}"}}\n']
        scripts = [f"<script>self.__next_f.push({json.dumps([1, row])})</script>" for row in chunks]
        html = "<script>(self.__next_f=self.__next_f||[]).push([0])</script>" + "".join(scripts)
        assert texts_of(f"<div id=root></div>{html}") == [ARTICLE, SECOND]

    def test_other_scripts_and_code_are_not_prose(self) -> None:
        code = f"(function(w){{w.push('{ARTICLE}');}})(window);"
        html = (
            f"<script>var a = {json.dumps([ARTICLE])};</script>"
            f"<script>window.__STATE__ = {json.dumps({'inline': code})}</script>"
        )
        assert texts_of(f"<p>One</p>{html}") == ["One"]

    def test_the_description_of_an_empty_shell_is_read(self) -> None:
        html = f'<meta name="description" content="{ARTICLE}"><div id=app></div>'
        assert texts_of(html) == [ARTICLE]


PAGE = (
    "<!DOCTYPE html><html><head><title>One</title></head><body><h1>One</h1><p>Two<br>three</p>"
    "<!-- no --><table><tr><td>a</td><td>b</td></tr></table><p hidden>planted</p>"
    f"<pre>x\n y</pre>{VISIBLE_P}<ul><li>vier<li>fünf</ul>{linked_data({'articleBody': ARTICLE})}"
    "</body></html>"
)


class TestInputs:
    def test_an_element_gives_the_same_lines_as_its_source(self) -> None:
        from_text, from_element = read(PAGE), read_element(lxml.html.document_fromstring(PAGE))
        assert from_element.texts == from_text.texts
        assert from_element.title == from_text.title
        for column in ("link_chars", "link_count", "hidden", "source", "images"):
            assert getattr(from_element, column) == getattr(from_text, column)

    def test_str_bytes_and_element_give_the_same_document(self, toy: Cleaner) -> None:
        document = toy.classify_html(PAGE)
        assert toy.classify_html(PAGE.encode()) == document
        assert toy.classify_html(PAGE.encode("utf-16")) == document
        assert toy.classify_html(lxml.html.document_fromstring(PAGE)) == document

    def test_an_element_is_left_unchanged(self, root: Path) -> None:
        html = (root / "examples" / "page.html").read_text(encoding="utf-8")
        element = lxml.html.document_fromstring(html)
        before = etree.tostring(element)
        read_element(element)
        assert etree.tostring(element) == before

    def test_part_of_a_page_is_read_without_what_follows_it(self) -> None:
        document = lxml.html.document_fromstring("<div><p>One <b>two</b></p> tail</div><p>three")
        assert read_element(document.find(".//p")).texts == ["One two"]
        assert read_element(document.find(".//b")).texts == ["two"]

    def test_comments_and_instructions_in_an_element_are_passed_over(self) -> None:
        document = lxml.html.document_fromstring("<p>One<!-- no -->two<?pi no?>three</p>")
        assert read_element(document).texts == ["Onetwothree"]

    def test_what_is_an_element(self) -> None:
        document = lxml.html.document_fromstring("<p>One")
        assert is_element(document)
        assert not is_element("<p>One")
        assert not is_element(document.getroottree())

    @given(html=pages)
    def test_no_word_is_made_up(self, html: str) -> None:
        assert missing_words("\n".join(read(html).texts), html) == []

    @given(
        html=pages,
        added=st.sampled_from(
            ["<script>var x = '<p>no</p>';</script>", "<style>p{}</style>", "<!-- <p>no</p> -->"]
        ),
    )
    def test_a_script_style_or_comment_at_the_end_changes_nothing(
        self, html: str, added: str
    ) -> None:
        page = f"<body><div>{html}</div>"
        before, after = read(f"{page}</body>"), read(f"{page}{added}</body>")
        assert after.texts == before.texts
        assert after.link_chars == before.link_chars

    @given(html=pages)
    def test_columns_have_one_item_a_line_and_boxes_nest(self, html: str) -> None:
        page = read(html)
        n = len(page.texts)
        assert all(len(column) == n for column in page.line_columns())
        assert all(text.strip() for text in page.texts)
        assert (page.box_first[0], page.box_end[0]) == (0, n)
        for box, parent in enumerate(page.box_parent):
            assert parent < box or box == 0
            assert page.box_first[parent] <= page.box_first[box]
            assert page.box_first[box] <= page.box_end[box] <= page.box_end[parent]
        for line, box in enumerate(page.line_box):
            assert page.box_first[box] <= line < page.box_end[box]
