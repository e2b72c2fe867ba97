"""Training on a tiny corpus: the same bytes twice, the same scores as scikit-learn, no leaks."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fresh_python import PACKAGE
from quick_training import train_quickly
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from tiny_corpus import SITES, write_tiny_corpus

from boilerkit import Cleaner, Label
from boilerkit.config import OPERATING_POINTS
from boilerkit.features import (
    HTML_COLUMNS,
    KINDS,
    TEXT_MATRIX_COLUMNS,
    html_context,
    text_context,
)
from boilerkit.html_lines import read_html
from boilerkit.model import Model, bag_scores, load_model
from boilerkit.text_features import measure_lines
from boilerkit.train import corpus as corpus_module
from boilerkit.train import fit as fit_module
from boilerkit.train.corpus import UNKNOWN, Corpus, appeal_fold, build_corpus, sentence_keys
from boilerkit.train.export import Calibration, network_arrays, save_model
from boilerkit.train.fit import Bags, FittedHead, Trainer, pack
from boilerkit.train.prepare import Prepared, prepare
from boilerkit.train.release import fold_folder
from boilerkit.train.sites import N_FOLDS, fold_of

TOLERANCE = 1e-5
ALL_FOLDS = frozenset(range(N_FOLDS))

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_training")]


@pytest.fixture(scope="module")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_corpus(tmp_path_factory.mktemp("corpus"))


@dataclass(frozen=True)
class Training:
    """What one run of the command leaves behind."""

    folder: Path
    folds: Path
    card: dict[str, Any]
    reports: list[str]


@pytest.fixture(scope="module")
def first(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    out = tmp_path_factory.mktemp("first")
    card, reports = train_quickly(corpus_folder, out)
    return Training(out / "tiny", out / "folds", card, reports)


class TestCommand:
    def test_the_same_data_give_the_same_bytes(
        self, first: Training, corpus_folder: Path, tmp_path: Path
    ) -> None:
        program = Path(__file__).with_name("quick_training.py")
        subprocess.run(
            [sys.executable, program, corpus_folder, tmp_path],
            env={**os.environ, "PYTHONPATH": str(PACKAGE.parent), "PYTHONHASHSEED": "7"},
            check=True,
        )
        folders = [(tmp_path / "tiny", first.folder)]
        folders += [
            (fold_folder(tmp_path / "folds", fold), fold_folder(first.folds, fold))
            for fold in ALL_FOLDS
        ]
        for again, before in folders:
            for name in ("weights.npz", "config.json"):
                assert (again / name).read_bytes() == (before / name).read_bytes(), again

    def test_nothing_but_the_card_depends_on_the_day(self, first: Training) -> None:
        config = json.loads((first.folder / "config.json").read_text(encoding="utf-8"))
        assert not {"date", "commit", "versions"} & set(config)
        assert {"date", "commit", "versions", "data_sha256"} <= set(first.card)

    def test_the_card_is_written_beside_the_model(self, first: Training) -> None:
        assert json.loads((first.folder / "card.json").read_text(encoding="utf-8")) == first.card
        assert (first.card["name"], first.card["version"]) == ("tiny", "0.1")
        assert first.card["out_of_fold"]["wcxb-dev"] > 0.9

    def test_the_model_loads_cleans_and_extracts(self, first: Training) -> None:
        cleaner = Cleaner(model=first.folder)
        prose = "The ferry carried a piano without keys under the town hall while the band played."
        article = f"{prose}\n{prose} {prose}\n{prose}\n"
        text = f"{article}Please support Bergholm with a gift of 9 crowns.\nDonate now\n"
        assert cleaner.clean(text) == article
        labels = [line.label for line in cleaner.classify_text(text).lines[3:5]]
        assert labels == [Label.DONATION, Label.DONATION]
        page = (
            "<header class=top><ul><li class='nav menu'><a href=/>Home</a></ul></header>"
            f"<article class='main content'><p class='body text'>{prose}</p></article>"
            "<footer class=footer><p class='footer legal'>© 9 Bergholm. All rights reserved.</p>"
        )
        assert cleaner.extract(page) == prose

    def test_fold_models_load_and_differ(self, first: Training) -> None:
        weights = {
            (fold_folder(first.folds, fold) / "weights.npz").read_bytes() for fold in ALL_FOLDS
        }
        weights.add((first.folder / "weights.npz").read_bytes())
        assert len(weights) == N_FOLDS + 1
        for fold in ALL_FOLDS:
            assert load_model(fold_folder(first.folds, fold)).heads.keys() == {"html", "text"}

    def test_cuts_are_in_order_and_scores_probabilities(self, first: Training) -> None:
        for head in load_model(first.folder).heads.values():
            careful, balanced, greedy = (head.cuts[point].score for point in OPERATING_POINTS)
            assert 0 < careful <= balanced <= greedy < 1
            assert head.slope > 0

    def test_it_says_what_it_does_to_whom_it_is_told(
        self, first: Training, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert first.reports
        assert capsys.readouterr().out == ""


@pytest.fixture(scope="module")
def corpus(corpus_folder: Path) -> Corpus:
    return build_corpus(corpus_folder, n_jobs=1)


class TestCorpus:
    def test_holds_every_page_once(self, corpus: Corpus) -> None:
        names = [(example.source.dataset, example.source.id) for example in corpus.pages]
        assert len(set(names)) == len(names)
        assert sum(name != "shell" for name, _ in names) == 60 + 7 + 8 + 6

    def test_alignment_finds_the_content_of_pages(self, corpus: Corpus) -> None:
        for example in corpus.pages:
            if example.source.gold is None:
                continue
            gold = set(example.source.gold.split("\n"))
            for text, target in zip(example.page.texts, example.target, strict=True):
                if text in gold:
                    assert target == 1, text
                elif text == example.source.title:
                    assert target != 0, "a headline is content that ground truths leave out"

    def test_snippets_label_the_lines_that_hold_them(self, corpus: Corpus) -> None:
        for example in corpus.pages:
            if example.source.dataset != "trafilatura-eval":
                continue
            labels = dict(zip(example.page.texts, example.target.tolist(), strict=True))
            for snippet in example.source.required:
                assert [label for text, label in labels.items() if snippet in text] == [1]
            for snippet in example.source.forbidden:
                assert labels[snippet] == 0

    def test_typed_lines_give_pages_their_kinds(self, corpus: Corpus) -> None:
        kinds = [
            KINDS[kind]
            for example in corpus.pages
            if example.source.dataset == "goose3"
            for kind in example.kind.tolist()
            if kind != UNKNOWN
        ]
        assert {Label.CONTENT, Label.DONATION, Label.NAVIGATION, Label.LEGAL} <= set(kinds)

    def test_pages_of_one_site_are_in_one_fold(self, corpus: Corpus) -> None:
        folds: dict[str, set[int]] = {}
        for example in corpus.pages:
            folds.setdefault(example.source.site, set()).add(example.fold)
            assert example.fold == fold_of(example.source.site)
        assert all(len(found) == 1 for found in folds.values())
        assert {fold for found in folds.values() for fold in found} == ALL_FOLDS

    def test_a_text_is_in_the_fold_of_its_page(self, corpus: Corpus) -> None:
        by_page = {f"{e.source.dataset}:{e.source.id}": e.fold for e in corpus.pages}
        dumps = [example for example in corpus.texts if example.group == "dump"]
        assert dumps
        assert all(by_page[example.name] == example.fold for example in dumps)

    def test_rows_of_code_are_lines_of_a_dump(self, corpus: Corpus) -> None:
        page = next(example for example in corpus.pages if example.source.gold)
        lines, _ = read_html("<h1>Pumps</h1><pre>pump.start()\n\nwait(40)</pre><p>Log in</p>")
        example = replace(
            page,
            page=lines,
            target=np.array([1.0, 1.0, 0.0]),
            kind=np.array([UNKNOWN, UNKNOWN, KINDS.index(Label.ACCOUNT)]),
        )
        dump = corpus_module._dump_example(example)
        assert dump.lines == ["Pumps", "pump.start()", "wait(40)", "Log in"]
        assert dump.kind.tolist() == [0, 0, 0, KINDS.index(Label.ACCOUNT)]

    def test_lines_are_inserted_into_articles_of_their_own_fold(self, corpus: Corpus) -> None:
        fold_by_line = {single.text: single.fold for single in corpus.singles}
        inserted = [example for example in corpus.texts if example.group == "inserted"]
        assert inserted
        for example in inserted:
            for line in example.lines:
                assert fold_by_line.get(line, example.fold) == example.fold

    def test_lines_of_one_source_stand_in_one_fold_and_are_capped(
        self, corpus_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = [
            {
                "text": f"Give to us, reader {'x' * n}",
                "label": "donation",
                "lang": "en",
                "source": "one",
            }
            for n in range(30)
        ]
        labels = corpus_folder.with_name("capped")
        labels.mkdir()
        (labels / "appeals-dev.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        monkeypatch.undo()
        taken = [
            piece.fold
            for piece in corpus_module._pieces(labels, frozenset(), None)
            if piece.lines[0].startswith("Give to us, reader")
        ]
        assert set(taken) <= {appeal_fold("one")}
        assert len(taken) <= 8

    def test_a_shell_shows_links_and_holds_the_main_text_in_its_data(self, corpus: Corpus) -> None:
        page = next(example for example in corpus.pages if example.source.gold)
        gold = "\n".join(f"Paragraph {n} says <b> what no other one says." for n in range(20))
        source = replace(page.source, gold=gold)
        for number in range(12):  # of all kinds of script
            numbered = replace(page, source=replace(source, id=str(number)))
            shell = corpus_module._shell_example(numbered, frozenset())
            assert shell is not None
            texts = [
                text
                for text, target in zip(shell.page.texts, shell.target, strict=True)
                if target == 1
            ]
            assert " ".join(texts).count("what no other one says") == 20
            assert (shell.fold, shell.source.gold) == (page.fold, None)
        held = frozenset(sentence_keys(gold.split("\n")[7]))
        assert corpus_module._shell_example(numbered, held) is None

    def test_a_run_of_lines_is_set_in_whole_and_in_order(self) -> None:
        run = corpus_module._Piece([f"Line {n} of the appeal" for n in range(4)], 1, 0)
        stranger = corpus_module._Piece(["A line of another article"], 0, 0)
        for seed in range(50):
            host = [f"Paragraph {n}" for n in range(6)]
            example = corpus_module._insert("name", 0, host, [run, stranger], random.Random(seed))
            labelled = dict(zip(example.lines, example.kind.tolist(), strict=True))
            assert [line for line in example.lines if line in host] == host
            assert [line for line in example.lines if line in run.lines] == run.lines
            assert [labelled[line] for line in run.lines] == [1] * 4
            assert labelled["A line of another article"] == 0


class TestHeldOutSentences:
    """No line with a sentence of the test document is learned from, wherever it stands."""

    def test_lines_that_hold_one_are_left_out(
        self, corpus: Corpus, corpus_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        typed = {example.name: example for example in corpus.texts if example.group == "typed"}
        article = next(
            example
            for example in corpus.pages
            if example.source.page_type == "article" and example.source.gold
        )
        line = (article.source.gold or "").split("\n")[-1]
        sentence = line.split(". ")[0].rstrip(".")
        assert typed
        keys = frozenset(sentence_keys(sentence)[:1])
        learned = self.learned_lines(corpus)
        assert any(sentence in text for text in learned), "the sentence is not learned from at all"
        monkeypatch.setattr(corpus_module, "_held_out_sentences", lambda: keys)
        held = build_corpus(corpus_folder, n_jobs=1)
        assert not [text for text in self.learned_lines(held) if sentence in text]
        assert len(self.learned_lines(held)) > 0.9 * len(learned)

    def test_pages_learn_some_of_our_lines_and_texts_all(self, corpus: Corpus) -> None:
        prepared = prepare(corpus)
        in_texts, on_pages = fit_module._kind_rows(prepared)
        left_out = sum(not single.on_pages for single in corpus.singles)
        assert 0 < left_out < len(corpus.singles) / 4
        assert in_texts.matrix.shape[0] - on_pages.matrix.shape[0] == left_out
        assert len(on_pages.target) == len(on_pages.weight) == on_pages.matrix.shape[0]

    @staticmethod
    def learned_lines(corpus: Corpus) -> list[str]:
        """Return every line that has a label in training."""
        lines = [single.text for single in corpus.singles]
        for example in corpus.texts:
            lines += [
                text
                for text, kind in zip(example.lines, example.kind, strict=True)
                if kind != UNKNOWN
            ]
        for page in corpus.pages:
            known = ~np.isnan(page.target) | (page.kind != UNKNOWN)
            lines += [text for text, use in zip(page.page.texts, known, strict=True) if use]
        return lines


class TestRarity:
    """Words fitted by their rarity: three of which the last stands in every line."""

    matrix = sparse.csr_matrix(
        np.array([[1, 0, 1], [0, 1, 1], [0, 1, 1], [0, 1, 1], [1, 0, 1], [0, 0, 1]], np.float32)
    )

    def test_rises_as_words_are_rarer(self) -> None:
        first, second, third = fit_module._rarity(self.matrix)
        assert first > second > third >= 0

    def test_is_one_on_the_average_over_the_words_that_stand_there(self) -> None:
        rarity = fit_module._rarity(self.matrix)
        assert np.mean(rarity[self.matrix.indices] ** 2) == pytest.approx(1, abs=1e-5)

    def test_goes_into_the_weights(self) -> None:
        target, weight = np.array([0, 1, 1, 1, 0, 1]), np.ones(6)
        rarity = fit_module._rarity(self.matrix)
        scaled = self.matrix @ sparse.diags(rarity)
        fitted = LogisticRegression(C=3.0, max_iter=60, tol=1e-3).fit(scaled, target)
        weights = fit_module._fit_linear(self.matrix, target, weight, 3.0, 2, rarity=rarity)
        found = self.matrix @ weights[:-1, 0] + weights[-1, 0]
        assert found == pytest.approx(fitted.decision_function(scaled), abs=0.1)

    def test_leaves_the_weights_on_the_grid_that_is_stored(self) -> None:
        target, weight = np.array([0, 1, 1, 1, 0, 1]), np.ones(6)
        rarity = fit_module._rarity(self.matrix)
        weights = fit_module._fit_linear(self.matrix, target, weight, 3.0, 2, rarity=rarity)
        assert (weights == fit_module.quantised(weights)).all()


@dataclass(frozen=True)
class Parts:
    """A fit, its export read back, and what both are asked about."""

    corpus: Corpus
    data: Prepared
    trainer: Trainer
    bags: Bags
    heads: dict[str, FittedHead]
    model: Model

    def documents(self, kind: str) -> list[np.ndarray]:
        """Return the features of each page or text."""
        if kind == "html":
            return [self.html_matrix(n) for n in range(len(self.corpus.pages))]
        texts = [n for n, example in enumerate(self.corpus.texts) if example.lines]
        return [self.text_matrix(n) for n in texts]

    def matrices(self, kind: str) -> np.ndarray:
        """Return the features of all lines of all pages or texts."""
        return np.concatenate(self.documents(kind))

    def html_matrix(self, number: int) -> np.ndarray:
        """Return the columns of both passes over a page."""
        matrix = self.trainer.html_matrix(number, self.bags)
        odds = self.heads["html"].first.log_odds(matrix)
        page = self.data.pages[number]
        return np.concatenate([matrix, html_context(odds, page.structure, page.text)], axis=1)

    def text_matrix(self, number: int) -> np.ndarray:
        """Return the columns of both passes over a text."""
        matrix = self.trainer.text_matrix(number, self.bags)
        odds = self.heads["text"].first.log_odds(matrix)
        return np.concatenate([matrix, text_context(odds, self.data.texts[number].text)], axis=1)


@pytest.fixture(scope="module")
def parts(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    data = prepare(corpus)
    trainer = Trainer(data)
    vocabulary = trainer.vocabulary(ALL_FOLDS)
    inner = trainer.out_of_fold_bags(ALL_FOLDS, vocabulary)
    heads = {"html": trainer.fit_html(inner), "text": trainer.fit_text(inner)}
    bags = trainer.bags(ALL_FOLDS, vocabulary)
    folder = tmp_path_factory.mktemp("parts") / "model"
    calibration = Calibration(1.25, -0.5, {"careful": 0.2, "balanced": 0.5, "greedy": 0.8})
    save_model(
        folder,
        name="parts",
        version="0",
        lexicon=data.lexicon,
        bags=bags,
        heads=heads,
        calibrations={"html": calibration, "text": calibration},
        card={},
    )
    return Parts(corpus, data, trainer, bags, heads, load_model(folder))


def with_weights(weights: np.ndarray, classes: np.ndarray) -> LogisticRegression:
    """Return scikit-learn's estimator for weights whose last row is the intercepts."""
    estimator = LogisticRegression()
    estimator.classes_ = classes
    estimator.coef_ = weights[:-1].T.astype(np.float64)
    estimator.intercept_ = weights[-1].astype(np.float64)
    return estimator


class TestParity:
    @pytest.mark.parametrize("kind", ["html", "text"])
    def test_the_forest_scores_like_scikit_learns(self, parts: Parts, kind: str) -> None:
        matrix = parts.matrices(kind)
        ours = parts.model.heads[kind].forest.log_odds(matrix)
        theirs = parts.heads[kind].estimator.decision_function(matrix)
        assert len(set(theirs.tolist())) > 20
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE, rtol=0)

    @pytest.mark.parametrize("kind", ["html", "text"])
    def test_scores_are_those_of_forest_and_network_calibrated(
        self, parts: Parts, kind: str
    ) -> None:
        fitted = parts.heads[kind]
        for matrix in parts.documents(kind):
            odds = fitted.estimator.decision_function(matrix) + fitted.network.logits(matrix)[:, 0]
            expected = 1 / (1 + np.exp(-(1.25 * odds - 0.5)))
            found = parts.model.heads[kind].score(matrix).content
            np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)

    @pytest.mark.parametrize("name", ["word_kinds", "word_content", "text_kinds"])
    def test_the_word_models_score_like_scikit_learns(self, parts: Parts, name: str) -> None:
        weights = getattr(parts.model, name)
        np.testing.assert_array_equal(weights, getattr(parts.bags, name))
        texts = [example.page.texts for example in parts.corpus.pages[:20]]
        estimator = with_weights(weights, np.arange(max(weights.shape[1], 2)))
        for lines in texts:
            features = measure_lines(lines)
            rows = fit_module._bag_matrix([features])
            theirs = estimator.decision_function(rows).reshape(len(lines), -1)
            np.testing.assert_allclose(
                bag_scores(features, weights), theirs, atol=TOLERANCE, rtol=0
            )

    @pytest.mark.parametrize("kind", ["html", "text"])
    def test_the_network_is_exported_as_it_was_fitted(self, parts: Parts, kind: str) -> None:
        for name, array in network_arrays(parts.heads[kind].network).items():
            np.testing.assert_array_equal(
                getattr(parts.model.heads[kind].network, name), array, err_msg=name
            )

    @pytest.mark.parametrize("kind", ["html", "text"])
    def test_the_network_has_learned_and_leaves_the_second_pass_alone(
        self, parts: Parts, kind: str
    ) -> None:
        network = parts.heads[kind].network
        read = {"html": len(HTML_COLUMNS), "text": len(TEXT_MATRIX_COLUMNS)}[kind]
        assert not network.direct[read:-1].any()
        assert not network.inward[read:-1].any()
        odds = np.concatenate([network.logits(m)[:, 0] for m in parts.documents(kind)])
        theirs = parts.heads[kind].estimator.decision_function(parts.matrices(kind))
        assert np.corrcoef(odds, theirs)[0, 1] > 0.5

    def test_run_time_features_are_those_of_training(self, parts: Parts) -> None:
        for number in range(0, len(parts.corpus.pages), 7):
            page = parts.corpus.pages[number].page
            np.testing.assert_allclose(
                parts.model.html_matrix(page), parts.html_matrix(number), atol=TOLERANCE, rtol=0
            )
        for number in range(0, len(parts.corpus.texts), 23):
            lines = parts.corpus.texts[number].lines
            np.testing.assert_array_equal(parts.model.text_matrix(lines), parts.text_matrix(number))


class TestFolds:
    """What is trained without a fold has seen nothing of it."""

    def test_words_that_only_one_site_uses_have_no_weight_without_its_fold(
        self, parts: Parts
    ) -> None:
        tested = 0
        for site in SITES:
            (bucket, *_) = measure_lines([site]).token_bucket.tolist()
            fold = fold_of(f"www.{site}.example")
            if not self.is_only_of(parts, bucket, fold):
                continue
            without = parts.trainer.bags(ALL_FOLDS - {fold}, parts.bags.vocabulary)
            assert not without.word_content[bucket].any()
            assert not without.word_kinds[bucket].any()
            assert not without.text_kinds[bucket].any()
            assert parts.bags.word_content[bucket].any()
            tested += 1
            if tested == 3:
                return
        assert tested == 3

    @staticmethod
    def is_only_of(parts: Parts, bucket: int, fold: int) -> bool:
        """Return whether a bucket is met in one fold's pages, texts and lines alone."""
        examples = [*parts.data.pages, *parts.data.texts]
        met = {example.fold for example in examples if bucket in example.text.token_bucket}
        return met == {fold}

    def test_out_of_fold_models_leave_out_their_fold(self, parts: Parts) -> None:
        folds = {0, 1, 2}
        found = parts.trainer.out_of_fold_bags(folds, parts.bags.vocabulary)
        assert found.keys() == folds
        for fold, bags in found.items():
            again = parts.trainer.bags(folds - {fold}, parts.bags.vocabulary)
            np.testing.assert_array_equal(bags.word_kinds, again.word_kinds)
            np.testing.assert_array_equal(bags.text_kinds, again.text_kinds)
            np.testing.assert_array_equal(bags.name_content, again.name_content)

    def test_a_name_is_known_from_four_sites_on(self, parts: Parts) -> None:
        sites: dict[str, set[str]] = {}
        for example in parts.corpus.pages:
            for names in (*example.page.box_names, *example.page.line_inline):
                for token in names.lower().split():
                    sites.setdefault(token, set()).add(example.source.site)
        vocabulary = parts.bags.vocabulary
        assert {"nav", "menu", "headline", "footer", "promo"} <= set(vocabulary)
        assert all(len(sites.get(token, "1234")) >= 4 for token in vocabulary)
        assert list(vocabulary) == sorted(vocabulary)


class TestPacking:
    def test_weights_are_rounded_to_the_nearest_step_of_their_column(self) -> None:
        weights = np.array([[1.27, 0], [-0.014, 0], [0.016, 0]], np.float32)
        packed, scale = pack(weights)
        assert packed.dtype == np.int8
        assert packed[:, 0].tolist() == [127, -1, 2]
        assert scale.tolist() == pytest.approx([0.01, 1])
        np.testing.assert_allclose(packed * scale, weights, atol=0.005)

    def test_packing_twice_changes_nothing(self) -> None:
        weights = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
        packed, scale = pack(weights)
        again, same = pack(packed.astype(np.float32) * scale)
        np.testing.assert_array_equal(packed, again)
        np.testing.assert_allclose(scale, same, rtol=1e-6)
