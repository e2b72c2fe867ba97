"""Results: how a page is scored by each measure, what a file keeps, what changed between two."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks_standins import make_run, make_set

from benchmarks.compare import compare
from benchmarks.datasets import Measure
from benchmarks.markdown import render_sections
from benchmarks.results import (
    SystemPages,
    page_score,
    read_run,
    score_page,
    set_score,
    write_run,
)
from boilerkit.train.datasets import Page


def make_page(gold: str | None, **changes: tuple[str, ...]) -> Page:
    page = Page("own", "1", Path(), None, "own.example", "article", "en", gold)
    return replace(page, **changes)  # type: ignore[arg-type]


class TestScoring:
    def test_words(self) -> None:
        page = make_page("the heron stands")
        counts = score_page(Measure.WORDS, page, "The heron flies off")
        assert counts == (2, 4, 3)
        assert page_score(Measure.WORDS, counts) == pytest.approx(4 / 7)

    def test_words_of_spaceless_scripts_are_split_where_the_set_says_so(self) -> None:
        page = make_page("新聞好")
        assert score_page(Measure.WORDS, page, "新聞") == (0, 1, 1)
        assert score_page(Measure.WORDS_SPLIT, page, "新聞") == (2, 2, 3)

    def test_shingles(self) -> None:
        assert score_page(Measure.SHINGLES, make_page("a b c d e"), "a b c d") == (1, 1, 2)

    def test_snippets(self) -> None:
        page = make_page(None, required=("the heron", "the owl"), forbidden=("Share",))
        counts = score_page(Measure.SNIPPETS, page, "Share the\nheron")
        assert counts == (1, 2, 1, 1)
        # precision 1/2, recall 1/2
        assert page_score(Measure.SNIPPETS, counts) == pytest.approx(1 / 2)

    def test_a_page_without_snippets_cannot_fail(self) -> None:
        assert page_score(Measure.SNIPPETS, (0, 0, 0, 0)) == 1

    def test_sets_average_pages_or_pool_their_counts(self) -> None:
        assert set_score(Measure.WORDS, [(1, 1, 1), (0, 1, 1)]) == 0.5
        assert set_score(Measure.SNIPPETS, [(1, 1, 0, 1), (0, 3, 0, 1)]) == pytest.approx(2 / 5)
        # mean precision 1 over the one page that found something, mean recall 1/2
        assert set_score(Measure.SHINGLES, [(1, 1, 1), (0, 0, 4)]) == pytest.approx(2 / 3)

    def test_groups_are_scored_apart(self) -> None:
        rows = tuple((10, 10, 10) if number < 6 else (0, 10, 10) for number in range(12))
        result = make_set({"a": SystemPages(rows)})
        assert result.score("a") == 0.5
        assert result.score("a", lambda page: page.page_type == "article") == 1
        assert result.score("a", lambda page: page.page_type == "forum") == 0


class TestFile:
    def test_a_run_comes_back_as_it_was(self, tmp_path: Path) -> None:
        run = make_run()
        write_run(run, tmp_path / "run.json")
        again = read_run(tmp_path / "run.json")
        assert again.sets == run.sets
        assert again.filtered == run.filtered
        assert again.lines == run.lines
        assert (again.about, again.skipped) == (run.about, run.skipped)

    def test_the_same_run_gives_the_same_bytes(self, tmp_path: Path) -> None:
        for name in ("a.json", "b.json"):
            write_run(make_run(), tmp_path / name)
        assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
        write_run(read_run(tmp_path / "a.json"), tmp_path / "c.json")
        assert (tmp_path / "a.json").read_bytes() == (tmp_path / "c.json").read_bytes()

    @pytest.mark.parametrize("text", ["[]", '{"format": 0}'])
    def test_another_format_is_refused(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(ValueError, match="not a result file of format 1"):
            read_run(tmp_path / "run.json")

    def test_every_page_has_its_counts(self, tmp_path: Path) -> None:
        write_run(make_run(), tmp_path / "run.json")
        data = json.loads((tmp_path / "run.json").read_text())
        (result,) = data["sets"]
        assert [page["id"] for page in result["pages"]][:2] == ["0000", "0001"]
        assert result["systems"]["trafilatura"]["counts"] == [[5, 10, 10]] * 12


class TestCompare:
    def test_names_the_pages_that_moved(self) -> None:
        before, after = make_run(), make_run()
        counts = list(before.sets["wcxb-dev"].systems["trafilatura"].counts)
        counts[3] = (9, 10, 10)
        systems = {**after.sets["wcxb-dev"].systems, "trafilatura": SystemPages(tuple(counts))}
        after = make_run(sets={"wcxb-dev": make_set(systems)})
        text = render_sections("# changes", compare(before, after))
        assert "2 of 3 systems did not change on any page." in text
        assert "| 0003 | 0.5000 | 0.9000 | +0.4000 |" in text
        assert "0004" not in text
        assert "| trafilatura 2.3.1 | 0.5000 | 0.5333 | +0.0333 |" in text

    def test_shows_what_cleaning_others_outputs_gained_or_lost(self) -> None:
        before, after = make_run(), make_run()
        filtered = before.filtered["wcxb-dev"]
        worse = {**filtered.systems, "trafilatura+": filtered.systems["trafilatura"]}
        after = replace(after, filtered={"wcxb-dev": replace(filtered, systems=worse)})
        text = render_sections("# changes", compare(before, after))
        assert "## Cleaned outputs: Set wcxb-dev" in text
        assert "| trafilatura+ | 1.0000 | 0.5000 | -0.5000 |" in text

    def test_equal_runs_have_nothing_to_show(self) -> None:
        text = render_sections("# changes", compare(make_run(), make_run()))
        assert "3 of 3 systems did not change" in text
        assert "before" not in text.split("## Typed lines")[0]
        assert "(+0.0000)" in text

    def test_other_data_are_not_compared(self) -> None:
        systems = make_run().sets["wcxb-dev"].systems
        other = make_run(sets={"wcxb-dev": make_set(systems, sha256="11")})
        text = render_sections("# changes", compare(make_run(), other))
        assert "Not compared: the two runs were made on other data." in text

    def test_systems_of_one_run_only_are_named(self) -> None:
        systems = dict(make_run().sets["wcxb-dev"].systems)
        del systems["nothing"]
        after = make_run(sets={"wcxb-dev": make_set(systems)})
        assert "In one run only: nothing." in render_sections("#", compare(make_run(), after))
