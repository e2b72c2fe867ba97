"""Times: the figures made of them, and the process that takes them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_corpus import write_tiny_corpus

import boilerkit
from benchmarks.__main__ import main
from benchmarks.datasets import DATA_SETS
from benchmarks.markdown import render_sections
from benchmarks.outputs import Peer
from benchmarks.speed import (
    growth_exponent,
    measure_extraction,
    read_speed,
    speed_section,
    summarise,
)
from benchmarks.stopwatch import YARDSTICK
from boilerkit.train.datasets import Page


def make_pages(folder: Path, sizes: list[int]) -> list[Page]:
    pages = []
    for number, size in enumerate(sizes):
        path = folder / f"{number}.html"
        path.write_bytes(b"<p>" + b"x" * size)
        pages.append(Page("own", f"p{number}", path, None, "own.example", "article", "en", ""))
    return pages


class TestSummary:
    def test_figures_of_a_hundred_pages(self, tmp_path: Path) -> None:
        pages = make_pages(tmp_path, [10] * 100)
        times = [float(number) for number in range(1, 101)]
        timing = summarise(pages, times, [5.0] * 100, peak_mb=12.0)
        assert timing.mean_ms == 50.5
        assert timing.median_ms == 50.5
        assert timing.p99_ms == 99
        assert (timing.worst_ms, timing.worst_page) == (100, "p99")
        assert timing.ratio == 50.5 / 5
        assert timing.peak_mb == 12

    def test_growth_is_the_median_by_size_in_steps_of_two(self, tmp_path: Path) -> None:
        pages = make_pages(tmp_path, [100] * 8 + [1000] * 9 + [5000] * 3)
        times = [1.0] * 7 + [9.0] + [3.0] * 8 + [99.0] + [7.0] * 3
        timing = summarise(pages, times, [1.0] * 20, peak_mb=0)
        # three pages are too few for a point
        assert timing.growth == ((103, 1.0), (1003, 3.0))


def test_every_system_is_timed_on_every_page(tmp_path: Path) -> None:
    pages = make_pages(tmp_path, [10, 20_000])
    timings = measure_extraction(pages, [Peer("nothing", "-", sys.executable)], ())
    assert list(timings) == [YARDSTICK, "nothing"]
    assert timings[YARDSTICK].ratio == 1
    for timing in timings.values():
        assert 0 < timing.median_ms <= timing.worst_ms
        assert timing.worst_page in ("p0", "p1")
        assert timing.peak_mb > 1


def test_a_system_that_raises_is_timed_too(tmp_path: Path) -> None:
    pages = make_pages(tmp_path, [10])
    missing = Peer("goose3", "0", sys.executable)
    assert measure_extraction(pages, [missing], ())["goose3"].mean_ms > 0


def test_the_exponent_of_growth() -> None:
    assert growth_exponent([(10.0, 2.0)]) is None
    assert growth_exponent([(10.0, 2.0), (20.0, 4.0), (40.0, 8.0)]) == pytest.approx(1)
    assert growth_exponent([(10.0, 1.0), (20.0, 4.0)]) == pytest.approx(2)


def test_the_command_measures_all_that_the_report_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOILERKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("benchmarks.speed._IMPORT_ROUNDS", 1)
    monkeypatch.setitem(DATA_SETS, "wcxb-dev", replace(DATA_SETS["wcxb-dev"], pages_sha256=None))
    data = write_tiny_corpus(tmp_path / "data")
    out = tmp_path / "out"
    arguments = ["speed", "--data", data, "--out", out, "--systems", "nothing", "--limit", "10"]
    assert main([str(argument) for argument in arguments]) == 0
    run = read_speed(next(out.glob("speed-*.json")))
    assert list(run.systems) == [YARDSTICK, "boilerkit", "boilerkit-heuristic", "nothing"]
    assert run.systems["boilerkit"].ratio > 0.5
    assert run.text_mb_per_s > 0
    assert run.import_ms < 10_000
    assert min(run.scaling.one, run.scaling.two) > 0
    text = render_sections("", [speed_section(run)])
    assert f"| boilerkit {boilerkit.__version__} |" in text
    assert "| one lxml parse |" in text
