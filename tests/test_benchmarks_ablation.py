"""The ablation: what is knocked out has no say any more, and everything else stays."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_corpus import write_tiny_corpus
from toy_model import npz_bytes, toy_arrays, toy_config, write_model, write_toy_model

from benchmarks import __main__ as command
from benchmarks.ablation import ablate, clocked
from benchmarks.datasets import DATA_SETS
from benchmarks.knockouts import KNOCKOUTS, Knockout, family_of, is_around, knock_out
from boilerkit import Cleaner, context
from boilerkit.cuts import Cut
from boilerkit.model import COLUMNS, load_model
from boilerkit.network import Network
from boilerkit.text_features import FloatArray
from boilerkit.train.sites import N_FOLDS

ROWS = {row.title: row for row in KNOCKOUTS}
NEIGHBOURS = "neighbours, windows, means of containers"


class TestFamilies:
    @pytest.mark.parametrize("head", COLUMNS)
    def test_every_column_is_in_one_row_beside_that_of_its_neighbourhood(self, head: str) -> None:
        for column in COLUMNS[head]:
            rows = [row.title for row in KNOCKOUTS if row.columns(column)]
            own = [title for title in rows if not title.startswith("neighbours")]
            assert own == [family_of(column)]
            assert (len(rows) == 2) == is_around(column)

    def test_every_family_has_columns(self) -> None:
        known = {family_of(column) for columns in COLUMNS.values() for column in columns}
        without = {title for title in ROWS if title not in known}
        assert without == {
            NEIGHBOURS,
            "the second pass",
            "the network",
            "lines from <noscript> and data",
            "cuts by document and length",
        }

    def test_a_column_of_no_family_is_an_error(self) -> None:
        with pytest.raises(KeyError, match="colour_of_the_heron"):
            family_of("colour_of_the_heron")


class TestKnockOut:
    """The toy model drops what shouts: a measure of the line, and of nothing else."""

    text = "The heron stands.\nMenu!!!"

    def keep(self, folder: Path, row: Knockout) -> list[bool]:
        knock_out(write_toy_model(folder / "whole"), folder / "without", row)
        cleaner = Cleaner(model=folder / "without")
        document = cleaner.classify_text(self.text)
        page = cleaner.classify_html("".join(f"<p>{line}" for line in self.text.split("\n")))
        assert [line.kept for line in page.lines] == [line.kept for line in document.lines]
        return [line.kept for line in document.lines]

    def test_columns_held_at_their_mean_have_no_say(self, tmp_path: Path) -> None:
        assert self.keep(tmp_path, ROWS["measures of the line"]) == [True, True]

    @pytest.mark.parametrize("title", [title for title in ROWS if "measures" not in title])
    def test_other_families_and_stages_change_nothing(self, tmp_path: Path, title: str) -> None:
        assert self.keep(tmp_path, ROWS[title]) == [True, False]

    def test_without_the_second_pass_the_first_one_decides(self, tmp_path: Path) -> None:
        model = write_toy_model(tmp_path / "whole")
        knock_out(model, tmp_path / "without", ROWS["the second pass"])
        with np.load(io.BytesIO((tmp_path / "without" / "weights.npz").read_bytes())) as arrays:
            for part in ("feature", "threshold", "children", "value", "roots"):
                first, second = (arrays[f"html_{nth}_{part}"] for nth in ("first", "second"))
                assert np.array_equal(first, second)

    def test_without_cuts_of_their_own_all_documents_share_one(self, tmp_path: Path) -> None:
        config = toy_config()
        for head in config["heads"].values():
            head |= {"document": 2.0, "length": 0.5}
        whole = write_model(tmp_path / "whole", config, npz_bytes(toy_arrays()))
        knock_out(whole, tmp_path / "without", ROWS["cuts by document and length"])
        for head in COLUMNS:
            before, after = (
                load_model(folder).heads[head].cuts["balanced"]
                for folder in (whole, tmp_path / "without")
            )
            assert (before.length, before.document) == (0.5, 2.0)
            assert after == Cut(before.score)


class TestNetwork:
    """A network of random weights, which heeds every line."""

    def knocked_out(self, folder: Path, row: Knockout) -> Network:
        rng = np.random.default_rng(5)
        arrays = toy_arrays()
        for head in COLUMNS:
            for part in ("direct", "inward", "layers", "outward"):
                weights = arrays[f"{head}_{part}"]
                weights[:] = rng.uniform(-1, 1, weights.shape)
        whole = write_model(folder / "whole", toy_config(), npz_bytes(arrays))
        knock_out(whole, folder / "without", row)
        return load_model(folder / "without").heads["html"].network

    @pytest.mark.parametrize(("title", "alone"), [("topic", False), (NEIGHBOURS, True)])
    def test_without_neighbours_every_line_is_judged_as_if_alone(
        self, tmp_path: Path, title: str, alone: bool
    ) -> None:
        network = self.knocked_out(tmp_path, ROWS[title])
        matrix = random_lines()
        apart = np.concatenate([network.logits(line[None, :]) for line in matrix])
        assert np.allclose(network.logits(matrix), apart, atol=1e-3) == alone

    @pytest.mark.parametrize(("title", "alike"), [(NEIGHBOURS, False), ("the network", True)])
    def test_without_the_network_all_lines_are_alike(
        self, tmp_path: Path, title: str, alike: bool
    ) -> None:
        logits = self.knocked_out(tmp_path, ROWS[title]).logits(random_lines())
        assert np.allclose(logits, logits[0], atol=1e-3) == alike


def random_lines() -> FloatArray:
    """Return the features of a document of ten lines."""
    shape = (10, len(COLUMNS["html"]))
    return np.random.default_rng(7).normal(size=shape).astype(np.float32)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOILERKIT_CACHE", str(tmp_path / "cache"))
    for name in ("wcxb-dev", "fundus-dev"):
        monkeypatch.setitem(DATA_SETS, name, replace(DATA_SETS[name], pages_sha256=None))
    return write_tiny_corpus(tmp_path / "data")


def test_table_has_a_row_for_each_knock_out_and_what_it_costs(tmp_path: Path, data: Path) -> None:
    models = [write_toy_model(tmp_path / f"fold-{fold}") for fold in range(N_FOLDS)]
    (table,) = ablate(data, models.__getitem__, size=4).tables
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert list(rows) == ["nothing", *ROWS]
    assert rows["nothing"][1:3] == ["+0.0000", "+0.0000 to +0.0000"]
    assert rows["nothing"][-1].endswith(" in all")
    # the toy model looks at the measures alone: nothing else can change a figure, but that its
    # network tells the kinds apart
    for title, row in ROWS.items():
        if title not in ("measures of the line", "lines from <noscript> and data"):
            same = 6 if title == "the network" else 7
            assert rows[title][:same] == rows["nothing"][:same]
        assert (rows[title][-1] == "–") == (not row.cost)
    again = ablate(data, models.__getitem__, size=4).tables[0].rows
    assert [row[:-1] for row in again] == [row[:-1] for row in table.rows]


class TestClock:
    def test_every_function_that_a_row_names_runs_on_a_page(self, tmp_path: Path) -> None:
        names = sorted({name for row in KNOCKOUTS for name in row.cost})
        totals = dict.fromkeys(names, 0.0)
        cleaner = Cleaner(model=write_toy_model(tmp_path))
        with clocked(names, totals):
            cleaner.extract("<nav><a href=/>Home</a></nav><p class=text>The heron stands.")
        assert {name for name, total in totals.items() if total > 0} == set(names)

    def test_what_a_function_spends_in_another_is_the_others(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outer, inner = "context.window_means", "context.windows_means"
        now = iter((0.0, 1.0, 5.0, 10.0))
        monkeypatch.setattr("benchmarks.ablation.time.process_time", lambda: next(now))
        totals = {outer: 0.0, inner: 0.0}
        ones = np.ones(3, np.float32)
        with clocked([outer, inner], totals):
            context.window_means(ones, ones, 1)
        assert totals == {outer: 6.0, inner: 4.0}


def test_a_sample_of_nothing_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["ablation", "--data", str(data), "--sample", "0"]) == 2
    assert "--sample must be 1 or more, not 0" in capsys.readouterr().err
