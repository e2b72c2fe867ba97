"""The HTML that shows documents: what it holds, what it lets through, where it stops."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html
from lxml.html import HtmlElement

from boilerkit import Cleaner, Document, Label, Line, Role
from boilerkit.cuts import Cut
from boilerkit.user_labels import line_hash
from boilerkit.view import (
    Shown,
    doubt,
    render_annotator,
    render_fragment,
    render_index,
    render_view,
)

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)' autofocus='",
    "{{script}} {{body}} {{nothing}}",
    "<!-- --><![CDATA[x]]>&lt;b&gt;&amp;amp;",
    "\u202eright to left\u202c \u2028 next",
    "javascript:alert(1)",
)
TEMPLATES = resources.files("boilerkit").joinpath("templates")


def document(*rows: tuple[str, Label, float], title: str = "") -> Document:
    lines = tuple(
        Line(text, label, label is Label.CONTENT, score, "model", Role.TEXT)
        for text, label, score in rows
    )
    return Document(lines, "", title=title, model="toy 1.0")


def hostile() -> Document:
    return document(*[(text, Label.DONATION, 0.3) for text in HOSTILE], title=HOSTILE[0])


def parse(page: str) -> HtmlElement:
    return lxml_html.document_fromstring(page)


def texts(page: str) -> list[str]:
    return [found.text_content() for found in parse(page).find_class("text")]


EVERY_LABEL = document(*[(f"This is {label}.", label, 0.5) for label in Label])
PAGES = {
    "view": render_view(Shown(HOSTILE[2], hostile(), terms=[[(HOSTILE[0], 1.5)]] * len(HOSTILE))),
    "fragment": render_fragment(hostile()),
    "annotator": render_annotator([Shown(text, hostile()) for text in HOSTILE]),
    "index": render_index(
        [Shown(text, hostile()) for text in HOSTILE], {text: text for text in HOSTILE}
    ),
}


class TestHostileText:
    @pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
    def test_adds_no_element_and_no_handler(self, page: str) -> None:
        tree = parse(page)
        assert len(list(tree.iter("script"))) == (page != PAGES["fragment"])
        assert len(list(tree.iter("style"))) == 1
        assert not list(tree.iter("img", "iframe", "object", "b:b"))
        names = {name for found in tree.iter(lxml_html.etree.Element) for name in found.attrib}
        assert not {name for name in names if name.startswith("on") or name == "autofocus"}

    @pytest.mark.parametrize("page", ["view", "fragment"])
    def test_is_shown_as_it_is(self, page: str) -> None:
        assert texts(PAGES[page]) == list(HOSTILE)

    @given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
    def test_whatever_it_is_comes_back(self, text: str) -> None:
        page = render_view(Shown(text, document((text, Label.CONTENT, 0.9))))
        assert texts(page) == [text]
        assert len(list(parse(page).iter("script"))) == 1

    def test_names_cannot_leave_their_attribute(self) -> None:
        found = parse(PAGES["annotator"]).find_class("doc")
        assert [item.get("data-doc") for item in found] == list(HOSTILE)


class TestPolicy:
    @pytest.mark.parametrize("page", ["view", "annotator", "index"])
    def test_only_the_script_that_is_there_may_run(self, page: str) -> None:
        tree = parse(PAGES[page])
        (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        (script,) = re.findall(r"<script>(.*?)</script>", PAGES[page], re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"script-src 'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none'")

    @pytest.mark.parametrize("name", ["view.html", "view.css", "view.js", "annotate.js"])
    def test_nothing_is_fetched(self, name: str) -> None:
        source = TEMPLATES.joinpath(name).read_text("utf-8")
        assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttp|<link|\ssrc=", source)


class TestLines:
    def test_stand_in_order_with_label_score_and_reason(self) -> None:
        terms = [[("words typical of content", 2.25)], [("links in the line", -1.5)]]
        rows = ("The heron stands still.", Label.CONTENT, 0.91), ("Log in", Label.ACCOUNT, 0.04)
        page = render_view(Shown("heron.txt", document(*rows), cut=Cut(0.25), terms=terms))
        first, second = parse(page).find_class("line")
        assert (first.get("data-label"), second.get("data-label")) == ("content", "account")
        assert "score 0.910" in first.text_content()
        assert "words typical of content" in first.text_content()
        assert "-1.50" in second.text_content()
        assert "content from 0.250 on" in page
        assert all(line.get("tabindex") == "0" for line in (first, second))

    def test_kept_and_dropped_stand_in_lists_of_their_own(self, toy: Cleaner) -> None:
        labelled = toy.classify_text("Menu!!!\nOne.\nTwo.\nAd!!!\nThree.")
        tree = parse(render_view(Shown("toy", labelled)))
        runs = [
            [[text.text_content() for text in block.find_class("text")] for block in run]
            for run in tree.find_class("run")
        ]
        assert runs == [[["Menu!!!"]], [["One.", "Two."], ["Ad!!!"]], [["Three."]]]

    @pytest.mark.parametrize("label", Label)
    def test_every_label_has_a_colour_and_a_filter(self, label: Label) -> None:
        style = TEMPLATES.joinpath("view.css").read_text("utf-8")
        assert f'.boilerkit-view [data-label="{label}"] {{ --hue:' in style
        assert f'input[value="{label}"]:not(:checked)) .line[data-label="{label}"]' in style
        boxes = parse(render_view(Shown("all", EVERY_LABEL))).xpath("//input/@value")
        assert boxes.count(label) == 1

    def test_unsure_lines_are_marked(self) -> None:
        rows = [("a", Label.CONTENT, 0.9), ("b", Label.CONTENT, 0.5), ("c", Label.LEGAL, 0.4)]
        lines = parse(render_view(Shown("x", document(*rows)))).find_class("line")
        assert ["unsure" in line.get("class") for line in lines] == [False, True, True]


class TestDoubt:
    def test_is_the_expected_share_of_text_on_the_wrong_side(self) -> None:
        rows = ("abcd", Label.CONTENT, 0.75), ("ab", Label.LEGAL, 0.25), ("**", Label.EMPTY, 0.5)
        assert doubt(document(*rows)) == pytest.approx((4 * 0.25 + 2 * 0.25) / 6)

    @pytest.mark.parametrize("rows", [[], [("***", Label.EMPTY, 0.5)]])
    def test_is_none_where_there_are_no_words(self, rows: list[tuple[str, Label, float]]) -> None:
        assert doubt(document(*rows)) == 0.0

    def test_orders_the_index(self) -> None:
        scores = {"sure.txt": 0.99, "unsure.txt": 0.4, "middling.txt": 0.7}
        shown = [Shown(n, document(("Text", Label.CONTENT, s))) for n, s in scores.items()]
        page = render_index(shown, {name: f"{name}.html" for name in scores})
        found = parse(page).xpath("//a/@href")
        assert found == ["unsure.txt.html", "middling.txt.html", "sure.txt.html"]


class TestFragment:
    def test_a_document_shows_itself_in_a_notebook(self, toy: Cleaner) -> None:
        labelled = toy.classify_text("One.\nTwo!!!")
        assert labelled._repr_html_() == render_fragment(labelled)
        assert texts(labelled._repr_html_()) == ["One.", "Two!!!"]

    def test_styles_nothing_else(self) -> None:
        style = TEMPLATES.joinpath("view.css").read_text("utf-8")
        plain = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
        selectors = [part for rule in re.findall(r"([^{}]+)\{", plain) for part in rule.split(",")]
        for selector in map(str.strip, selectors):
            assert ".boilerkit-view" in selector or selector.startswith("@media"), selector

    def test_of_a_long_document_is_cut_and_says_so(self) -> None:
        page = render_fragment(document(*[("Line", Label.CONTENT, 0.9)] * 1200))
        assert len(texts(page)) == 1000
        assert "200 more lines" in page


class TestAnnotator:
    def test_lines_carry_what_a_labels_file_needs(self) -> None:
        tree = parse(render_annotator([Shown("a/b.txt", EVERY_LABEL)]))
        (doc,) = tree.find_class("doc")
        assert doc.get("data-doc") == "a/b.txt"
        for number, (line, found) in enumerate(
            zip(EVERY_LABEL.lines, doc.find_class("line"), strict=True), start=1
        ):
            assert found.get("data-line") == str(number)
            assert found.get("data-sha256") == line_hash(line.text)

    def test_every_label_but_empty_has_a_key_of_its_own(self) -> None:
        buttons = parse(render_annotator([Shown("x", EVERY_LABEL)])).xpath("//button[@data-key]")
        keys = [button.get("data-key") for button in buttons]
        assert [button.get("data-label") for button in buttons] == [*Label][:-1]
        assert len(set(keys)) == len(keys)
        assert not set(keys) & set("jkuxz")

    def test_shows_earlier_labels(self) -> None:
        shown = Shown("x", EVERY_LABEL, checked={0: Label.LEGAL})
        first, second, *_ = parse(render_annotator([shown])).find_class("line")
        assert first.get("data-label") == "legal"
        assert "checked" in first.get("class").split()
        assert "checked" not in second.get("class").split()


# What a person does, as a script in the page; `said` collects what is to be seen of it.
PERSON = """
const said = [document.hasFocus() ? "" : "no focus"];
const press = (key, shiftKey = false) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, cancelable: true }));
const at = () => document.activeElement.querySelector(":scope > .no")?.textContent ?? "-";
const why = () => [...document.querySelectorAll(".why")].filter((e) => e.getClientRects().length).length;
const shown = () => [...document.querySelectorAll(".doc:not([hidden]) .line")]
  .filter((line) => line.offsetParent).map((line) => line.querySelector(".no").textContent).join("");
%s
document.body.dataset.said = said.join(" ").trim();
"""
ROWS = [
    ("Home", Label.NAVIGATION, 0.01),
    ("The ferry left at noon.", Label.CONTENT, 0.95),
    ("***", Label.EMPTY, 0.5),
    ("It came back at six.", Label.CONTENT, 0.6),
    ("Log in", Label.ACCOUNT, 0.02),
]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")
class TestInABrowser:
    def test_the_script_runs(self, tmp_path: Path) -> None:
        tree = browse(render_annotator([Shown("x", EVERY_LABEL)]), tmp_path)
        # one tab stop of all lines, and the count that the script writes
        assert len(tree.xpath("//li[@tabindex='0']")) == 1
        assert "0 of 14 lines" in tree.find_class("status")[0].text_content()

    def test_keys_move_between_the_lines_on_show(self, tmp_path: Path) -> None:
        keys = (
            'for (const key of ["j", "j", "j", "k", "u", "Home"]) { press(key); said.push(at()); }'
        )
        assert self.said(render_view(Shown("x", document(*ROWS))), keys, tmp_path) == "1 2 4 2 4 1"

    def test_a_line_in_focus_shows_its_reason_until_escape(self, tmp_path: Path) -> None:
        keys = 'said.push(why()); press("j"); said.push(why()); press("Escape"); said.push(why());'
        assert self.said(render_view(Shown("x", document(*ROWS))), keys, tmp_path) == "0 1 0"

    @pytest.mark.parametrize(
        ("value", "left"),
        [("content", "15"), ("navigation", "245"), ("unsure", "4"), ("empty", "12345")],
    )
    def test_filters_hide_lines(self, value: str, left: str, tmp_path: Path) -> None:
        click = f"document.querySelector('input[value={value}]').click(); said.push(shown());"
        assert self.said(render_view(Shown("x", document(*ROWS))), click, tmp_path) == left

    def test_kept_text_stands_beside_dropped_text(self, tmp_path: Path) -> None:
        look = """
        const left = (line) => Math.round(document.querySelectorAll(".line")[line].getBoundingClientRect().x);
        said.push(left(1) === left(4));
        document.querySelector("input[value=beside]").click();
        said.push(left(1) < left(4));"""
        assert self.said(render_view(Shown("x", document(*ROWS))), look, tmp_path) == "true true"

    def test_a_notebook_filters_without_a_script(self, tmp_path: Path) -> None:
        click = "document.querySelector('input[value=content]').click(); said.push(shown());"
        fragment = f"<body>{render_fragment(document(*ROWS))}</body>"
        assert self.said(fragment, click, tmp_path) == "15"

    def test_labels_are_set_taken_back_and_confirmed(self, tmp_path: Path) -> None:
        keys = """
        const labels = () => [...document.querySelectorAll(".line")].map((l) => l.dataset.label[0]).join("");
        const checked = () => document.querySelectorAll(".line.checked").length;
        press("j"); press("d"); said.push(labels(), checked(), at());
        press("z"); said.push(labels(), checked());
        press("J"); press("l"); said.push(labels(), checked());
        press("x"); said.push(checked());"""
        said = self.said(render_annotator([Shown("x", document(*ROWS))]), keys, tmp_path)
        assert said == "dceca 1 2 nceca 0 lleca 2 4"

    def said(self, page: str, actions: str, folder: Path) -> str:
        # the page's own policy would refuse a second script
        page = re.sub(r"<meta http-equiv[^>]*>", "", page)
        page = page.replace("</body>", f"<script>{{{PERSON % actions}}}</script></body>")
        for _ in range(5):  # under load the window may open in the background
            (said,) = browse(page, folder).xpath("//body/@data-said")
            if not said.startswith("no focus"):
                break
        return str(said)


def browse(page: str, folder: Path) -> HtmlElement:
    """Return a page as it is in a browser when its scripts have run."""
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
    profile = f"--user-data-dir={folder / 'profile'}"
    command += [*quiet, "--window-size=1200,800", profile, path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return parse(done.stdout)
