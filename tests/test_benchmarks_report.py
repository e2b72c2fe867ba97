"""Reports: the figures are the run's, the HTML stands alone and is well-formed."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks_standins import make_run

from benchmarks import svg
from benchmarks.gate import read_pinned
from benchmarks.html_report import render_html
from benchmarks.quotes import (
    OutputLine,
    QuotedPage,
    TextIndex,
    quote_gold,
    quote_output,
    read_quotes,
    write_quotes,
)
from benchmarks.short import BEGIN, END, in_short, render_markdown, write_readme
from benchmarks.speed import Scaling, SpeedRun, Timing, read_speed, write_speed

GOLD = "The heron stands in the reeds.\nIt waits for the frog.\nNobody saw the owl."


def make_speed() -> SpeedRun:
    timing = Timing(6.0, 4.0, 20.0, 50.0, "0003", 1.5, 120.0, ((1000.0, 1.0), (4000.0, 4.1)))
    slow = Timing(90.0, 70.0, 300.0, 900.0, "0004", 22.5, 240.0, ((1000.0, 20.0), (4000.0, 80.0)))
    return SpeedRun(
        about={
            "date": "2026-11-22",
            "machine": {"Python": "3.12.1", "cores": 2},
            "systems": {"boilerkit": "boilerkit 0.1.0"},
        },
        dataset="wcxb-dev",
        pages=12,
        systems={"boilerkit": timing, "trafilatura": slow},
        text_mb_per_s=7.5,
        import_ms=31.0,
        scaling=Scaling(100.0, 185.0),
    )


def make_quote() -> QuotedPage:
    lines = [
        OutputLine("The heron stands in the reeds."),
        OutputLine("Share <b>this</b> & that"),
        OutputLine("It waits for the frog.", kept=False, label="related"),
        OutputLine("Imprint", kept=False, label="legal"),
    ]
    return QuotedPage(
        "wcxb-dev",
        "0003",
        "https://own.example/?a=1&b=2",
        "article",
        "boilerkit",
        0.25,
        quote_output(lines, GOLD),
        quote_gold(lines, GOLD),
    )


class TestMarkdown:
    text = render_markdown(make_run(), make_speed())

    def test_holds_the_runs_figures(self) -> None:
        assert "| trafilatura 2.3.1 | 0.5000 | 0.5000 to 0.5000 | 0 |" in self.text
        assert "| boilerkit 0.1.0 | **1.0000** | 1.0000 to 1.0000 | 0 |" in self.text
        assert "| nothing | 0.0000 | 0.0000 to 0.0000 | 1 |" in self.text

    def test_holds_groups_wins_gains_and_lines(self) -> None:
        assert "article (6) | forum (6)" in self.text
        assert "de (6) | en (6)" in self.text
        assert "| trafilatura 2.3.1 | +0.5000 | +0.5000 to +0.5000 | yes |" in self.text
        assert "| trafilatura 2.3.1 | 0.5000 | 1.0000 | +0.5000 |" in self.text
        # 2 of 6 content words lost, 1 of 2 content lines, donation found, navigation kept
        assert re.search(
            r"boilerkit 0\.1\.0 \| 0\.3333 \| 0\.5000 \| 0\.5000 \| 1\.0000", self.text
        )

    def test_holds_paired_tests_by_page_type_and_language(self) -> None:
        best = "0.5000, trafilatura 2.3.1 | +0.5000 | +0.5000 to +0.5000 | yes |"
        assert f"| article | 6 | {best}" in self.text
        assert f"| forum | 6 | {best}" in self.text
        gap = "| 6 | 1.0000 | 0.5000 | +0.5000 | +0.5000 to +0.5000 | yes |"
        assert f"| de {gap}" in self.text
        assert f"| en {gap}" in self.text

    def test_a_language_far_below_trafilatura_does_not_hold(self) -> None:
        run = make_run()
        systems = run.sets["wcxb-dev"].systems
        swapped = {**systems, "boilerkit": systems["trafilatura"]}
        swapped["trafilatura"] = systems["boilerkit"]
        worse = replace(run.sets["wcxb-dev"], systems=swapped)
        text = render_markdown(replace(run, sets={"wcxb-dev": worse}), None)
        assert "| de | 6 | 0.5000 | 1.0000 | -0.5000 | -0.5000 to -0.5000 | NO |" in text

    def test_an_agreement_set_has_no_rule_for_languages(self) -> None:
        run = make_run()
        agreement = replace(run.sets["wcxb-dev"], kind="agreement")
        text = render_markdown(replace(run, sets={"readability-pages": agreement}), None)
        assert "By language." in text
        assert "By declared language" not in text

    def test_misses_say_what_a_system_lacks_and_why_in_short(self) -> None:
        run = make_run()
        result = run.sets["wcxb-dev"]
        stars = "*" * 70
        reason = f"crash: LookupError: {stars}  Resource 'own' not found. {stars} {'more ' * 60}"
        missed = replace(result.systems["trafilatura"], misses={"0004": reason})
        result = replace(result, systems={**result.systems, "trafilatura": missed})
        run.about["systems"]["trafilatura"]["note"] = "needs own data"
        text = render_markdown(replace(run, sets={"wcxb-dev": result}), None)
        assert "| 0004 | crash: LookupError: Resource 'own' not found. more more" in text
        assert "more more …" in text
        assert "counts as an empty text. trafilatura 2.3.1 needs own data." in text

    def test_says_what_a_reader_of_a_set_has_to_know(self) -> None:
        assert "12 pages, word-bag F1. Ranges" in self.text
        assert "seeded. Herons only." in self.text

    def test_names_misses_and_what_was_skipped(self) -> None:
        assert "| nothing | 0003 | crash: E: <b>& |" in self.text
        assert "Skipped, and counted nowhere: no data set 'fundus-dev' under DIR." in self.text

    def test_holds_speed_only_if_it_was_measured(self) -> None:
        row = "| boilerkit 0.1.0 | **6.00** | 4.00 | 20.00 | 50.00 | 1.50 | 120 | 0003 |"
        assert row in self.text
        # four times the size, 4.1 and 4 times the time
        assert "| system | 1.0 kB | 4.0 kB | exponent |" in self.text
        assert "| boilerkit 0.1.0 | 1.00 | 4.10 | 1.02 |" in self.text
        assert "| trafilatura | 20.00 | 80.00 | 1.00 |" in self.text
        assert "| two over one | 1.85 |" in self.text
        assert "in that process. Python 3.12.1, cores 2." in self.text
        assert "## Speed" not in render_markdown(make_run(), None)

    def test_compares_with_earlier_figures_of_the_same_version_only(self) -> None:
        assert (
            "| trafilatura 2.3.1 | wcxb-dev, all pages | 0.821 | 0.5000 | -0.3210 | NO |"
            in self.text
        )
        run = make_run()
        run.about["systems"]["trafilatura"]["version"] = "9.9"
        assert "0.821" not in render_markdown(run, None)

    def test_the_same_run_gives_the_same_text(self) -> None:
        assert self.text == render_markdown(make_run(), make_speed())


class TestReadme:
    def test_gets_the_short_table_of_the_report(self, tmp_path: Path) -> None:
        path = tmp_path / "README.md"
        path.write_text(f"# Herons\n\n{BEGIN}\nold 0.1234\n{END}\n\nMore.\n")
        write_readme(path, in_short(make_run(), make_speed()))
        text = path.read_text()
        assert text.startswith(f"# Herons\n\n{BEGIN}\n\nIn brackets")
        assert text.endswith(f" |\n\n{END}\n\nMore.\n")
        assert "0.1234" not in text
        assert (
            "| Set wcxb-dev, 12 pages: word-bag F1 | 1.0000 | 0.5000, trafilatura 2.3.1"
            " | +0.5000 (+0.5000 to +0.5000) |" in text
        )
        assert "| 24 lines of 6 bare texts: content words lost | 0.3333 | – | – |" in text
        assert "milliseconds a page (× one parse) | 6.00 (1.50) |" in text
        body = text.partition(BEGIN)[2].partition(END)[0]
        assert f"## In short{body}" in render_markdown(make_run(), make_speed())

    def test_without_marks_is_left_as_it_is(self, tmp_path: Path) -> None:
        path = tmp_path / "README.md"
        path.write_text(f"{END} {BEGIN}")
        with pytest.raises(ValueError, match="to write between"):
            write_readme(path, in_short(make_run(), None))
        assert path.read_text() == f"{END} {BEGIN}"


class TestFigures:
    """What the project says of itself was printed by the benchmark."""

    def test_the_readme_shows_the_short_table_of_the_results(self, root: Path) -> None:
        results = (root / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
        readme = (root / "README.md").read_text(encoding="utf-8")
        body = readme.partition(BEGIN)[2].partition(END)[0]
        assert re.search(r"0\.\d{4}", body)
        assert f"## In short{body}## " in results

    def test_no_other_figure_stands_in_what_users_read(self, root: Path) -> None:
        known = (root / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
        known += " ".join(
            f"{floor.value}" for floor in read_pinned().floors.values() if "in-sample" in floor.name
        )
        for path in (*root.glob("*.md"), *(root / "docs").glob("*.md"), *root.glob("models/*.md")):
            text = path.read_text(encoding="utf-8").partition(BEGIN)
            prose = re.sub(r"```.*?```", "", text[0] + text[2].partition(END)[2], flags=re.DOTALL)
            for figure in re.findall(r"\b[01]\.\d{3,}\b", prose):
                assert figure in known, f"{path.name}: {figure} is in no result"


VOID = {"meta", "link", "br", "hr", "img", "input"}


class Balance(HTMLParser):
    """Raises AssertionError for a tag that is closed out of turn; keeps links and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.addresses.append(value)
            if name == "id" and value:
                self.ids.add(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


class TestHtml:
    page = render_html(make_run(), make_speed(), [make_quote()])

    def test_is_balanced_and_stands_alone(self) -> None:
        parser = Balance()
        parser.feed(self.page)
        assert parser.open == []
        assert all(address.startswith("#") for address in parser.addresses)
        assert {address[1:] for address in parser.addresses} <= parser.ids
        assert "<script" not in self.page
        assert "@import" not in self.page
        assert "url(" not in self.page

    def test_every_plot_is_well_formed(self) -> None:
        plots = re.findall(r"<svg.*?</svg>", self.page, re.DOTALL)
        assert len(plots) >= 6
        for plot in plots:
            ElementTree.fromstring(plot)

    def test_our_tile_shows_the_paired_range_against_the_best_other(self) -> None:
        assert "<b>1.000</b>" in self.page
        assert "+0.500 (+0.500 to +0.500) against trafilatura 2.3.1" in self.page

    def test_quotes_are_marked_and_escaped(self) -> None:
        assert '<div class="right out">The heron stands' in self.page
        assert '<div class="extra out">Share &lt;b&gt;this&lt;/b&gt; &amp; that' in self.page
        assert '<div class="lost out"><em>related</em>It waits' in self.page
        assert '<div class="dropped out"><em>legal</em>Imprint' in self.page
        assert '<div class="lost gold">It waits' in self.page
        assert '<div class="unseen gold">Nobody saw' in self.page
        assert "https://own.example/?a=1&amp;b=2" in self.page

    def test_without_our_row_speed_or_quotes_it_is_still_whole(self) -> None:
        run = make_run(filtered={}, lines={})
        systems = {n: s for n, s in run.sets["wcxb-dev"].systems.items() if n != "boilerkit"}
        run.sets["wcxb-dev"].__dict__["systems"] = systems
        page = render_html(run, None, [])
        parser = Balance()
        parser.feed(page)
        assert parser.open == []
        assert 'class="tiles"' not in page
        assert "Worst pages" not in page

    def test_light_and_dark_have_the_same_colours_to_set(self) -> None:
        light, dark = re.findall(r":root \{(.*?)\}", self.page, re.DOTALL)[:2]
        names = [set(re.findall(r"--[\w-]+(?=:)", block)) for block in (light, dark)]
        assert names[0] == names[1]


class TestQuotes:
    def test_a_line_is_part_of_a_text_if_half_of_its_runs_are(self) -> None:
        index = TextIndex(["one two three four five"])
        assert index.holds("one two three")
        assert index.holds("Two, three, four, five ... six!")
        assert not index.holds("five four three two one")
        assert index.holds("Two")
        assert not index.holds("---")

    def test_come_back_from_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "quotes.json"
        write_quotes([make_quote()], path)
        assert read_quotes(path) == [make_quote()]


class TestSpeedFile:
    def test_comes_back_as_it_was(self, tmp_path: Path) -> None:
        path = tmp_path / "speed.json"
        write_speed(make_speed(), path)
        assert read_speed(path) == make_speed()
        path.write_text('{"format": 7}')
        with pytest.raises(ValueError, match="not a speed file"):
            read_speed(path)


class TestSvg:
    frame = svg.Frame(
        "x", "y", (0, 10), (0, 1), width=110, height=110, left=10, right=0, top=10, bottom=0
    )

    def test_scales(self) -> None:
        assert (self.frame.x(0), self.frame.x(5), self.frame.x(10)) == (10, 60, 110)
        assert (self.frame.y(0), self.frame.y(1)) == (110, 10)
        assert self.frame.x(99) == 110

    def test_logarithmic_scale(self) -> None:
        frame = svg.Frame("x", "y", (1, 100), (0, 1), log_x=True, width=110, left=10, right=0)
        assert frame.x(10) == pytest.approx(60)

    def test_names_do_not_cover_each_other(self) -> None:
        frame = svg.Frame("x", "y", (0, 1), (0, 1))
        dots = [svg.Dot(0.5, 0.5, f"system {number}") for number in range(6)]
        plot = svg.scatter(frame, dots, "title")
        heights = [float(y) for y in re.findall(r'class="name" x="[\d.]+" y="([\d.]+)"', plot)]
        gaps = [b - a for a, b in zip(sorted(heights), sorted(heights)[1:], strict=False)]
        assert len(heights) == 6
        assert min(gaps) >= 13

    @pytest.mark.parametrize("span", [(0, 1), (0.2, 0.95), (0.81, 0.83), (0, 4200)])
    def test_ticks_are_few_and_inside(self, span: tuple[float, float]) -> None:
        ticks = svg.ticks(span)
        assert 3 <= len(ticks) <= 9
        assert span[0] <= min(ticks)
        assert max(ticks) <= span[1] + 1e-9
