"""Targets: each is read from the right figures of a run, and says whether it holds."""

from __future__ import annotations

from typing import Any

import pytest
from benchmarks_standins import make_run, make_set

from benchmarks.lines import MARKED_UP
from benchmarks.results import DocumentScores, LineResult, Run, SystemPages
from benchmarks.targets import targets_section
from boilerkit.labels import Label
from boilerkit.metrics import LineScores, count_lines

NEGATIVES = "Our own hard negatives in articles"
APPEALS = "Single appeals and hard negatives in articles"


def pages(shared: int) -> SystemPages:
    return SystemPages(tuple((shared, 10, 10) for _ in range(12)))


def result(scores: LineScores) -> LineResult:
    return LineResult((DocumentScores("d", "own", "full", "en", "article", scores),))


def lines(*rows: tuple[str, Label, Label]) -> LineResult:
    """Return line results of one text; rows are text, gold, given."""
    texts, gold, given = map(list, zip(*rows, strict=True))
    return result(count_lines(texts, gold, given))


def cells(run: Run) -> dict[str, list[str]]:
    """Return the cells of each row after its name, with rows named in full."""
    found: dict[str, list[str]] = {}
    head = ""
    for table in targets_section(run).tables:
        for name, *rest in table.rows:
            head = head if name.text.startswith("…") else name.text.partition(":")[0]
            full = name.text.replace("…", head)
            found[full] = [cell.text for cell in rest]
    return found


CONTENT, DONATION, LEGAL = Label.CONTENT, Label.DONATION, Label.LEGAL
GOOD = lines(("a b c d", CONTENT, CONTENT), ("give", DONATION, DONATION))


class TestPages:
    def test_scores_of_a_set_and_of_its_page_types(self) -> None:
        table = cells(make_run())
        assert table["WCXB dev, word-bag F1"][:4] == ["≥ 0.875", "≥ 0.900", "1.0000", "yes"]
        assert table["WCXB dev, word-bag F1 article"][2:4] == ["1.0000", "yes"]
        assert "WCXB dev, word-bag F1 product" not in table

    def test_the_heuristic_has_floors_of_its_own(self) -> None:
        systems = {"boilerkit": pages(8), "boilerkit-heuristic": pages(7)}
        table = cells(make_run(sets={"wcxb-dev": make_set(systems)}))
        row = table["WCXB dev, word-bag F1"]
        assert row[2:] == ["0.8000", "NO", "0.7000", "≥ 0.750", "NO"]

    def test_the_language_furthest_below(self) -> None:
        systems = {"boilerkit": pages(7), "trafilatura": pages(8)}
        sets = {"fundus-dev": make_set(systems, name="fundus-dev")}
        row = cells(make_run(sets=sets))["Fundus dev: the language furthest below trafilatura"]
        assert row[:4] == ["≥ -0.030", "–", "-0.1000", "NO"]


class TestText:
    def table(self, **more: Any) -> dict[str, list[str]]:
        rules = lines(("a b c d", CONTENT, LEGAL), ("give", DONATION, LEGAL))
        kept = {"Typed lines": {"boilerkit": GOOD, "boilerkit-heuristic": rules}}
        return cells(make_run(lines={**kept, **more}))

    def test_typed_lines(self) -> None:
        table = self.table()
        lost = table["typed lines: content words lost"]
        assert lost == ["≤ 0.010", "≤ 0.005", "0.0000", "yes", "1.0000", "≤ 0.020", "NO"]
        assert table["typed lines chrome lines found"][2:5] == ["1.0000", "yes", "1.0000"]
        donation = table["typed lines donation F1"]
        assert donation[2:] == ["1.0000", "yes", "0.0000", "≥ 0.500", "NO"]

    def test_what_layout_changes_is_the_largest_change_of_a_figure(self) -> None:
        name = "typed lines layout put back: largest change of lost, found, macro-F1"
        assert self.table(**{MARKED_UP: {"boilerkit": GOOD}})[name][2:4] == ["0.0000", "yes"]
        worse = lines(("a b c d", CONTENT, CONTENT), ("give", DONATION, CONTENT))
        assert self.table(**{MARKED_UP: {"boilerkit": worse}})[name][2:4] == ["1.0000", "NO"]
        assert name not in self.table()

    def test_appeals_and_hard_negatives(self) -> None:
        appeals = lines(
            ("give", DONATION, LEGAL), ("buy", DONATION, DONATION), ("they gave", CONTENT, DONATION)
        )
        table = self.table(**{APPEALS: {"boilerkit": appeals}, NEGATIVES: {"boilerkit": GOOD}})
        head = "single appeals in unrelated articles"
        assert table[f"{head}: found"][2:4] == ["1.0000", "yes"]
        assert table[f"{head} rightly typed"][2:4] == ["0.5000", "NO"]
        assert table["hard negatives, the appeals' set: dropped"][2:4] == ["1.0000", "NO"]
        assert table["hard negatives, our own: dropped"][2:4] == ["0.0000", "yes"]


EXTRACTORS = ("trafilatura", "resiliparse", "readability-lxml", "trafipy", "justext")


class TestFilters:
    head = "filter after five extractors, WCXB and Fundus dev"

    def run(self, after: int, extractors: tuple[str, ...] = EXTRACTORS) -> Run:
        """Return a run in which cleaning adds a tenth, but after trafilatura on Fundus `after`."""
        both = {}
        for dataset in ("wcxb-dev", "fundus-dev"):
            systems = {"resiliparse-full": pages(5), "resiliparse-full+": pages(9)}
            systems["resiliparse-full+heuristic"] = pages(7)
            for name in extractors:
                systems |= {name: pages(8), f"{name}+": pages(9), f"{name}+heuristic": pages(8)}
            both[dataset] = make_set(systems, name=dataset)
        if "trafilatura" in extractors:
            systems = {**both["fundus-dev"].systems, "trafilatura+": pages(after)}
            both["fundus-dev"] = make_set(systems, name="fundus-dev")
        return make_run(filtered=both)

    @pytest.mark.parametrize(
        ("after", "least", "holds", "gain"),
        [(7, "-0.1000", "NO", "+0.0800"), (9, "+0.1000", "yes", "+0.1000")],
    )
    def test_gains_leave_the_dumps_out(self, after: int, least: str, holds: str, gain: str) -> None:
        table = cells(self.run(after))
        assert table[f"{self.head}: least gain"][2:5] == [least, holds, "+0.0000"]
        assert table[f"{self.head} mean gain"][2:5] == [gain, "yes", "+0.0000"]

    def test_gains_after_fewer_extractors_say_nothing(self) -> None:
        assert f"{self.head}: least gain" not in cells(self.run(9, EXTRACTORS[1:]))

    def test_dumps_have_a_target_of_their_own(self) -> None:
        row = cells(self.run(8))[
            "WCXB dev, all visible text cleaned at greedy, no DOM: word-bag F1"
        ]
        assert row[2:5] == ["0.9000", "yes", "0.7000"]


def test_what_was_not_measured_is_left_out() -> None:
    assert targets_section(make_run(sets={}, filtered={}, lines={})).tables == ()
