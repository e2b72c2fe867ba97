"""Hostile inputs by size: what comes out of them, and how their figures are judged."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks_standins import make_run

from benchmarks.__main__ import main
from benchmarks.gauge import measure
from benchmarks.html_report import render_html
from benchmarks.plots import plots
from benchmarks.shapes import MARKERS, SHAPES
from benchmarks.short import render_markdown
from benchmarks.sizes import (
    Measured,
    SizesRun,
    exponent,
    faults,
    in_one_line,
    peak_limit_mb,
    read_sizes,
    sizes_section,
    sizes_up_to,
    write_sizes,
)

SMALL = 20_000
# What swallows its text by right: the document says so.
CUT = {"a script without end"}


def measured(*seconds: float, shape: str = "siblings", start: int = 1_000_000) -> list[Measured]:
    """Return one shape at sizes from `start` on in steps of ten."""
    return [Measured(shape, start * 10**step, time, 100.0) for step, time in enumerate(seconds)]


class TestShapes:
    @pytest.mark.parametrize("name", SHAPES)
    def test_words_around_and_inside_come_out(self, name: str) -> None:
        shape = SHAPES[name]
        answer = measure(shape, shape.build(SMALL))
        if name in CUT:
            assert answer["lost"] == ["INSIDE", "AFTER"]
            assert answer["truncated"] > 0
        else:
            assert answer["lost"] == []

    @pytest.mark.parametrize("name", SHAPES)
    def test_are_as_large_as_asked_for(self, name: str) -> None:
        shape = SHAPES[name]
        data = shape.build(SMALL)
        assert len(data) == pytest.approx(SMALL, rel=0.05)
        assert data == shape.build(SMALL)
        text = data.replace(b"\0", b"").decode("latin-1")
        if shape.markers:
            assert [text.count(word) for word in MARKERS] == [1, 1, 1]
        assert len(shape.build(1)) < 2_000

    def test_that_hold_no_text_say_nothing(self) -> None:
        wordless = [name for name, shape in SHAPES.items() if not shape.markers]
        assert wordless == ["a gzip", "an image"]

    def test_can_be_written_by_a_command(self) -> None:
        command = [sys.executable, "-m", "benchmarks.shapes", "text: one line", "2000"]
        written = subprocess.run(command, capture_output=True, check=True).stdout
        assert written == SHAPES["text: one line"].build(2000)


class TestExponent:
    @pytest.mark.parametrize(
        ("seconds", "expected"),
        [((1.0, 10.0, 100.0), 1), ((1.0, 100.0, 10_000.0), 2), ((3.0, 3.0, 3.0), 0)],
    )
    def test_is_that_of_the_growth(self, seconds: tuple[float, ...], expected: float) -> None:
        assert exponent(measured(*seconds)) == pytest.approx(expected)

    def test_is_fitted_from_a_megabyte_on(self) -> None:
        below = measured(9.0, 9.0, start=10_000)
        assert exponent([*below, *measured(1.0, 10.0)]) == pytest.approx(1)
        assert exponent([*below, *measured(1.0)]) is None

    def test_a_shape_a_little_below_a_megabyte_counts(self) -> None:
        found = [Measured("x", 999_990, 1.0), Measured("x", 9_999_900, 10.0)]
        assert exponent(found) == pytest.approx(1)


class TestFaults:
    def test_none_within_the_bounds(self) -> None:
        assert faults(measured(0.3, 3.0, 30.0)) == []

    def test_more_than_three_seconds_up_to_ten_megabytes(self) -> None:
        assert faults(measured(0.31, 3.1, 31.0)) == ["3.1 s at 10 MB"]

    def test_growth_beyond_linear(self) -> None:
        assert faults(measured(0.01, 0.2, 4.0)) == ["grows with exponent 1.30"]

    def test_memory(self) -> None:
        at_limit = replace(measured(0.1)[0], peak_mb=320.0)
        assert peak_limit_mb(1_000_000) == 320
        assert faults([at_limit]) == []
        assert faults([replace(at_limit, peak_mb=321.0)]) == ["321 MB at 1 MB"]

    def test_lost_words_unless_the_document_says_so(self) -> None:
        lost = replace(measured(0.1)[0], lost=("INSIDE", "AFTER"))
        assert faults([lost]) == ["loses INSIDE, AFTER at 1 MB"]
        assert faults([replace(lost, truncated=0)]) == []

    def test_a_process_that_did_not_end_well(self) -> None:
        assert faults([Measured("x", 1_000, error="ended with -9")]) == ["ended with -9 at 1 kB"]


def test_sizes_go_up_in_steps_of_ten_to_the_largest() -> None:
    assert sizes_up_to(0.001) == [1_000]
    assert sizes_up_to(0.05) == [1_000, 10_000, 50_000]
    assert sizes_up_to(10) == [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
    with pytest.raises(ValueError, match="--max-mb must be 0.001 or more"):
        sizes_up_to(0)


RUN = SizesRun(
    {"date": "2026-11-22"},
    (*measured(0.3, 3.1, 30.0), *measured(0.1, 0.9, 9.0, shape="text: one line")),
)


class TestReport:
    def test_a_table_names_what_is_broken(self) -> None:
        section = sizes_section(RUN)
        rows = [[cell.text for cell in row] for row in section.tables[0].rows]
        assert section.tables[0].columns[1:3] == ("s, 1 MB", "MB, 1 MB")
        assert rows[0] == ["siblings", "0.30", "100", "3.10", "100", "30.00", "100", "1.00", "3.1 s at 10 MB"]  # fmt: skip
        assert rows[1][-2:] == ["0.98", "–"]
        assert "2 shapes, from 1 MB to 100 MB" in section.text
        assert "1 keep all bounds" in section.text

    def test_what_was_not_measured_is_a_dash(self) -> None:
        failed = Measured("x", 1_000_000, error="ended with -9")
        row = sizes_section(SizesRun({}, (failed,))).tables[0].rows[0]
        assert [cell.text for cell in row] == ["x", "–", "–", "–", "ended with -9 at 1 MB"]

    def test_time_and_memory_are_plotted(self) -> None:
        drawn = plots(make_run(), None, RUN)[-2:]
        assert [plot.title for plot in drawn] == ["CPU time of hostile inputs", "Memory of hostile inputs"]  # fmt: skip
        for plot in drawn:
            ElementTree.fromstring(plot.drawing)
            assert plot.drawing.count("<polyline") == 3
        assert drawn[0].legend == ("siblings", "text: one line")

    def test_stands_in_both_reports_if_it_was_measured(self) -> None:
        assert "## Hostile inputs" in render_markdown(make_run(), None, RUN)
        assert "CPU time of hostile inputs" in render_html(make_run(), None, [], RUN)
        assert "Hostile inputs" not in render_markdown(make_run(), None)
        assert "hostile inputs" not in render_html(make_run(), None, [])

    def test_one_line_tells_of_a_fault(self) -> None:
        assert in_one_line(RUN.measured[1]) == "siblings, 10 MB: 3.100 s, 100 MB, 3.1 s at 10 MB"
        assert in_one_line(RUN.measured[0]).endswith(", ok")

    def test_comes_back_from_its_file(self, tmp_path: Path) -> None:
        path = tmp_path / "sizes.json"
        write_sizes(RUN, path)
        assert read_sizes(path) == RUN
        path.write_text('{"format": 0}')
        with pytest.raises(ValueError, match="not a file of sizes"):
            read_sizes(path)


class TestCommand:
    def test_measures_prints_and_writes(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "sizes.json"
        names = ["entities", "a script without end"]
        arguments = ["sizes", "--max-mb", "0.01", "--out", str(path), "--shapes", *names]
        assert main(arguments) == 0
        found = read_sizes(path).measured
        assert [item.shape for item in found] == [names[0]] * 2 + [names[1]] * 2
        assert [round(item.size, -3) for item in found] == [1_000, 10_000] * 2
        assert all(item.peak_mb > 10 and not item.error for item in found)
        assert found[3].lost == ("INSIDE", "AFTER")
        assert found[3].truncated is not None
        told = capsys.readouterr()
        assert "| a script without end | " in told.out
        assert told.err.count(", ok\n") == 4

    def test_a_process_that_fails_is_told_of(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("benchmarks.sizes._GAUGE", "benchmarks.no_such_module")
        path = tmp_path / "sizes.json"
        assert main(["sizes", "--max-mb", "0.01", "--out", str(path), "--shapes", "NUL"]) == 1
        only = json.loads(path.read_text())["measured"]
        assert len(only) == 1
        assert "No module named benchmarks.no_such_module" in only[0]["error"]

    def test_an_unknown_shape_is_refused(self, tmp_path: Path) -> None:
        assert main(["sizes", "--out", str(tmp_path / "x"), "--shapes", "none"]) == 2
