"""Markdown: what each part of a page becomes; that it reads back is in test_markdown_parsed.py."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from pathlib import Path

import lxml.html
import pytest

from boilerkit import CleanConfig, Cleaner, Role
from boilerkit.records import FORMATS


@pytest.fixture(scope="module")
def everything(toy_folder: Path) -> Cleaner:
    """A cleaner that keeps and prints every line."""
    return Cleaner(config=CleanConfig(drop=[], roles=list(Role)), model=toy_folder)


def table(*rows: str) -> str:
    """Return a table; each row is its cells' text, parted by bars, ``#`` before that of a <th>."""
    return f"<table>{''.join(map(_row, rows))}</table>"


def _row(row: str) -> str:
    cells = (
        f"<th>{cell[1:]}" if cell.startswith("#") else f"<td>{cell}" for cell in row.split("|")
    )
    return f"<tr>{''.join(cells)}"


class TestBlocks:
    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("", ""),
            ("<p>One</p><p>two</p>", "One\n\ntwo"),
            ("<p>One <b>two</b> <code>three</code></p>", "One two three"),
            ("<h1>One</h1><h4>two</h4><p>three", "# One\n\n#### two\n\nthree"),
            ("<h2><div>One</div></h2>", "## One"),
            ("<p>One<br>two</p>", "One\\\ntwo"),
            ("<p>One<br><br>two</p>", "One\n\ntwo"),
            ("<div>One<p>two</p>three</div>", "One\n\ntwo\n\nthree"),
            ("<h2>One<br>two</h2><h2>three</h2>", "## One two\n\n## three"),
            ("<blockquote>One</blockquote><blockquote>two</blockquote>", "> One\n\n> two"),
            ("<blockquote><p>One</p><p>two</p></blockquote>", "> One\n>\n> two"),
            ("<blockquote>One<blockquote>two</blockquote></blockquote>", "> One\n>\n> > two"),
            ("<p>1. One</p><p># two</p><p>- 3</p>", "1\\. One\n\n\\# two\n\n\\- 3"),
            ("<p>*one* a_b [2] &amp;lt; &lt;b></p>", "\\*one\\* a_b \\[2\\] \\&lt; \\<b>"),
            ("<h2>C #</h2>", "## C \\#"),
        ],
    )
    def test_becomes(self, everything: Cleaner, html: str, expected: str) -> None:
        assert everything.extract(html, format="markdown") == expected


class TestCode:
    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<pre>a\n\n  b</pre>", "```\na\n\n  b\n```"),
            ("<pre>a ```` b</pre>", "`````\na ```` b\n`````"),
            ("<pre class='x language-rust'>a</pre>", "```rust\na\n```"),
            ("<pre><code class=language-c++>a</code></pre>", "```c++\na\n```"),
            ("<div class=language-r><div><pre>a</pre></div></div>", "```r\na\n```"),
            ("<pre class='language-`'>a</pre>", "```\na\n```"),
            ("<ul><li><pre>a\n\nb</pre></ul>", "- ```\n  a\n\n  b\n  ```"),
            ("<blockquote><pre>a\n\nb</pre></blockquote>", "> ```\n> a\n>\n> b\n> ```"),
            ("<p><code>a</code></p>", "a"),
        ],
    )
    def test_is_fenced(self, everything: Cleaner, html: str, expected: str) -> None:
        assert everything.extract(html, format="markdown") == expected


class TestLists:
    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<ul><li>One<li>two</ul>", "- One\n- two"),
            ("<ol><li>One<li>two</ol>", "1. One\n2. two"),
            ("<ol start=5><li>One<li>two</ol>", "5. One\n6. two"),
            ("<ol start=-1><li>One<li>two</ol>", "- One\n0. two"),
            ("<ol start=x><li>One</ol>", "1. One"),
            ("<ol><li>One<li value=7>two<li>three</ol>", "1. One\n7) two\n8) three"),
            ("<ol reversed><li>One<li>two</ol>", "2. One\n1) two"),
            ("<ol reversed start=9><li>One<li>two</ol>", "9. One\n8) two"),
            ("<ol start=9999999999><li>One</ol>", "- One"),
            ("<ul><li>One<ul><li>two</ul><li>three</ul>", "- One\n  - two\n- three"),
            ("<ol><li>One<ol><li>two</ol></ol>", "1. One\n   1. two"),
            ("<ul><li>One<ol start=2><li>two</ol></ul>", "- One\n\n  2. two"),
            ("<ul><li>One</li><ul><li>two</ul></ul>", "- One\n  - two"),
            ("<ul><li><ul><li>One</ul></ul>", "- - One"),
            ("<ul><li>One</ul><ul><li>two</ul>", "- One\n\n* two"),
            ("<ul><li>One</ul><ol><li>two</ol>", "- One\n\n1. two"),
            ("<ul><li>One</ul>two<ul><li>three</ul>", "- One\n\ntwo\n\n- three"),
            ("<ul><li><p>One</p><p>two</p><li>three</ul>", "- One\n\n  two\n- three"),
            ("<ul><li>One<br>two</ul>", "- One\\\n  two"),
            ("<ul><li><h3>One</h3><p>two</p></ul>", "- ### One\n\n  two"),
            ("<blockquote><ul><li>One<li>two</ul></blockquote>", "> - One\n> - two"),
            ("<ul><li><blockquote>One</blockquote>two</ul>", "- > One\n\n  two"),
            ("<li>One<li>two", "- One\n- two"),
            ("<dl><dt>One</dt><dd>two</dd><dd>3</dd></dl>", "- One\n\n  two\n\n  3"),
            ("<dl><dt>One<dd>two<dt>three<dd>4</dl>", "- One\n\n  two\n- three\n\n  4"),
            ("<dl><dd>One</dl>", "- One"),
        ],
    )
    def test_becomes(self, everything: Cleaner, html: str, expected: str) -> None:
        assert everything.extract(html, format="markdown") == expected

    def test_items_keep_their_numbers_when_others_go(self, toy: Cleaner) -> None:
        html = "<ol><li>One!!!<li>two<li>three<li>four!!!<li>five</ol>"
        assert toy.extract(html, format="markdown") == "2. two\n3. three\n5) five"

    def test_an_item_whose_own_text_goes_holds_its_list(self, toy: Cleaner) -> None:
        html = "<ul><li>One!!!<ul><li>two</ul><li>three</ul>"
        assert toy.extract(html, format="markdown") == "- - two\n- three"


class TestTables:
    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            (table("#a|#b", "1|2"), ["| a | b |", "| --- | --- |", "| 1 | 2 |"]),
            (table("a|b", "1|2"), ["|  |  |", "| --- | --- |", "| a | b |", "| 1 | 2 |"]),
            (table("#a|b", "#1|2"), ["|  |  |", "| --- | --- |", "| a | b |", "| 1 | 2 |"]),
            (table("#a|#b|#c", "1||3", "4|5"),
             ["| a | b | c |", "| --- | --- | --- |", "| 1 |  | 3 |", "| 4 | 5 |"]),
            (table("#a|#b", "&#124;|2"), ["| a | b |", "| --- | --- |", "| \\| | 2 |"]),
            (table("#a|#b", "1|2", "alone|"),
             ["| a | b |", "| --- | --- |", "| 1 | 2 |", "| alone |"]),
            (table("#a|#b", "1|" + "x" * 401, "3|4"),
             ["| a | b |", "| --- | --- |", f"| 1 | {'x' * 401} |", "| 3 | 4 |"]),
            ("<table><thead><tr><td>a<td>b</thead><tr><td>1<td>2</table>",
             ["| a | b |", "| --- | --- |", "| 1 | 2 |"]),
            ("<table><caption>One</caption><tr><th>a<th>b<tr><td>1<td>2</table>",
             ["One", "", "| a | b |", "| --- | --- |", "| 1 | 2 |"]),
            ("<ul><li>" + table("#a|#b", "1|2") + "</ul>",
             ["- | a | b |", "  | --- | --- |", "  | 1 | 2 |"]),
        ],
    )  # fmt: skip
    def test_a_table_of_data(self, everything: Cleaner, html: str, expected: list[str]) -> None:
        assert everything.extract(html, format="markdown").split("\n") == expected

    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<tr><th>a<th colspan=2>b<tr><td>1<td>2<td>3", ["| a | b |  |", "| 1 | 2 | 3 |"]),
            ("<tr><th>a<th>b<th>c<tr><td colspan=2>1<td>2", ["| a | b | c |", "| 1 |  | 2 |"]),
            ("<tr><th>a<th>b<tr><td colspan=99>1<tr><td>2<td>3",
             ["| a | b |", "| 1 |", "| 2 | 3 |"]),
            ("<tr><th>a<th>b<tr><td rowspan=2>1<td>2<tr><td>3<tr><td>4<td>5",
             ["| a | b |", "| 1 | 2 |", "|  | 3 |", "| 4 | 5 |"]),
            ("<tr><th rowspan=9>a<th>b<tr><td>1<td>2", ["| a | b |", "| 1 | 2 |"]),
        ],
    )  # fmt: skip
    def test_spans(self, everything: Cleaner, html: str, expected: list[str]) -> None:
        rows = everything.extract(f"<table>{html}</table>", format="markdown").split("\n")
        assert [rows[0], *rows[2:]] == expected

    def test_a_column_is_found_though_the_cell_above_is_gone(self, toy: Cleaner) -> None:
        html = "<table><tr><th>a<th>b<tr><td rowspan=2>1!!!<td>2<tr><td>3</table>"
        assert toy.extract(html, format="markdown").split("\n")[2:] == ["|  | 3 |"]

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            (["#a|#b", "1!!!|2", "3|4"], ["| a | b |", "| --- | --- |", "| 3 | 4 |"]),
            (["#a!!!|#b", "1|2", "3|4"], ["|  |  |", "| --- | --- |", "| 1 | 2 |", "| 3 | 4 |"]),
            (["#a|#b", "1|2!!!"], ["| a | b |", "| --- | --- |"]),
            (["#a!!!|#b", "1|2"], ["|  |  |", "| --- | --- |", "| 1 | 2 |"]),
        ],
    )
    def test_what_is_kept_of_one_is_one(
        self, toy: Cleaner, rows: list[str], expected: list[str]
    ) -> None:
        assert toy.extract(table(*rows), format="markdown").split("\n") == expected

    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            (table("Home|News"), "Home | News"),
            (table("a|<p>One<p>two", "1|2"), "a\n\nOne\n\ntwo\n\n1 | 2"),
            (table("a", "b"), "a\n\nb"),
            (table(f"menu|{table('#a|#b', '1|2')}"), "menu\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"),
            ("<tr><td>a<td>b<tr><td>1<td>2", "a | b\n\n1 | 2"),
        ],
    )
    def test_a_table_that_lays_out_is_none(
        self, everything: Cleaner, html: str, expected: str
    ) -> None:
        assert everything.extract(html, format="markdown") == expected

    def test_blocks_in_a_cell_part_a_table_in_two(self, everything: Cleaner) -> None:
        html = table("#a|#b", "1|2", "3|<pre>x\ny</pre>", "5|6")
        assert everything.extract(html, format="markdown").split("\n\n") == [
            "| a | b |\n| --- | --- |\n| 1 | 2 |",
            "3",
            "```\nx\ny\n```",
            "|  |  |\n| --- | --- |\n| 5 | 6 |",
        ]


class TestHostilePages:
    @pytest.mark.parametrize(
        "html",
        [
            "<table>" + "<tr>" + "<td colspan=1000>a" * 300 + "<tr><td>b<td>c" * 300,
            "<table>" + "<tr>" + "<td rowspan=1000>a" * 300 + "<tr><td>b" * 300,
            "<table>" + "<tr>" + "<td>a" * 3000 + "<tr><td>b<td>c" * 3000,
            "<ol start=999999999><li>" * 300 + "<pre>" + "a\n" * 3000,
            "<table><tr><td>a<td>" * 300,
        ],
    )
    def test_what_comes_out_is_bounded_by_what_goes_in(
        self, everything: Cleaner, html: str
    ) -> None:
        rendered = everything.extract(html, format="markdown")
        assert "a" in rendered
        assert len(rendered) < 60 * len(html)


LINKED = "<p>See <a href='/map'>the map</a>, <a href='b?x=(1)'>b</a>!<a href=#top>^</a></p>"


class TestLinks:
    def test_are_left_out_by_default(self, everything: Cleaner) -> None:
        assert everything.extract(LINKED, format="markdown") == "See the map, b!^"

    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            (None, "See [the map](/map), [b](b?x=%281%29)\\![^](#top)"),
            (
                "http://a.example/c/d",
                "See [the map](http://a.example/map), [b](http://a.example/c/b?x=%281%29)"
                "\\![^](http://a.example/c/d#top)",
            ),
        ],
    )
    def test_are_resolved_against_the_pages_address(
        self, everything: Cleaner, url: str | None, expected: str
    ) -> None:
        assert everything.extract(LINKED, format="markdown+links", url=url) == expected

    def test_a_base_element_counts(self, everything: Cleaner) -> None:
        html = "<base href='/d/'><p><a href=e>One</a>"
        rendered = everything.extract(html, format="markdown+links", url="http://a.example/")
        assert rendered == "[One](http://a.example/d/e)"

    @pytest.mark.parametrize(
        "href",
        [
            "",
            "#",
            " ",
            "javascript:go()",
            "JavaScript:go()",
            "java\nscript:go()",
            "data:x",
            "file:x",
        ]
        + ["vbscript:x", "\x01javascript:go()", "about:blank"],
    )
    def test_an_address_that_leads_nowhere_is_left_out(
        self, everything: Cleaner, href: str
    ) -> None:
        element = lxml.html.fragment_fromstring("<p><a>One</a> two</p>")
        element[0].set("href", href.replace("\x01", " "))
        assert everything.extract(element, format="markdown+links") == "One two"

    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<h2><a href=x>One</a></h2>", "## [One](x)"),
            ("<ul><li><a href=x>One</a></ul>", "- [One](x)"),
            ("<a href=x><h2>One</h2><p>two</p></a><p>3", "## [One](x)\n\n[two](x)\n\n3"),
            ("<p>a man and <a href=x>a</a> map", "a man and [a](x) map"),
            ("<p>One<sup> <a href=x> 1</a> </sup> in 1  <a href=y>\n2  3</a>", "One [1](x) in 1 [2 3](y)"),
            ("<p><a href=x>One<br>two</a> 3", "[One](x)\\\n[two](x) 3"),
            ("<p><a href=x>a</a> <a href=y>a</a>", "[a](x) [a](y)"),
            ("<p>a<a href=x>b</a>c", "a[b](x)c"),
            ("<p><a href=x> <img src=y> </a>One", "One"),
            ("<p><a name=x>One</a>", "One"),
            ("<pre><a href=x>One</a></pre>", "```\nOne\n```"),
            (table("#a|#<a href=x>b</a>", "1|<a href='y&#124;z'>a</a>"),
             "| a | [b](x) |\n| --- | --- |\n| 1 | [a](y%7Cz) |"),
        ],
    )  # fmt: skip
    def test_stand_where_their_words_are(
        self, everything: Cleaner, html: str, expected: str
    ) -> None:
        assert everything.extract(html, format="markdown+links") == expected


PAGE = (
    "<title>The lamp is lit</title><h1>The lamp is lit</h1><p>One</p><p>two!!!</p>"
    "<figure><figcaption>three</figcaption></figure><ul><li>four</li></ul>"
)


class TestDocument:
    def test_prints_the_roles_that_the_text_prints(self, toy: Cleaner, toy_folder: Path) -> None:
        assert toy.extract(PAGE, format="markdown") == "One\n\n- four"
        titled = Cleaner(config=CleanConfig(roles=["title", "caption"]), model=toy_folder)
        assert titled.extract(PAGE, format="markdown") == "# The lamp is lit\n\nthree"

    def test_extract_is_the_rendered_document(self, toy: Cleaner) -> None:
        document = toy.classify_html(PAGE)
        for format in FORMATS:
            assert toy.extract(PAGE, format=format) == document.render(format)

    def test_an_element_is_read_like_its_source(self, toy: Cleaner) -> None:
        html = f"<div>{LINKED}{table('#a|#b', '1|2')}<ol start=3><li>x</ol></div>"
        element = lxml.html.fragment_fromstring(html)
        for format in FORMATS:
            assert toy.extract(element, format=format) == toy.extract(html, format=format)

    @pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))])
    def test_a_copy_renders_alike(self, toy: Cleaner, duplicate: object) -> None:
        document = toy.classify_html(PAGE + LINKED, url="http://a.example/")
        copied = duplicate(document)  # type: ignore[operator]
        assert copied == document
        assert copied.render("markdown+links") == document.render("markdown+links")

    def test_what_renders_it_is_no_part_of_its_value(self, toy: Cleaner) -> None:
        plain, linked = toy.classify_html("<p>a"), toy.classify_html("<h1>b</h1><p>a")
        document = dataclasses.replace(linked, lines=plain.lines, text=plain.text, title="")
        assert document == plain
        assert repr(document) == repr(plain)
        assert set(json.loads(plain.to_json())) == {
            "title", "text", "truncated", "backend", "model", "lines",
        }  # fmt: skip

    @pytest.mark.parametrize("format", FORMATS)
    def test_a_text_is_its_text(self, toy: Cleaner, format: str) -> None:
        text = "# One\n\n* two!!!\n* three_\n"
        assert toy.classify_text(text).render(format) == "# One\n\n* three_\n"
