"""Roles: what each line of a page is in its structure, and that labels do not depend on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from boilerkit import CleanConfig, Cleaner, Role
from boilerkit.html_lines import read_html
from boilerkit.roles import headline, line_roles

DESCRIPTION = "A lamp, a cat and forty years of darkness on the outer skerry."


def roles_of(html: str) -> list[tuple[str, str]]:
    page, _ = read_html(html)
    return [(role.value, text) for role, text in zip(line_roles(page), page.texts, strict=True)]


def roles(html: str) -> list[str]:
    return [role for role, _ in roles_of(html)]


class TestTags:
    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<p>One</p>", ["paragraph"]),
            ("One", ["paragraph"]),
            ("<div>One</div>", ["paragraph"]),
            ("<h2>One</h2><h6>two</h6>", ["heading", "heading"]),
            ("<ul><li>One<li>two</ul>", ["list_item"] * 2),
            ("<ol><li><p>One</p><p>two</p></ol>", ["list_item"] * 2),
            ("<ul><li>One<ul><li><div>two</div></ul></ul>", ["list_item"] * 2),
            ("<dl><dt>One<dd>two</dl>", ["list_item"] * 2),
            ("<table><tr><td>One<td>two</table>", ["table_row"]),
            ("<table><caption>One</caption><tr><td>2<td>3</table>", ["caption", "table_row"]),
            ("<table><tr><td><p>One</p><p>two</p></td></tr></table>", ["paragraph"] * 2),
            ("<figure><figcaption>One</figcaption></figure>", ["caption"]),
            ("<figure><figcaption><p>One</p><div>two</div></figcaption></figure>", ["caption"] * 2),
            ("<blockquote>One</blockquote>", ["quote"]),
            ("<blockquote><p>One</p><p>two</p></blockquote>", ["quote"] * 2),
            ("<blockquote><ul><li>One</ul></blockquote>", ["list_item"]),
            ("<pre>One\ntwo</pre>", ["code"]),
            ("<li><pre>One</pre></li>", ["code"]),
            ("<p>One <code>two</code></p>", ["paragraph"]),
            ("<h2><div>One</div></h2>", ["heading"]),
            ("<article><section><p>One</p></section></article>", ["paragraph"]),
        ],
    )
    def test_a_line_has_the_role_of_its_block(self, html: str, expected: list[str]) -> None:
        assert roles(html) == expected


class TestTitle:
    def test_the_heading_that_the_pages_title_holds(self) -> None:
        html = "<title>The lamp is lit | Island Post</title><h2>Coast</h2><h2>The lamp is lit</h2>"
        assert roles(html) == ["heading", "title"]

    def test_case_space_and_marks_do_not_matter(self) -> None:
        html = "<title>The lamp: is lit</title><h1>The Lamp – is  lit!</h1><h1>Two</h1>"
        assert roles(html) == ["title", "heading"]

    def test_the_heading_that_holds_the_pages_title(self) -> None:
        html = "<title>The lamp is lit</title><h1>The lamp is lit again after forty years</h1><h1>x</h1>"
        assert roles(html) == ["title", "heading"]

    def test_the_open_graph_title_counts(self) -> None:
        html = "<meta property=og:title content='The lamp is lit'><h2>News</h2><h2>The lamp is lit</h2>"
        assert roles(html) == ["heading", "title"]

    def test_a_short_heading_is_not_found_by_chance(self) -> None:
        html = "<title>News: the lamp is lit</title><h2>News</h2><h2>Other</h2>"
        assert roles(html) == ["heading", "heading"]

    def test_without_such_a_heading_the_only_first_level_one(self) -> None:
        html = "<title>Island Post</title><h2>Coast</h2><h1>The lamp is lit</h1><p>Two"
        assert roles(html) == ["heading", "title", "paragraph"]

    def test_of_two_first_level_headings_neither(self) -> None:
        assert roles("<h1>The lamp is lit</h1><h1>The cat is wet</h1>") == ["heading", "heading"]

    def test_there_is_one_at_most(self) -> None:
        html = "<title>The lamp is lit</title><h1>The lamp is lit</h1><h2>The lamp is lit</h2>"
        assert roles(html) == ["title", "heading"]


class TestStandfirst:
    def test_the_line_under_the_headline_that_describes_the_page(self) -> None:
        html = (
            f"<meta name=description content='{DESCRIPTION}'><h1>The lamp is lit</h1>"
            f"<p>By Ines</p><p>{DESCRIPTION}</p><p>Two</p>"
        )
        assert roles(html) == ["title", "paragraph", "standfirst", "paragraph"]

    def test_the_open_graph_description_counts(self) -> None:
        html = (
            f"<meta property=og:description content='{DESCRIPTION}'>"
            f"<h1>The lamp is lit</h1><p>{DESCRIPTION}</p>"
        )
        assert roles(html) == ["title", "standfirst"]

    def test_not_without_a_headline(self) -> None:
        html = f"<meta name=description content='{DESCRIPTION}'><p>{DESCRIPTION}</p>"
        assert roles(html) == ["paragraph"]

    @pytest.mark.parametrize(("between", "expected"), [(6, "standfirst"), (7, "paragraph")])
    def test_not_far_below_the_headline(self, between: int, expected: str) -> None:
        html = (
            f"<meta name=description content='{DESCRIPTION}'><h1>The lamp is lit</h1>"
            + "<p>One</p>" * between
            + f"<p>{DESCRIPTION}</p>"
        )
        assert roles(html)[-1] == expected


class TestDocumentTitle:
    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("<title>The lamp is lit | Post</title><h1>The lamp is lit</h1>", "The lamp is lit"),
            ("<title>The lamp | Post</title><p>One</p>", "The lamp | Post"),
            ("<h1>The lamp</h1><p>One</p>", "The lamp"),
            ("<p>One</p>", ""),
            ("", ""),
        ],
    )
    def test_is_the_headline_or_the_title_element(
        self, toy: Cleaner, html: str, expected: str
    ) -> None:
        page, _ = read_html(html)
        assert headline(page, line_roles(page)) == expected
        assert toy.classify_html(html).title == expected

    def test_a_text_has_none(self, toy: Cleaner) -> None:
        assert toy.classify_text("The lamp is lit\nOne").title == ""


PAGE = (
    "<h1>The lamp is lit</h1><p>One</p><figure><figcaption>two</figcaption></figure>"
    "<blockquote>three</blockquote><p>Log in!!!</p>"
)


class TestPrinting:
    def test_title_and_caption_are_content_but_not_printed(self, toy: Cleaner) -> None:
        document = toy.classify_html(PAGE)
        assert [(line.role, line.kept) for line in document.lines] == [
            (Role.TITLE, True),
            (Role.PARAGRAPH, True),
            (Role.CAPTION, True),
            (Role.QUOTE, True),
            (Role.PARAGRAPH, False),
        ]
        assert document.text == document.render() == toy.extract(PAGE) == "One\nthree"

    def test_roles_are_a_choice(self, toy_folder: Path) -> None:
        def extracted(*names: str) -> str:
            return Cleaner(config=CleanConfig(roles=names), model=toy_folder).extract(PAGE)

        assert extracted(*Role) == "The lamp is lit\nOne\ntwo\nthree"
        assert extracted("title") == "The lamp is lit"
        assert extracted() == ""

    def test_roles_change_no_label(self, toy_folder: Path, toy: Cleaner) -> None:
        other = Cleaner(config=CleanConfig(roles=["title"]), model=toy_folder)
        assert other.classify_html(PAGE).lines == toy.classify_html(PAGE).lines

    def test_clean_never_drops_by_role(self, toy_folder: Path) -> None:
        cleaner = Cleaner(config=CleanConfig(roles=["title"]), model=toy_folder)
        assert cleaner.clean("One\ntwo!!!\nthree") == "One\nthree"
