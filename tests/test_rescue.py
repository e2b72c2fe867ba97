"""The rewriting of broken pages: what is kept, what is ended, what goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from word_target import parse_plainly

from boilerkit.rescue import MAX_ATTRIBUTES, MAX_DEPTH, Rescue


def rescue_markup(data: bytes) -> tuple[bytes, int | None]:
    """Return the whole new page and where the old one had to be cut."""
    rescue = Rescue(data)
    return b"".join(rescue.pieces()), rescue.cut


def rescued(html: str) -> str:
    """Return the new page of one that needs no cut."""
    data, cut = rescue_markup(html.encode())
    assert cut is None
    return data.decode()


@pytest.mark.parametrize(
    "html",
    [
        "",
        "text &amp; <b>bold</b> a < b <3",
        "<!DOCTYPE html><html><head><title>a</title></head><body>x",
        "<p class=a id='b' title=\"c > d\" hidden>x</p>",
        "<img src=a/><br><hr/><input disabled>",
        "<ul><li>a</li><li>b</li></ul><table><tr><td>1</td><td>2</td></tr></table>",
        "<script>if (a<b) x('</p>')</script><style>p > a {}</style>",
        "<script><!-- document.write('<script>x</script>') --></script>y",
        "<svg><path d=x /><title>t</title></svg>a<select><option>1<option>2</select>",
        "<DIV Class=X>a</DIV >",
    ],
)
def test_sound_markup_stays(html: str) -> None:
    before = parse_plainly(html.encode())
    after = parse_plainly(rescued(html).encode())
    assert (after.text, after.tags) == (before.text, before.tags)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("a<!-- b -->c<!-->d<!--->e<!---->f<!-- - -- --!>g", "acdefg"),
        ("a<!x>b<?y?>c</ >d</>e<![CDATA[z]]>f", "abcdef"),
        ("a<!-- b<b>c</b>", "a b<b>c</b>"),
        ("</x>a</b>", "a"),
        ("<b><div>x</b>y</div></b>z", "<b><div>xy</div></b>z"),
        ("<div><b>x</div>y", "<div><b>x</b></div>y"),
        ("<table><tr><td><b>x</div></table>y", "<table><tr><td><b>x</b></td></tr></table>y"),
        ("<p>a<div>b", "<p>a</p><div>b</div>"),
        ("<dl><dt>a<dd>b<dd>c</dl>", "<dl><dt>a</dt><dd>b</dd><dd>c</dd></dl>"),
        ("<tr><td>a<td>b<tr><td>c", "<tr><td>a</td><td>b</td></tr><tr><td>c</td></tr>"),
        ("<wbr>a<embed src=x>b", "<wbr />a<embed src=x />b"),
        ("<title>a<b>b", "<title>a</title><b>b</b>"),
        ("<textarea>a<b></textarea>", "<textarea>a&lt;b></textarea>"),
        ("<svg>a<p>b", "a<p>b</p>"),
        ("<svg><svg>a</svg>b", "<svg>a</svg>b"),
        ("<plaintext>a<b>b", "a<b>b</b>"),
        ("<html>a<html><body>b<body>c</body></html>d", "<html>a<body>bcd"),
        ("a<<!-- -->b>", "a&lt;b>"),
        ('<p title="a>b', '<p title="">b</p>'),
        ("<p a=1 b='x\"' c'=d e>x", '<p a="1" b="x&quot;" e="">x</p>'),
        ("<b a'/>x</b c='>'>y", "<b/>xy"),
        ("<script>a<!--<script></script>b", "<script></script>b"),
    ],
)
def test_broken_markup_is_mended(html: str, expected: str) -> None:
    assert rescued(html) == expected


class TestDepth:
    def test_is_bounded_and_the_text_stays(self) -> None:
        html = "".join(f"<b>{i} " for i in range(1000)) + "</b>" * 1000 + "<p>after"
        target = parse_plainly(rescued(html).encode())
        assert target.max_depth <= MAX_DEPTH
        assert target.text.split() == [*map(str, range(1000)), "after"]

    def test_blocks_too_deep_become_line_breaks(self) -> None:
        html = "<div>" * 300 + "a<div>b</div>c<p>d"
        assert rescued(html).count("<div>") == MAX_DEPTH - 20
        assert "a<br>b<br>c<br>d" in rescued(html)

    def test_inline_elements_too_deep_leave_no_trace(self) -> None:
        assert "a b c" in rescued("<div>" * 300 + "a <b>b</b> <i>c</i>")

    def test_recovers_when_the_elements_end(self) -> None:
        html = "<section>" + "<div>" * 1000 + "x" + "</div>" * 1000 + "</section><p>a<p>b"
        assert rescued(html).endswith("</section><p>a</p><p>b</p>")

    def test_elements_too_deep_do_not_end_outer_ones(self) -> None:
        html = "<div><b>" * 200 + " <b>x</b>y"
        assert rescued(html).endswith(" xy" + "</b></div>" * ((MAX_DEPTH - 20) // 2))


def test_attributes_beyond_the_limit_go() -> None:
    names = [f"a{i}" for i in range(10 * MAX_ATTRIBUTES)]
    page = parse_plainly(rescued(f"<i {' '.join(names)}>x").encode())
    assert [list(attributes) for tag, attributes in page.tags if tag == "i"] == [
        names[:MAX_ATTRIBUTES]
    ]


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>a</p><script>b", "<p>a</p>"),
        ("a<b c", "a"),
        ("a<b c='d", "a"),
        ("a</b ", "a"),
        ("a<!b", "a"),
        ("a<svg><!-- </svg> --> b", "a"),
    ],
)
def test_a_cut_tells_its_offset_in_bytes(html: str, kept: str) -> None:
    data, cut = rescue_markup(b"\xc3\xa9" + html.encode())
    assert cut == 2 + len(kept)
    assert data.decode().startswith("é" + kept)


def test_naive_reading_does_not_mend_what_is_sound() -> None:
    """Once a quote swallows the rest of the page, later tags still keep their attributes."""
    html = "<p a='x' b=\"1>one <i c='2'>two</i> 'three"
    assert "<i c='2'>two</i> 'three" in rescued(html)


_TAGS = st.sampled_from(["div", "b", "section", "ul", "em", "x-y", "h1", "noscript"])
_TREES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<&\0\r"), max_size=8),
    lambda inner: st.builds(
        "<{0}>{1}</{0}>".format, _TAGS, st.lists(inner, max_size=4).map("".join)
    ),
    max_leaves=30,
)


@given(_TREES)
def test_well_formed_trees_stay_as_they_are(html: str) -> None:
    assert rescued(html) == html


class TestPieces:
    PAGE = "<p>a<b>b &lt; <</b></p><div><svg>c</svg><title>d <e</title><br></ul></div>" * 3_000

    def test_make_up_what_the_page_becomes_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pieces = list(Rescue(self.PAGE.encode()).pieces())
        assert len(pieces) > 5
        monkeypatch.setattr("boilerkit.rescue._PIECE_BYTES", len(self.PAGE))
        assert list(Rescue(self.PAGE.encode()).pieces()) == [b"".join(pieces)]

    def test_stop_when_told(self) -> None:
        rescue = Rescue(f"<div>{self.PAGE}".encode())
        begun = b""
        for piece in rescue.pieces():
            begun += piece
            rescue.stop()
        assert rescue.cut is not None
        assert 32_768 <= rescue.cut < 33_000
        assert begun.endswith(b"</div>")
        assert len(begun) < 40_000
