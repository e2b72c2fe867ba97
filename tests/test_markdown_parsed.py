"""Markdown read back by markdown-it-py: every text, every block and every nesting as it was."""

from __future__ import annotations

import html as html_entities
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import pages

from boilerkit import CleanConfig, Cleaner, Role
from boilerkit.markdown_text import (
    code_block,
    escape_cell,
    escape_heading,
    escape_text,
    link_text,
    paragraph_row,
)

markdown_it = pytest.importorskip("markdown_it", reason="needs markdown-it-py")
from markdown_it.tree import SyntaxTreeNode  # noqa: E402

PARSER = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
TEXT_TOKENS = {"text", "text_special", "hardbreak", "link", "inline"}

# Marks that mean something somewhere, words, and any character at all but line breaks.
_FRAGMENTS = st.one_of(
    st.sampled_from([*"\\`*_{}[]()#+-.!|<>&~=:\"'^$@/0 1 a b"]),
    st.sampled_from(
        ["# ", "1. ", "- ", "```", "~~~", "&amp;", "&#35;", "<b>", "<!--", "](", "]: x"]
    ),
    st.sampled_from(
        ["snake_case", "http://a.example/b", "|---|", ":-:", "***", "===", "  ", "ß", "港"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=4),
)
texts = st.lists(_FRAGMENTS, max_size=9).map("".join).map(lambda text: " ".join(text.split()))
"""Texts of lines: white space folded, none at the ends."""
full_texts = texts.filter(bool)
codes = st.lists(st.one_of(texts, st.sampled_from(["", "  x", "\ty", "````"])), min_size=1).map(
    "\n".join
)

Tree = tuple[Any, ...]


def text_of(node: SyntaxTreeNode) -> str:
    """Return the text of an inline node; nothing but text, breaks and links may be in it."""
    assert node.type in TEXT_TOKENS, node.type
    if node.type == "hardbreak":
        return "\n"
    return "".join(map(text_of, node.children)) if node.children else node.content


def tree_of(node: SyntaxTreeNode) -> Tree:
    """Return a block as (kind, what it says, its children or text)."""
    kind = node.type
    if kind == "fence":
        return ("code", node.info, node.content.removesuffix("\n"))
    if kind == "heading":
        return ("heading", node.tag, text_of(node.children[0]))
    if kind in ("paragraph", "td", "th"):
        return (kind, None, text_of(node.children[0]) if node.children else "")
    says = node.attrs.get("start", 1) if kind == "ordered_list" else None
    return (kind, says, tuple(map(tree_of, node.children)))


def parse(source: str) -> tuple[Tree, ...]:
    return tuple(map(tree_of, SyntaxTreeNode(PARSER.parse(source)).children))


def paragraph(text: str) -> Tree:
    return ("paragraph", None, text)


class TestTexts:
    @given(full_texts)
    def test_a_paragraph(self, text: str) -> None:
        assert parse(paragraph_row(escape_text(text))) == (paragraph(text),)

    @given(st.lists(full_texts, min_size=2, max_size=4))
    def test_the_rows_of_a_paragraph(self, rows: list[str]) -> None:
        source = "\\\n".join(paragraph_row(escape_text(row)) for row in rows)
        assert parse(source) == (paragraph("\n".join(rows)),)

    @given(full_texts)
    def test_a_heading(self, text: str) -> None:
        source = f"## {escape_heading(escape_text(text))}"
        assert parse(source) == (("heading", "h2", text),)

    @given(st.lists(texts, min_size=1, max_size=3))
    def test_cells(self, cells: list[str]) -> None:
        row = "| " + " | ".join(escape_cell(escape_text(cell)) for cell in cells) + " |"
        rule = "|" + "---|" * len(cells)
        ((_, _, (head, body)),) = parse(f"{row}\n{rule}\n{row}")
        for part, kind in ((head, "th"), (body, "td")):
            assert part[2] == (("tr", None, tuple((kind, None, cell) for cell in cells)),)

    @given(codes, st.sampled_from(["", "python", "c++"]))
    def test_code(self, code: str, language: str) -> None:
        assert parse("\n".join(code_block(code, language))) == (("code", language, code),)

    def test_a_carriage_return_in_code_is_a_line_break(self) -> None:
        assert parse("\n".join(code_block("a\rb\r\nc"))) == (("code", "", "a\nb\nc"),)


class TestLinks:
    @given(full_texts, texts, texts)
    def test_a_linked_text_is_that_text(self, linked: str, before: str, after: str) -> None:
        text = " ".join(f"{before} {linked} {after}".split())
        n_before = len("".join(before.split()))
        source = paragraph_row(link_text(text, [(0, n_before, f" {linked}", "/x")], ""))
        assert parse(source) == (paragraph(text),)
        (inline,) = PARSER.parseInline(source)
        assert [t.attrs["href"] for t in inline.children if t.type == "link_open"] == ["/x"]

    @given(st.text(max_size=30), st.sampled_from(["", "http://a.example/b/", "http://[x"]))
    def test_any_address(self, href: str, base: str) -> None:
        source = link_text("One two three", [(0, 3, "two", href)], base)
        for row in (source, f"| {escape_cell(source)} |\n|---|"):
            assert "One two three" in str(parse(row))

    @given(st.text("abz09/?=&;#%._~-ü+,:@!$'*[]", min_size=1, max_size=20))
    def test_an_address_is_kept(self, path: str) -> None:
        href = f"http://a.example/{path}"
        (inline,) = PARSER.parseInline(link_text("One", [(0, 0, "One", href)], ""))
        assert inline.children[0].attrs["href"] == PARSER.normalizeLink(href)


# Blocks that a page may hold, each as (HTML, the tree it must become).
def _escaped(text: str) -> str:
    return html_entities.escape(text)


_parsed_texts = full_texts.map(lambda text: re.sub(r"[^\x20-\ud7ff]", "x", text))
_rows = st.lists(_parsed_texts, min_size=1, max_size=3)
_leaves = st.one_of(
    _rows.map(lambda rows: (f"<p>{'<br>'.join(map(_escaped, rows))}</p>", paragraph("\n".join(rows)))),
    st.builds(
        lambda level, text: (f"<h{level}>{_escaped(text)}</h{level}>", ("heading", f"h{level}", text)),
        st.integers(1, 6),
        _parsed_texts,
    ),
    _rows.map(lambda rows: (f"<pre>{_escaped(chr(10).join(rows))}</pre>", ("code", "", "\n".join(rows)))),
)  # fmt: skip


def _quote(blocks: Sequence[tuple[str, Tree]]) -> tuple[str, Tree]:
    inner = "".join(source for source, _ in blocks)
    return f"<blockquote>{inner}</blockquote>", (
        "blockquote",
        None,
        tuple(tree for _, tree in blocks),
    )


def _list(items: Sequence[Sequence[tuple[str, Tree]]], start: int | None) -> tuple[str, Tree]:
    kind, tag = ("bullet_list", "ul") if start is None else ("ordered_list", "ol")
    inner = "".join(f"<li>{''.join(source for source, _ in item)}</li>" for item in items)
    trees = tuple(("list_item", None, tuple(tree for _, tree in item)) for item in items)
    attribute = "" if start is None else f" start={start}"
    return f"<{tag}{attribute}>{inner}</{tag}>", (kind, start, trees)


def _table(rows: Sequence[Sequence[str]]) -> tuple[str, Tree]:
    kinds = ["th", *["td"] * (len(rows) - 1)]
    inner = "".join(
        f"<tr>{''.join(f'<{kind}>{_escaped(cell)}</{kind}>' for cell in row)}</tr>"
        for kind, row in zip(kinds, rows, strict=True)
    )
    trees = [
        ("tr", None, tuple((kind, None, cell) for cell in row))
        for kind, row in zip(kinds, rows, strict=True)
    ]
    return f"<table>{inner}</table>", (
        "table",
        None,
        (("thead", None, (trees[0],)), ("tbody", None, tuple(trees[1:]))),
    )


def _wrapped(blocks: st.SearchStrategy[tuple[str, Tree]]) -> st.SearchStrategy[tuple[str, Tree]]:
    some = st.lists(blocks, min_size=1, max_size=3)
    items = st.lists(some, min_size=1, max_size=3)
    starts = st.one_of(st.none(), st.sampled_from([0, 1, 2, 9, 123456789]))
    return st.one_of(some.map(_quote), st.builds(_list, items, starts))


_tables = st.integers(2, 3).flatmap(
    lambda width: st.lists(
        st.lists(_parsed_texts, min_size=width, max_size=width), min_size=2, max_size=4
    ).map(_table)
)
blocks = st.recursive(st.one_of(_leaves, _leaves, _tables), _wrapped, max_leaves=12)


def depth(tree: Tree) -> int:
    """Return how many quotes and list items are around the innermost block."""
    children = tree[2] if isinstance(tree[2], tuple) else ()
    return (tree[0] in ("blockquote", "list_item")) + max(map(depth, children), default=0)


@pytest.fixture(scope="module")
def everything(toy_folder: Path) -> Cleaner:
    """A cleaner that keeps and prints every line."""
    return Cleaner(config=CleanConfig(drop=[], roles=list(Role)), model=toy_folder)


class TestPages:
    @given(st.lists(blocks, min_size=1, max_size=4))
    def test_every_block_comes_back_where_it_was(
        self, everything: Cleaner, made: list[tuple[str, Tree]]
    ) -> None:
        trees = tuple(tree for _, tree in made)
        assume(max(map(depth, trees)) <= 8)
        html = "".join(source for source, _ in made)
        for format in ("markdown", "markdown+links"):
            assert parse(everything.extract(html, format=format)) == trees

    @pytest.mark.parametrize("format", ["markdown", "markdown+links"])
    @given(page=pages)
    def test_has_the_words_of_the_text_in_their_order(
        self, toy: Cleaner, format: str, page: str
    ) -> None:
        document = toy.classify_html(page)
        found = re.findall(r"\w+", str_of(parse(document.render(format))))
        assert found == re.findall(r"\w+", document.text.replace("\0", "\ufffd"))

    @pytest.mark.parametrize("tag", ["ul><li", "ol start=7><li", "blockquote", "dl><dt"])
    def test_deep_nesting_loses_no_text(self, everything: Cleaner, tag: str) -> None:
        html = "".join(f"<{tag}>w{level}" for level in range(60))
        found = Counter(
            re.findall(r"w\d+", str_of(parse(everything.extract(html, format="markdown"))))
        )
        assert found == Counter(f"w{level}" for level in range(60))


def str_of(trees: Sequence[Tree]) -> str:
    """Return all the text of trees."""
    return "\n".join(tree[2] if isinstance(tree[2], str) else str_of(tree[2]) for tree in trees)
