"""A whole run on a stand-in set, and the commands as a user types them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks_standins import write_wcxb
from tiny_corpus import write_tiny_corpus
from toy_model import write_toy_model

from benchmarks import __main__ as command
from benchmarks.datasets import DATA_SETS, Kind, Measure
from benchmarks.ours import OUR_ROWS, CleanerSource, fold_models, guarded
from benchmarks.outputs import CHECKOUT, Answer, OutputCache, Peer
from benchmarks.results import Run, read_run, score_page
from benchmarks.run import Suite, run_suite, worst_pages
from boilerkit import Cleaner, Document, ModelError
from boilerkit.train.sites import N_FOLDS, fold_of

pytestmark = pytest.mark.filterwarnings("ignore:.*are left out")

HASHES = {"data_sha256": "da", "code_sha256": "c0", "settings_sha256": "5e"}
NOTHING = Peer("nothing", "-", sys.executable)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOILERKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a stand-in for WCXB, in upstream's layout."""
    write_wcxb(tmp_path / "data" / "wcxb")
    stand_in = replace(DATA_SETS["wcxb-dev"], pages_sha256=None)
    monkeypatch.setitem(DATA_SETS, "wcxb-dev", stand_in)
    return tmp_path / "data"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A toy release, with its fold models in ``folds`` beside it, as one run leaves them."""
    for name in ("release", *(f"folds/fold-{fold}" for fold in range(N_FOLDS))):
        write_toy_model(tmp_path / name)
        (tmp_path / name / "card.json").write_text(json.dumps({"date": "2026-11-22", **HASHES}))
    return tmp_path / "release"


@pytest.fixture
def source(release: Path) -> CleanerSource:
    return open_folds(release, "folds")


def open_folds(release: Path, folder: str) -> CleanerSource:
    return CleanerSource(fold_models(release.parent / folder, release, Path("DATA"), HASHES))


def make_suite(data: Path, cache: Path, source: CleanerSource | None) -> Suite:
    return Suite(
        root=data,
        cache=OutputCache(cache),
        wanted=("nothing", "goose3"),
        peers={"nothing": NOTHING},
        cleaners=source,
        sets=("wcxb-dev", "fundus-dev"),
    )


class TestCleanerSource:
    def test_gives_the_fold_of_the_site_and_builds_each_cleaner_once(
        self, source: CleanerSource
    ) -> None:
        row = OUR_ROWS["boilerkit"]
        sites = [f"site{number}.example" for number in range(30)]
        cleaners = {site: source.cleaner(row, site) for site in sites}
        assert {fold_of(site) for site in sites} == set(range(N_FOLDS))
        for site, cleaner in cleaners.items():
            same_fold = [other for other in sites if fold_of(other) == fold_of(site)]
            assert {id(cleaners[other]) for other in same_fold} == {id(cleaner)}
        assert len({id(cleaner) for cleaner in cleaners.values()}) == N_FOLDS

    def test_rows_differ_in_operating_point_and_backend(self, source: CleanerSource) -> None:
        points = {
            name: source.cleaner(row, "site.example").config.operating_point
            for name, row in OUR_ROWS.items()
        }
        assert points["boilerkit-careful"] == "careful"
        assert points["boilerkit-greedy"] == "greedy"
        heuristic = source.cleaner(OUR_ROWS["boilerkit-heuristic"], "site.example")
        assert heuristic.backend.name == "heuristic"

    def test_exam_pages_are_judged_by_the_shipped_model(self, source: CleanerSource) -> None:
        row = OUR_ROWS["boilerkit"]
        shipped = source.cleaner(row, "site.example", Kind.EXAM)
        assert shipped.backend.model_name == Cleaner().backend.model_name
        assert shipped is not source.cleaner(row, "site.example", Kind.DEV)

    def test_a_missing_fold_model_is_an_error_with_the_command_that_makes_it(
        self, release: Path
    ) -> None:
        source = open_folds(release, "elsewhere")
        folder = release.parent / "elsewhere"
        command = f"boilerkit train --data DATA --folds 5 --fold-cache {folder} --out"
        with pytest.raises(ModelError, match=re.escape(f"run '{command} {folder / 'release'}'")):
            source.cleaner(OUR_ROWS["boilerkit"], "site.example")

    @pytest.mark.parametrize("name", HASHES)
    def test_a_fold_model_of_other_data_code_or_settings_is_an_error(
        self, source: CleanerSource, release: Path, name: str
    ) -> None:
        card = release.parent / "folds" / f"fold-{fold_of('site.example')}" / "card.json"
        card.write_text(json.dumps({**HASHES, name: "0"}))
        with pytest.raises(ModelError, match=f"stale, its {name} changed: run 'boilerkit train"):
            source.cleaner(OUR_ROWS["boilerkit"], "site.example")

    def test_the_day_of_the_training_is_no_matter(
        self, source: CleanerSource, release: Path
    ) -> None:
        (release / "card.json").write_text(json.dumps({**HASHES, "date": "2030-01-01"}))
        again = open_folds(release, "folds")
        assert again.checksums() == source.checksums()

    def test_a_release_of_other_code_is_an_error(self, release: Path) -> None:
        (release / "card.json").write_text("{}")
        command = f"boilerkit train --data DATA --folds 5 --fold-cache {release.parent / 'folds'}"
        with pytest.raises(ModelError, match=re.escape(f"run '{command} --out {release}'")):
            open_folds(release, "folds")

    def test_a_damaged_fold_model_ends_a_run_before_it_begins(
        self, source: CleanerSource, release: Path
    ) -> None:
        source.preload()
        (release.parent / "folds" / "fold-4" / "weights.npz").write_bytes(b"damaged")
        with pytest.raises(ModelError, match="fold-4"):
            open_folds(release, "folds").preload()

    def test_checksums_are_those_of_the_weights(self, source: CleanerSource) -> None:
        sums = source.checksums()
        assert list(sums) == [f"model of fold {fold}" for fold in range(N_FOLDS)]
        assert all(re.fullmatch("[0-9a-f]{64}", value) for value in sums.values())


def test_our_own_crash_is_a_miss() -> None:
    def fail() -> Document:
        raise RuntimeError("broken")

    answer = guarded(fail)
    assert (answer.status, answer.text, answer.detail) == ("crash", "", "RuntimeError: broken")


class TestRun:
    def test_scores_every_system_on_every_page(
        self, data: Path, cache: Path, source: CleanerSource
    ) -> None:
        run = run_suite(make_suite(data, cache, source))
        result = run.sets["wcxb-dev"]
        assert [page.id for page in result.pages] == ["0001", "0003"]
        assert list(result.systems) == ["boilerkit", "boilerkit-heuristic", "nothing"]
        # nine words, all found; "Share this!!!" shouts and is dropped, the title is not printed
        assert result.counts("boilerkit") == [(9, 9, 9), (9, 9, 9)]
        assert result.counts("nothing") == [(0, 0, 9), (0, 0, 9)]

    def test_says_what_it_skipped(self, data: Path, cache: Path) -> None:
        run = run_suite(make_suite(data, cache, None))
        assert list(run.sets) == ["wcxb-dev"]
        assert any("fundus-dev" in reason for reason in run.skipped)
        assert any("goose3" in reason for reason in run.skipped)

    def test_a_system_without_our_rows_has_no_filter_and_no_lines(
        self, data: Path, cache: Path
    ) -> None:
        run = run_suite(make_suite(data, cache, None))
        assert run.filtered == {}
        assert run.lines == {}

    def test_twice_gives_the_same_figures(
        self, data: Path, cache: Path, source: CleanerSource
    ) -> None:
        first, second = (run_suite(make_suite(data, cache, source)) for _ in range(2))
        assert first.sets == second.sets
        assert first.filtered == second.filtered

    def test_cleans_the_output_of_peers_as_text(
        self, data: Path, cache: Path, source: CleanerSource
    ) -> None:
        suite = make_suite(data, cache, source)
        store = OutputCache(cache)
        peer = Peer("resiliparse", "1.0", "no-such-python")
        for page in DATA_SETS["wcxb-dev"].read(data):
            answer = f"{page.gold}\nShare this!!!\nFollow us!!"
            store.put(peer.key, page.read_html(), Answer("ok", answer))
        run = run_suite(replace(suite, peers={"resiliparse": peer}))
        filtered = run.filtered["wcxb-dev"]
        assert filtered.counts("resiliparse") == [(9, 13, 9), (9, 13, 9)]
        assert filtered.counts("resiliparse+") == [(9, 9, 9), (9, 9, 9)]
        rules = Cleaner(model="heuristic")
        expected = [
            score_page(Measure.WORDS, page, rules.clean(f"{page.gold}\nShare this!!!\nFollow us!!"))
            for page in DATA_SETS["wcxb-dev"].read(data)
        ]
        assert filtered.counts("resiliparse+heuristic") == expected

    def test_quotes_the_worst_pages(self, data: Path, cache: Path, source: CleanerSource) -> None:
        suite = make_suite(data, cache, source)
        run = run_suite(suite)
        ours = worst_pages(suite, run, "boilerkit")
        assert [(page.id, page.score) for page in ours] == [("0001", 1.0), ("0003", 1.0)]
        states = {line.text: (line.state, line.label) for line in ours[0].output}
        assert states["The heron of page 0001 stands in the reeds."] == ("right", "content")
        assert states["Share this!!!"] == ("dropped", "navigation")
        (nothing, _) = worst_pages(suite, run, "nothing", count=2)
        assert nothing.output == ()
        assert [line.state for line in nothing.gold] == ["unseen"]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-ins' data and this code as the toy models' cards have them."""
    monkeypatch.setattr("boilerkit.train.fingerprint.fingerprint", lambda root: HASHES)


def run_command(arguments: Sequence[str | Path]) -> int:
    return command.main([str(argument) for argument in arguments])


@pytest.mark.usefixtures("hashed")
class TestCommands:
    @pytest.fixture
    def results(self, data: Path, release: Path, tmp_path: Path) -> Path:
        """The folder of results after one ``run``."""
        out = tmp_path / "results"
        arguments = ["run", "--data", data, "--out", out, "--systems", "nothing", "goose3"]
        code = run_command([*arguments, "--release", release, "--folds", release.parent / "folds"])
        assert code == 0
        return out

    def read(self, results: Path) -> Run:
        (path,) = (path for path in results.glob("run-*.json") if "quotes" not in path.name)
        return read_run(path)

    def test_run_leaves_dated_results_and_reports(self, results: Path) -> None:
        endings = sorted(path.name.partition(".")[2] for path in results.iterdir())
        assert endings == ["html", "json", "md", "quotes.json"]
        run = self.read(results)
        assert run.sets["wcxb-dev"].score("boilerkit") == 1
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", run.about["date"])
        assert len(run.about["models"]) == N_FOLDS
        assert "goose3: not installed for any of the interpreters" in run.skipped

    def test_results_quote_no_page(self, results: Path) -> None:
        for path in results.iterdir():
            quoted = "stands in the reeds" in path.read_text(encoding="utf-8")
            assert quoted == (path.name.endswith((".html", ".quotes.json")))

    def test_report_writes_the_same_report_again(self, results: Path, tmp_path: Path) -> None:
        (path,) = (path for path in results.glob("run-*.json") if "quotes" not in path.name)
        again = [tmp_path / "again.md", tmp_path / "again.html"]
        quotes = path.with_name(path.name.replace(".json", ".quotes.json"))
        arguments: list[str | Path] = ["report", path, "--quotes", quotes]
        assert run_command([*arguments, "--markdown", again[0], "--html", again[1]]) == 0
        assert again[0].read_text() == path.with_suffix(".md").read_text()
        assert again[1].read_text() == path.with_suffix(".html").read_text()

    def test_compare_prints_what_changed(
        self, results: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (path,) = (path for path in results.glob("run-*.json") if "quotes" not in path.name)
        capsys.readouterr()
        assert run_command(["compare", path, path]) == 0
        assert "3 of 3 systems did not change" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["report", "missing.json"], "missing.json"),
            (["fetch", "trafilatura-eval", "--data", "."], "with --from"),
            (["fetch", "wcxb-dev", "fundus-dev", "--from", "x", "--data", "."], "one archive"),
        ],
    )
    def test_bad_input_is_one_line_and_exit_code_2(
        self, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run_command(arguments) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1

    def test_a_missing_model_is_exit_code_2(
        self, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        arguments = ["run", "--data", data, "--out", tmp_path / "out", "--systems", "nothing"]
        assert run_command([*arguments, "--release", tmp_path / "none"]) == 2
        assert "boilerkit train" in capsys.readouterr().err

    def test_folds_says_whether_the_models_are_there(
        self, data: Path, release: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        arguments = ["folds", "--data", data, "--release", release, "--folds"]
        assert run_command([*arguments, release.parent / "folds"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == N_FOLDS
        assert run_command([*arguments, release.parent / "elsewhere"]) == 2
        assert "boilerkit train" in capsys.readouterr().err

    def test_result_json_is_utf8_and_one_object(self, results: Path) -> None:
        for path in results.glob("run-*T*.json"):
            assert json.loads(path.read_bytes().decode("utf-8"))


PROGRAM = """
import sys
from dataclasses import replace
from benchmarks.__main__ import main
from benchmarks.datasets import DATA_SETS
from boilerkit.train import fingerprint
for name, item in DATA_SETS.items():
    DATA_SETS[name] = replace(item, pages_sha256=None)
fingerprint.fingerprint = lambda root: {hashes!r}
sys.exit(main())
"""


def test_the_same_command_twice_gives_the_same_figures_to_the_last_digit(
    tmp_path: Path, release: Path
) -> None:
    """In two processes with other hash seeds: page sets, filters, lines, ranges and reports."""
    data = write_tiny_corpus(tmp_path / "data")
    reports = []
    for seed in ("1", "2"):
        out = tmp_path / f"out{seed}"
        arguments = ["run", "--data", data, "--release", release, "--out", out]
        arguments += ["--folds", release.parent / "folds", "--systems", "nothing", "--limit", "6"]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(hashes=HASHES), *map(str, arguments)],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        (path,) = (path for path in out.glob("run-*.json") if "quotes" not in path.name)
        run = read_run(path)
        assert len(run.lines) == 4
        assert list(run.sets) == ["wcxb-dev", "fundus-dev", "trafilatura-eval"]
        files = [path.with_suffix(ending).read_text() for ending in (".json", ".md", ".html")]
        files.append(path.with_suffix(".quotes.json").read_text())
        reports.append([text.replace(run.about["date"], "DATE") for text in files])
    assert reports[0] == reports[1]
