"""Adapting a model to labels of one's own: what is learned, what stays, what is written."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from test_cli import run, run_refused

from boilerkit import Cleaner, ConfigError, Label
from boilerkit.explain import explain
from boilerkit.features import KINDS
from boilerkit.model import Model, load_model
from boilerkit.train.adapt import CrossValidation, _groups, _moved, adapt, cross_validate
from boilerkit.train.adapt_release import train_adapted
from boilerkit.train.own_documents import OwnDocument, read_documents
from boilerkit.user_labels import LABELS_FILE

BASE = "boilerkit-1"
# Asides that read like the articles of the invented site: the base keeps most of them.
ASIDES = (Label.ADVERTISEMENT, Label.SUBSCRIPTION, Label.INTERFACE)


@pytest.fixture(scope="module")
def base() -> Model:
    return load_model(BASE)


@pytest.fixture(scope="module")
def almanac(root: Path) -> Path:
    return root / "examples" / "almanac"


@pytest.fixture(scope="module")
def documents(almanac: Path) -> list[OwnDocument]:
    found, mismatches = read_documents(almanac)
    assert mismatches == []
    return found


@pytest.fixture(scope="module")
def trained(
    almanac: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, CrossValidation]:
    out = tmp_path_factory.mktemp("adapted") / "almanac"
    _, validation = train_adapted(almanac, out, base=BASE, version="1.2")
    return out, validation


def as_texts(documents: list[OwnDocument]) -> list[OwnDocument]:
    return [replace(document, kind="text", page=None) for document in documents]


class TestGain:
    def test_on_unseen_pages_the_asides_are_found(
        self, trained: tuple[Path, CrossValidation]
    ) -> None:
        _, validation = trained
        base, adapted = (
            sum(scores[1:], scores[0]).chrome_recall(ASIDES)
            for scores in (validation.base, validation.adapted)
        )
        assert base is not None
        assert adapted is not None
        assert base < 0.5
        assert adapted > 0.8
        assert validation.gain.wins

    def test_on_unseen_texts_too(self, base: Model, documents: list[OwnDocument]) -> None:
        validation = cross_validate(base, as_texts(documents))
        before, after = validation.measures()["chrome F1"]
        assert before is not None
        assert after is not None
        assert after > before + 0.1

    def test_shuffled_labels_gain_nothing(self, base: Model, documents: list[OwnDocument]) -> None:
        rng = np.random.default_rng(3)
        shuffled = [replace(item, labels=rng.permutation(item.labels)) for item in documents]
        assert not cross_validate(base, shuffled).gain.wins


class TestFolder:
    def test_is_an_ordinary_model(
        self, trained: tuple[Path, CrossValidation], almanac: Path
    ) -> None:
        folder, _ = trained
        cleaner = Cleaner(model=folder)
        assert cleaner.backend.model_name == "almanac 1.2"
        page = (almanac / "leaf-02.html").read_text("utf-8")
        explanation = explain(cleaner, page, 6, "html")
        total = explanation.base + sum(value for _, value in explanation.contributions)
        assert 1 / (1 + np.exp(-total)) == pytest.approx(explanation.score, abs=1e-5)

    def test_scores_as_the_model_that_was_written(
        self, trained: tuple[Path, CrossValidation], base: Model, documents: list[OwnDocument]
    ) -> None:
        written, made = load_model(trained[0]), adapt(base, documents)
        for document in documents[:3]:
            assert document.page is not None
            one, other = (model.score_html(document.page) for model in (written, made))
            assert np.allclose(one.content, other.content, atol=1e-5)
            assert (one.kinds == other.kinds).all()

    def test_card_tells_base_and_gain(self, trained: tuple[Path, CrossValidation]) -> None:
        card = json.loads((trained[0] / "card.json").read_text("utf-8"))
        assert card["base"] == f"{BASE} {load_model(BASE).version}"
        assert (card["documents"], card["lines"]) == (12, 168)
        found = card["cross_validation"]["chrome lines found"]
        assert found["adapted"] > found["base"]

    def test_the_base_is_not_overwritten(self, toy_folder: Path, almanac: Path) -> None:
        with pytest.raises(ConfigError, match="is the base model"):
            train_adapted(almanac, toy_folder, base=toy_folder, version="1")


class TestWhatStays:
    def test_words_that_no_label_has_keep_their_weights(
        self, base: Model, documents: list[OwnDocument]
    ) -> None:
        moved = adapt(base, documents[:4])
        for before, after in (
            (base.word_kinds, moved.word_kinds),
            (base.text_kinds, moved.text_kinds),
        ):
            rounding = np.abs(before).max(axis=0) / 127 * 0.501
            same = (np.abs(after - before) <= rounding).all(axis=1)
            assert 0.9 < same.mean() < 1
            assert same[-1], "the intercepts stay"

    def test_one_side_alone_adds_no_trees(self, base: Model, documents: list[OwnDocument]) -> None:
        content = [replace(item, labels=np.zeros_like(item.labels)) for item in documents]
        assert adapt(base, content).heads["html"].forest is base.heads["html"].forest

    def test_labels_of_pages_leave_the_trees_for_texts(
        self, base: Model, documents: list[OwnDocument]
    ) -> None:
        moved = adapt(base, documents)
        assert moved.heads["text"] is base.heads["text"]
        assert len(moved.heads["html"].forest.roots) > len(base.heads["html"].forest.roots)


class TestMovedWeights:
    def test_are_the_minimum_near_the_start(self) -> None:
        # one column, one line: the change c solves c = penalty⁻¹ (1 − σ(start + c))
        start = np.array([[0.5], [0.0]], np.float32)
        moved = _moved(sparse.csr_matrix([[1.0]]), np.array([1]), start, 2.0)
        change = float(moved[0, 0]) - 0.5
        assert change == pytest.approx((1 - 1 / (1 + np.exp(-0.5 - change))) / 2, abs=1e-4)

    def test_of_two_columns_and_of_one_agree(self) -> None:
        rng = np.random.default_rng(5)
        matrix = sparse.csr_matrix(rng.normal(size=(30, 4)))
        target = (rng.random(30) < 0.5).astype(np.int64)
        single = _moved(matrix, target, np.zeros((5, 1), np.float32), 1.0)
        # twice the columns share a change: half each, so half the penalty in all
        double = _moved(matrix, target, np.zeros((5, 2), np.float32), 2.0)
        assert np.allclose(double[:, 1] - double[:, 0], single[:, 0], atol=1e-3)


class TestDocuments:
    def test_changed_lines_are_left_out_and_named(self, almanac: Path, tmp_path: Path) -> None:
        folder = shutil.copytree(almanac, tmp_path / "own")
        page = folder / "leaf-01.html"
        page.write_text(page.read_text("utf-8").replace("Weather", "Storms"), encoding="utf-8")
        found, mismatches = read_documents(folder)
        assert mismatches == ["leaf-01.html: line 3 is not the line that was labelled"]
        assert len(found[0].lines) == len(found[1].lines) - 1

    def test_lines_of_a_text_are_those_with_words(self, tmp_path: Path) -> None:
        from boilerkit.user_labels import line_hash

        lines = ["* One thing", "", "Donate!"]
        (tmp_path / "a.txt").write_text("\n".join(lines))
        rows = [
            {"doc": "a.txt", "line": n, "label": label, "sha256": line_hash(lines[n - 1])}
            for n, label in ((1, "content"), (2, "empty"), (3, "donation"))
        ]
        (tmp_path / LABELS_FILE).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        ((document,), mismatches) = read_documents(tmp_path)
        assert mismatches == []
        assert document.texts == ["One thing", "Donate!"]
        assert document.lines.tolist() == [0, 1]
        assert [KINDS[kind] for kind in document.labels] == [Label.CONTENT, Label.DONATION]

    def test_what_is_missing_is_named(self, almanac: Path, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="boilerkit annotate"):
            read_documents(tmp_path)
        shutil.copy(almanac / LABELS_FILE, tmp_path)
        with pytest.raises(ConfigError, match=r"leaf-01\.html, which is not beside it"):
            read_documents(tmp_path)

    def test_documents_of_a_site_are_held_out_together(self, documents: list[OwnDocument]) -> None:
        sited = [replace(item, group=f"site{n % 3}") for n, item in enumerate(documents)]
        assert [len(group) for group in _groups(sited)] == [4, 4, 4]
        assert len(_groups(sited[:3])) == 3
        assert len(_groups(documents)) == 12, "no sites: one by one"
        with pytest.raises(ConfigError, match="2 labelled documents"):
            _groups(documents[:2])


class TestCommand:
    def test_prints_the_gain(self, almanac: Path, tmp_path: Path) -> None:
        out = tmp_path / "mine"
        done = run("train", "--data", almanac, "--base", "default", "--out", out)
        assert done.returncode == 0, done.stderr
        table = done.stdout.decode().splitlines()
        rows = [re.split(" {2,}", row) for row in table]
        assert rows[0] == ["measure", "base", "adapted"]
        assert rows[-1][0] == "gain in balanced accuracy"
        assert float(rows[-1][1]) > 0
        assert len({len(row) for row in table[:-1]}) == 1, "one column stands below the other"
        assert load_model(out).name == "mine"

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--base", "heuristic"], "the heuristic learns nothing"),
            (["--base", "default", "--folds", "5"], "--folds and --fold-cache"),
            (["--base", "boilerkit-0"], "no model 'boilerkit-0'"),
        ],
    )
    def test_refuses_what_it_cannot_do(
        self, almanac: Path, tmp_path: Path, options: list[str], message: str
    ) -> None:
        refused = run_refused("train", "--data", almanac, "--out", tmp_path / "m", *options)
        assert message in refused
