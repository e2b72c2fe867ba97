"""Hypothesis strategies: texts and pages made of what extractors and sites really leave behind."""

from __future__ import annotations

from hypothesis import strategies as st

# Lines of our own writing, of every kind, for the models to have something to decide on.
PROSE = (
    "The ferry left the quay at noon with eleven passengers and a piano on deck.",
    "Nobody on the island had ordered a piano, or admitted to it.",
    "The harbour master measured it twice and charged it as a cow.",
    "In the evening somebody played, badly, with the windows open.",
    "Der Fährmann sagte, er habe schon Schwereres getragen.",
    "港では誰もその理由を知らなかった。",
)
CHROME = (
    "Log in or register to save this story!",
    "Please support our reporting! Donate now!!",
    "Subscribe from 3 € a month!!! Cancel any time.",
    "Share this article",
    "Sign up for our newsletter!",
    "Home | News | Sport",
    "Abonnieren Sie jetzt!",
    "© 2026 The Island Post. All rights reserved.",
    "follow us @islandpost !!!",
    "Read more",
)
WORDLESS = ("***", "---", "|---|---|", "```", "}", "•", "\u200b", "…!")
BLANK = ("", " ", "\t", "\u00a0", "\x0c", "\u2028")

_CHARACTERS = st.characters(codec=None, exclude_characters="\n")

lines = st.one_of(
    st.sampled_from(PROSE),
    st.sampled_from(CHROME),
    st.sampled_from(WORDLESS),
    st.sampled_from(BLANK),
    st.text(_CHARACTERS, max_size=40),
)
line_lists = st.lists(lines, max_size=14)
"""Lines without ``\\n``, blank and wordless ones and arbitrary characters among them."""

texts = st.one_of(line_lists.map("\n".join), st.text(max_size=120))
"""Texts: such lines, and any string at all."""

word_line_lists = st.lists(st.one_of(st.sampled_from(PROSE), st.sampled_from(CHROME)), max_size=12)
"""Lines that all hold words."""

_INLINE = st.sampled_from(["a", "b", "span", "em", "code", "x-badge"])
_BLOCK = st.sampled_from(
    ["p", "div", "li", "ul", "h1", "h2", "section", "article", "nav", "footer", "td", "tr", "table"]
    + ["blockquote", "pre", "figcaption", "button", "noscript", "template", "select", "svg"]
)
_ATTRIBUTES = st.sampled_from(
    [
        "",
        "",
        "",
        " class=nav",
        ' href="/x"',
        " hidden",
        ' style="display:none"',
        " aria-hidden=true",
    ]
)


def _wrap(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    tags = st.one_of(_INLINE, _BLOCK)
    closed = st.builds(
        lambda tag, attributes, body: f"<{tag}{attributes}>{body}</{tag}>", tags, _ATTRIBUTES, inner
    )
    unclosed = st.builds(lambda tag, body: f"<{tag}>{body}", tags, inner)
    joined = st.lists(inner, min_size=2, max_size=4).map("".join)
    return st.one_of(closed, closed, unclosed, joined)


_HTML_LEAVES = st.one_of(
    st.sampled_from(PROSE),
    st.sampled_from(CHROME),
    st.sampled_from(
        ["<br>", "<!-- a note -->", "&amp;", "&nbsp;", "<", "</p>", "<script>x=1</script>"]
    ),
    st.text(max_size=12),
)
pages = st.recursive(_HTML_LEAVES, _wrap, max_leaves=14)
"""HTML, well-formed or not."""
