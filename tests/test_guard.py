"""Hostile pages against the parser: no hang, no lost text, or else the place of the cut."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from word_target import WordTarget, open_parser, parse_plainly

from boilerkit import guard
from boilerkit.guard import FeedParser, guard_html, parse_guarded
from boilerkit.rescue import END_TAG, MAX_ATTRIBUTES, MAX_DEPTH, Rescue

SIZE = 200_000
BEFORE = "<html><head><title>t</title></head><body><p>BEFORE</p>"
AFTER = "<p>AFTER</p></body></html>"


def flood(unit: str) -> str:
    return unit * (SIZE // len(unit))


# What stands between the marker words; INSIDE is where a reader would see it.
SHAPES = {
    "nested <b>": flood("<b>") + "INSIDE",
    "nested <div>": flood("<div>") + "INSIDE",
    "nested and closed": "<div>" * 20_000 + "INSIDE" + "</div>" * 20_000,
    "nested lists": flood("<ul><li>") + "INSIDE",
    "nested tables": flood("<table><tr><td>") + "INSIDE",
    "nested of two kinds": flood("<a><b>") + "INSIDE",
    "nested unknown names": flood("<x-y>") + "INSIDE",
    "nested other names": "".join(f"<t{i}>" for i in range(SIZE // 8)) + "INSIDE",
    "unclosed <p>": flood("<p>") + "INSIDE",
    "unclosed <dd>": flood("<dl><dt>a<dd>b") + "INSIDE",
    "unclosed everything": flood("<div><p><b><ul><li><i><td>x") + "INSIDE",
    "siblings": flood("<b>x</b>") + "INSIDE",
    "line breaks": flood("<br>") + "INSIDE",
    "text": flood("word ") + "INSIDE",
    "text beyond the BMP": flood("😀 ") + "INSIDE",
    "attributes": "<p " + " ".join(f"a{i}" for i in range(SIZE // 8)) + ">INSIDE",
    "attributes with quoted >": "<p " + flood("a='>' ") + ">INSIDE",
    "one attribute repeated": "<p " + flood("a ") + ">INSIDE",
    "many tags with many attributes": ("<p " + " ".join(f"a{i}" for i in range(255)) + ">x") * 200
    + "INSIDE",
    "a long attribute": f"<p title='{flood('x')}'>INSIDE",
    "a long name": f"<{'t' * SIZE}>INSIDE",
    "many attribute names": "".join(f"<b a{i}>x</b>" for i in range(SIZE // 15)) + "INSIDE",
    "entities": flood("&amp;") + "INSIDE",
    "numeric entities": flood("&#x1F600;") + "INSIDE",
    "unknown entities": flood("&zzq;") + "INSIDE",
    "ampersands": flood("&") + "INSIDE",
    "a long entity": "&" + flood("a") + " INSIDE",
    "a long number": "&#" + flood("1") + ";INSIDE",
    "comments": flood("<!---->") + "INSIDE",
    "an endless comment": "<!-- " + flood("x") + "<p>INSIDE</p>",
    "an endless comment of dashes": "<!-- " + flood("-") + "<p>INSIDE</p>",
    "endless comments": flood("<!--") + "<p>INSIDE</p>",
    "an endless CDATA section": "<![CDATA[" + flood("x") + "<p>INSIDE</p>",
    "an endless instruction": "<?php " + flood("x") + "<p>INSIDE</p>",
    "an endless title": "<title>" + flood("x ") + "<p>INSIDE</p>",
    "an endless style": "<style>" + flood("x ") + "<p>INSIDE</p>",
    "an endless textarea": "<textarea>" + flood("x ") + "<p>INSIDE</p>",
    "an endless iframe": "<iframe>" + flood("x ") + "<p>INSIDE</p>",
    "endless titles": flood("<title>") + "<p>INSIDE</p>",
    "plaintext": "<plaintext>" + flood("x ") + "<p>INSIDE</p>",
    "a script that comments its end out": "<script><!--<script>x</script>" + "<p>INSIDE</p>",
    "script of <": f"<script>{flood('<')}</script><p>INSIDE</p>",
    "nested <svg>": flood("<svg>") + "<p>INSIDE</p>",
    "nested <select>": flood("<select>") + "<p>INSIDE</p>",
    "<": flood("< ") + "INSIDE",
    "</": flood("</") + ">INSIDE",
    "<!": flood("<!") + ">INSIDE",
    "<?": flood("<?") + ">INSIDE",
    "an unclosed quote": '<p title="' + flood("x") + ">INSIDE",
    "unclosed quotes": "<p title='>" * 18_181 + "INSIDE",
    "NUL": flood("x\0") + "INSIDE",
    "NUL in tags": flood("<\0p\0>") + "INSIDE",
    "carriage returns": flood("\r") + "INSIDE",
    "lone surrogates": flood("x\ud800") + "INSIDE",
    "controls": "".join(map(chr, range(1, 32))) + "\ufffe\uffff INSIDE",
    "end tags": flood("</x>") + "INSIDE",
    "bodies": flood("<body>") + "INSIDE",
    "document ends": flood("</body></html>x") + "<p>INSIDE",
    "doctypes": flood("<!DOCTYPE html>") + "INSIDE",
    "the tag of the guard": f"<{END_TAG}>INSIDE<!-- ",
    "right to left": flood("\u202e\u200b\u05d0") + "INSIDE",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_text_around_and_in_a_hostile_shape_comes_out(shape: str) -> None:
    target, truncated = parse_guarded(BEFORE + SHAPES[shape] + AFTER, open_parser)
    assert target.ended
    assert truncated is None
    assert [word for word in ("BEFORE", "INSIDE", "AFTER") if word not in target.text] == []


class TestCut:
    @pytest.mark.parametrize(
        "swallowed",
        [
            "<script>var x = 1; <p>AFTER</p>",
            "<p title='AFTER",
            "<p title=AFTER",
            "<![CDATA[ AFTER",
            "<!AFTER",
            "</AFTER",
            "<script x=\"<script>'",
        ],
    )
    def test_is_where_the_text_ends(self, swallowed: str) -> None:
        before = "<p>é漢😀 BEFORE\0\0 "
        target, truncated = parse_guarded(before + swallowed, open_parser)
        assert target.ended
        assert truncated == len(before)
        assert target.text == "é漢😀 BEFORE "

    def test_counts_characters_that_are_left_out(self) -> None:
        html = "\0\0<p>\ud800\0x<script>"
        assert parse_guarded(html, open_parser)[1] == html.index("<script>")

    def test_behind_an_element_that_hides_its_end(self) -> None:
        html = "<p>BEFORE<svg><!-- </svg> -->AFTER<b"
        target, truncated = parse_guarded(html, open_parser)
        assert truncated == html.index("<svg>")
        assert target.text == "BEFORE"

    def test_is_none_where_only_style_or_comment_is_lost(self) -> None:
        for end in ("<style>p { color: red }", "<!-- end", "<title>", "<iframe src=x>"):
            assert parse_guarded("<p>BEFORE</p>" + end, open_parser)[1] is None


class TestTime:
    @pytest.mark.parametrize(
        "html",
        [
            "<div></x>" * 100_000,
            "<div>" * 100_000 + "</x>" * 100_000,
            "<b>" + "<div>" * 100_000 + "</b>" * 100_000,
            "<div>" * 100_000 + "<body>" * 80_000,
        ],
        ids=["end tags", "end tags behind", "fenced end tags", "bodies"],
    )
    def test_does_not_grow_with_depth_times_end_tags(self, html: str) -> None:
        start = time.process_time()
        parse_guarded(html, open_parser)
        assert time.process_time() - start < 5  # unguarded: 20 to 40 s

    def test_end_tags_below_the_depth_limit_are_bounded_by_a_lower_one(self) -> None:
        flat = guard_html("<p>" * 100)
        dense = guard_html("<p>" * 400_000)
        assert flat.max_depth == MAX_DEPTH
        assert 16 <= dense.max_depth < MAX_DEPTH
        assert dense.max_depth * 400_000 <= 50_000_000

    def test_a_deep_page_is_given_up_early(self) -> None:
        targets: list[WordTarget] = []

        def open_counted() -> tuple[object, WordTarget]:
            parser, target = open_parser()
            targets.append(target)
            return parser, target

        parse_guarded("<b>" * 300_000, open_counted)  # type: ignore[arg-type]
        given_up, rescued = targets
        assert given_up.max_depth < 20_000
        assert rescued.max_depth <= MAX_DEPTH


class CountedParser:
    """A parser that counts those of its kind that are open."""

    n_open = 0

    def __init__(self, parser: FeedParser) -> None:
        self._parser = parser
        CountedParser.n_open += 1

    def feed(self, data: bytes) -> None:
        self._parser.feed(data)

    def close(self) -> None:
        self._parser.close()
        CountedParser.n_open -= 1


@pytest.mark.parametrize(
    "shape",
    ["text", "nested <b>", "attributes", "an endless comment", "the tag of the guard"],
)
def test_every_parser_is_closed(shape: str) -> None:
    # lxml never frees what one that is left open has begun: half a kilobyte a page
    def open_counted() -> tuple[CountedParser, WordTarget]:
        parser, target = open_parser()
        return CountedParser(parser), target

    for before in (BEFORE, ""):
        parse_guarded(before + SHAPES[shape], open_counted)
        assert CountedParser.n_open == 0


class TestFlood:
    @pytest.mark.parametrize(
        "unit", ["<p>", "<li >", "<br>\n", "</p>", "<p><i>", "<DL><dt> <dd>", "<b></b>"]
    )
    def test_of_empty_tags_costs_no_event_each(self, unit: str) -> None:
        target, truncated = parse_guarded(BEFORE + unit * 300_000 + "INSIDE" + AFTER, open_parser)
        assert len(target.tags) < 2_000
        assert truncated is None
        assert "".join(target.text.split()) == "BEFOREINSIDEAFTER"

    def test_tags_with_text_or_attributes_are_no_flood(self) -> None:
        html = "<p>x" * 150_000 + "<p a>" * 1_000
        target, _ = parse_guarded(html, open_parser)
        assert [tag for tag, _ in target.tags].count("p") == 151_000

    def test_a_small_page_is_left_alone(self) -> None:
        html = "<p>" * 10_000
        assert guard_html(html).data == html.encode()

    def test_runs_of_any_length_take_linear_time(self) -> None:
        html = "".join(f"{'<p>' * (n % 9)}<b>{'<i> ' * (n % 5)}" for n in range(100_000))
        start = time.process_time()
        list(guard_html(html).chunks())
        assert time.process_time() - start < 2


class TestGuardHtml:
    def test_encodes_a_clean_page_and_no_more(self) -> None:
        html = "<p title='a'>é漢😀\r\n\x01\ufeff</p><!-- x --><br/>"
        page = guard_html(html)
        assert page.data == html.encode()
        assert not page.flooded
        assert guard_html(page.data.decode()) == page

    def test_replaces_lone_surrogates_and_drops_nul(self) -> None:
        assert guard_html("a\ud800b\udfff\0c").data.decode() == "a\ufffdb\ufffdc"

    def test_a_clean_page_is_parsed_once_and_unchanged(self) -> None:
        html = "<p>one<wbr>two<dd a=b>three</dd><script>x</script>" * 30
        calls = 0

        def open_counted() -> tuple[object, WordTarget]:
            nonlocal calls
            calls += 1
            return open_parser()

        target, _ = parse_guarded(html, open_counted)  # type: ignore[arg-type]
        assert calls == 1
        plain = parse_plainly(html.encode())
        assert (target.text, target.tags) == (plain.text, plain.tags)

    def test_pieces_fed_do_not_show(self, monkeypatch: pytest.MonkeyPatch) -> None:
        html = "<p title='a&amp;b'>é漢😀 &eacute;\r\n</p><!-- é --><script>é</script>" * 40
        whole, _ = parse_guarded(html, open_parser)
        monkeypatch.setattr(guard, "_CHUNK_BYTES", 7)
        pieces, _ = parse_guarded(html, open_parser)
        assert (whole.text, whole.tags) == (pieces.text, pieces.tags)


def test_a_tag_of_very_many_attributes_loses_most() -> None:
    html = "<p " + " ".join(f"a{i}" for i in range(100_000)) + ">x" + "<b>y " * 100
    target, _ = parse_guarded(html, open_parser)
    assert max(len(attrib) for _, attrib in target.tags) == MAX_ATTRIBUTES
    assert target.text.split() == ["x" + "y", *["y"] * 99]


def test_a_long_attribute_or_text_is_no_reason_for_a_rescue() -> None:
    words = "one two " * 20_000
    html = f"<p class=a>{words}<img alt='{'x' * 100_000}'><!-- {words} --><wbr>"
    target, _ = parse_guarded(html, open_parser)
    assert target.text == words
    assert target.tags[-1] == ("wbr", {})
    assert ("p", {"class": "a"}) in target.tags


def test_an_untrusted_parser_gets_a_rescued_page() -> None:
    html = "<p " + " ".join(f"a{i}='\"'" for i in range(1000)) + ">BEFORE</html><p>AFTER"
    target, truncated = parse_guarded(html, open_parser, trusted=False)
    assert truncated is None
    assert "AFTER" in target.text
    assert max(len(attrib) for _, attrib in target.tags) <= 256


# Tokens that open, close, half-open and mislead.
# fmt: off
TOKENS = st.sampled_from(
    [
        "<", ">", "</", "<!--", "-->", "--!>", "<!", "<?", "<![CDATA[", "'", '"', "=", "/", "&",
        "&amp;", "&#", "x", "é", "😀", "\ud800", "\0", "<b>", "</b>", "<div>", "</div>", "<p>",
        "</p>", "<li>", "<ul>", "</ul>", "<table>", "<tr>", "<td>", "</td>", "</table>",
        '<a href="', "<a\thref='x'>", "</a>", "<script>", "</script>", "<script", "<style>",
        "</style>", "<title>", "</title>", "<textarea>", "</textarea>", "<svg>", "</svg>",
        "<svg/>", "<select>", "</select>", "<option>", "<template>", "</template>", "<html>",
        "<body>", "</body>", "</html>", "<head>", "</head>", "<br>", "<wbr>", "<input ",
        '<p title=">', "<plaintext>", "<xmp>", "<iframe>", "<iframe/>", "<x-y>", "<dd>", "<dt>",
        "<object>", "</object>", "<!DOCTYPE html>", "<frameset>", "<noframes>", "</br>",
        "<embed>", "<i", "<s/", "<title/>", "<body/>", "<SCRIPT>", "</SCRIPT >", "<Div ID=X>",
        "</DIV/>", "<boilerkit-end>", "\r", "\x0c",
    ]
)
# fmt: on
PAGES = st.lists(TOKENS | st.text(max_size=5), max_size=60).map("".join)


@given(PAGES, st.integers(1, 400))
def test_every_page_is_read_to_its_end(html: str, repeat: int) -> None:
    html *= repeat if len(html) * repeat < 50_000 else 1
    target, truncated = parse_guarded(html, open_parser)
    assert target.ended
    assert truncated is None or 0 <= truncated <= len(html)
    target.text.encode()


@given(PAGES, st.integers(1, 400))
def test_a_rescued_page_needs_no_rescue(html: str, repeat: int) -> None:
    html *= repeat if len(html) * repeat < 50_000 else 1
    rescued = b"".join(Rescue(html.encode("utf-8", "replace").replace(b"\0", b"")).pieces())
    target = parse_plainly(rescued)
    assert target.ended
    assert target.max_depth <= MAX_DEPTH
