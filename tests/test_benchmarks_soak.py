"""The soak: the same inputs again for a seed, and what breaks a promise is found and kept."""

from __future__ import annotations

import platform
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_model import write_toy_model

from benchmarks import checks
from benchmarks.__main__ import main
from benchmarks.checks import BrokenPromise, Checker
from benchmarks.damage import ModelFiles, damage_model
from benchmarks.mutate import MAX_BYTES, make_text, mutate_page, mutate_text
from benchmarks.soak import (
    Bounds,
    Coverage,
    Finding,
    Soaker,
    SoakLog,
    memory_growth,
    read_log,
    read_seeds,
    render_soak,
    resident_mb,
    write_log,
)
from boilerkit import BoilerkitWarning, CleanConfig, Cleaner

PAGE = b"<title>Piano</title><p class=a>The ferry left at noon.</p><p>Nobody had ordered a piano."
TEXT = "The ferry left at noon.\n\n- Log in\nNobody had ordered a piano."


def soaker(folder: Path) -> Soaker:
    return Soaker(read_seeds(None), 1, folder)


class TestInputs:
    @given(seed=st.integers(0, 2**32))
    def test_are_the_same_for_a_seed_and_bounded(self, seed: int) -> None:
        makers: tuple[Callable[[random.Random], str | bytes], ...] = (
            lambda rng: mutate_page(rng, PAGE, PAGE),
            lambda rng: mutate_text(rng, TEXT, TEXT),
            lambda rng: make_text(rng, TEXT.split("\n")),
        )
        for make in makers:
            made = make(random.Random(seed))
            assert made == make(random.Random(seed))
            assert len(made) <= MAX_BYTES

    def test_of_a_number_do_not_depend_on_those_before(self, tmp_path: Path) -> None:
        made = soaker(tmp_path)
        first = made.make_page(random.Random("1:5"))
        assert made.make_page(random.Random("1:10")) != first
        assert made.make_page(random.Random("1:5")) == first

    def test_empty_ones_can_be_damaged(self) -> None:
        for seed in range(300):
            mutate_page(random.Random(seed), b"", b"")
            mutate_text(random.Random(seed), "", "")


def test_damaged_models_are_refused_or_answer(tmp_path: Path) -> None:
    model = ModelFiles.read(write_toy_model(tmp_path / "toy"))
    checker = Checker()
    accepted = 0
    for seed in range(40):
        damage_model(random.Random(seed), model, tmp_path)
        accepted += checker.check_model(tmp_path)
    assert 0 < accepted < 40


class TestPromises:
    def test_hold_for_sound_inputs(self) -> None:
        Checker().check_page(PAGE)
        Checker().check_text(TEXT)

    def test_allow_the_warning_that_an_input_is_cut(self) -> None:
        n_lines = CleanConfig().max_lines or 0
        Checker().check_text(TEXT + "\n" * n_lines)
        Checker().check_text("\n" * (n_lines // 2) + TEXT)  # cut once blank lines are added

    def test_allow_no_other_warning(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def clean(*_: Any, **__: Any) -> str:
            warnings.warn("the model is old", BoilerkitWarning, stacklevel=2)
            return TEXT

        monkeypatch.setattr(Cleaner, "clean", clean)
        with pytest.raises(BoilerkitWarning, match="old"):
            Checker().check_text(TEXT)

    @pytest.mark.parametrize(
        ("name", "answer", "promise"),
        [
            ("clean", "Made up", "lines that the text has not"),
            ("clean", "Log in\nThe ferry left at noon.", "lines that the text has not"),
            ("extract", "lone \ud83d", "cannot be encoded"),
            ("extract", "Made up", "another text than extract"),
        ],
    )
    def test_that_are_broken_are_noticed(
        self, monkeypatch: pytest.MonkeyPatch, name: str, answer: str, promise: str
    ) -> None:
        monkeypatch.setattr(Cleaner, name, lambda *_, **__: answer)
        with pytest.raises(BrokenPromise, match=promise):
            Checker().check_text(TEXT) if name == "clean" else Checker().check_page(PAGE)

    def test_about_time_are_among_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "MAX_SECONDS", -1.0)
        with pytest.raises(BrokenPromise, match="takes over"):
            Checker().check_text(TEXT)


class TestRun:
    def test_of_the_corpus_finds_nothing(self, tmp_path: Path) -> None:
        log = soaker(tmp_path / "findings").run(Bounds(executions=60), lambda _: None)
        assert log.findings == []
        assert log.executions == {"page": 12, "text": 48}
        assert not (tmp_path / "findings").exists()

    def test_keeps_what_breaks_outside_of_its_log(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise KeyError("the text")

        monkeypatch.setattr(Checker, "check_page", fail)
        log = soaker(tmp_path).run(Bounds(executions=21), lambda _: None)
        (finding,) = log.findings
        assert (finding.kind, finding.first, finding.count) == ("page", 0, 5)
        assert finding.key.startswith("KeyError in ")
        assert "the text" not in finding.key
        reports = list(tmp_path.glob("*.report"))
        assert len(reports) == len(list(tmp_path.iterdir())) / 2 == 3
        assert all("the text" in path.read_text(encoding="utf-8") for path in reports)

    def test_ends_at_the_first_bound(self) -> None:
        bounds = Bounds(seconds=10, executions=8)
        assert not bounds.reached(9, 7)
        assert bounds.reached(10, 7)
        assert bounds.reached(9, 8)
        assert bounds.part(0.25) == Bounds(2.5, 2)


class TestLog:
    def test_comes_back_and_adds_up(self, tmp_path: Path) -> None:
        log = SoakLog(7, {"commit": "0"}, seconds=1800, executions={"page": 3, "text": 1_000})
        log.slowest = [(0.5, "page", 2)]
        log.memory_mb = [(10_000, 100.0), (100_000, 104.5)]
        log.findings = [Finding("KeyError in x.py:y", "page", 2, 4)]
        log.coverage = Coverage(50, 700, 900)
        write_log(log, tmp_path / "log.json")
        assert read_log(tmp_path / "log.json") == log
        said = render_soak([log, log])
        for part in ("2, 1.00 h", "2,106 (page 6, text 2,000)", "700 edges", "+4.5 MB", "0.50 s"):
            assert part in said
        assert "distinct findings: 1" in said

    def test_of_another_format_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "log.json").write_text("{}", encoding="utf-8")
        with pytest.raises(ValueError, match="format"):
            read_log(tmp_path / "log.json")

    def test_tells_growth_once_there_are_enough_documents(self) -> None:
        assert memory_growth([(10_000, 90.0), (20_000, 99.0)]) is None
        assert memory_growth([(10_000, 90.0), (100_000, 99.0)]) == 9


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs malloc_trim")
def test_freed_memory_does_not_count_as_grown() -> None:
    sizes = [resident_mb()]
    pieces = [b"x" * 100_000 for _ in range(600)]
    sizes.append(resident_mb())
    del pieces[:-1]  # the last keeps the rest from being given back by itself
    sizes.append(resident_mb())
    before, held, after = (size or 0 for size in sizes)
    assert held - before > 50
    assert after - before < 10


class TestCommand:
    def test_writes_its_log(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv("BOILERKIT_DATA", raising=False)
        out = tmp_path / "logs" / "log.json"
        command = ["soak", "--executions", "40", "--seed", "3", "--out", str(out)]
        assert main([*command, "--findings", str(tmp_path / "findings")]) == 0
        log = read_log(out)
        assert log.seed == 3
        assert log.total >= 40
        assert "distinct findings: 0" in capsys.readouterr().out
        assert main(["soak", "--sum", str(out), str(out)]) == 0
        assert "runs: 2" in capsys.readouterr().out

    def test_wants_an_end(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["soak"]) == 2
        assert "--hours" in capsys.readouterr().err
