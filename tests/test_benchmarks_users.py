"""``bench_folder``: a user's own labelled pages and texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boilerkit import Cleaner, ConfigError
from boilerkit.bench import BenchReport, bench_folder
from boilerkit.bench_files import read_folder
from boilerkit.user_labels import LABELS_FILE, line_hash


def write_page(folder: Path, name: str, html: str, **sides: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.html").write_text(html, encoding="utf-8")
    for ending, content in sides.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.{ending}").write_text(text, encoding="utf-8")


def write_text(folder: Path, name: str, text: str, labels: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.txt").write_bytes(text.encode("utf-8"))
    (folder / f"{name}.labels.json").write_text(json.dumps({"labels": labels}))


def write_annotated(folder: Path, rows: list[tuple[str, int, str, str]]) -> None:
    """Write labels as ``annotate`` saves them; rows are document, line number, label, text."""
    labels = [
        json.dumps({"doc": doc, "line": line, "label": label, "sha256": line_hash(text)})
        for doc, line, label, text in rows
    ]
    (folder / LABELS_FILE).write_text("\n".join(labels) + "\n")


def lines(*pairs: tuple[str, str]) -> dict[str, object]:
    return {"lines": [{"text": text, "label": label} for text, label in pairs]}


PAGE = "<p>The heron stands.</p><p>Menu!!!</p>"


def bench(folder: Path, toy: Cleaner, min_f1: float = 0.9) -> BenchReport:
    return bench_folder(folder, cleaner=toy, min_f1=min_f1)


class TestScores:
    def test_pages_with_their_main_text(self, tmp_path: Path, toy: Cleaner) -> None:
        write_page(tmp_path, "right", PAGE, txt="The heron stands.\n")
        write_page(tmp_path / "deeper", "half", PAGE, txt="The heron stands. And it flies off")
        report = bench(tmp_path, toy)
        assert [(item.name, item.f1) for item in report.items] == [
            ("deeper/half.html", pytest.approx(6 / 10)),
            ("right.html", 1),
        ]
        assert report.f1 == pytest.approx(0.8)
        assert not report.passed
        assert bench(tmp_path, toy, min_f1=0.8).passed

    def test_pages_with_labelled_lines(self, tmp_path: Path, toy: Cleaner) -> None:
        labelled = lines(("The heron stands.", "content"), ("Menu!!!", "navigation"))
        write_page(tmp_path, "page", PAGE, json=labelled)
        (item,) = bench(tmp_path, toy).items
        assert item.f1 == 1
        assert item.lines is not None
        assert item.lines.chrome_recall() == 1
        assert item.lines.content_words_lost == 0

    def test_lines_that_the_page_cuts_otherwise_are_left_to_the_words(
        self, tmp_path: Path, toy: Cleaner
    ) -> None:
        labelled = lines(("The heron", "content"), ("stands.", "content"), ("Menu!!!", "legal"))
        write_page(tmp_path, "page", PAGE, json=labelled)
        (item,) = bench(tmp_path, toy).items
        assert item.f1 == 1
        assert item.lines is not None
        assert item.lines.count() == 1

    def test_a_line_that_stands_twice_is_matched_in_order(
        self, tmp_path: Path, toy: Cleaner
    ) -> None:
        html = "<p>Menu!!!</p><p>The heron.</p><p>Menu!!!</p>"
        labelled = lines(("Menu!!!", "navigation"), ("The heron.", "content"), ("Menu!!!", "legal"))
        write_page(tmp_path, "page", html, json=labelled)
        (item,) = bench(tmp_path, toy).items
        assert item.lines is not None
        assert item.lines.count() == 3

    def test_texts_with_labels(self, tmp_path: Path, toy: Cleaner) -> None:
        write_text(tmp_path, "one", "Buy!!!\nThe heron.\r\n", ["subscription", "content"])
        report = bench(tmp_path, toy)
        assert [item.f1 for item in report.items] == [1]
        assert report.lines.chrome_recall() == 1
        assert report.passed

    def test_lines_that_annotate_saved(self, tmp_path: Path, toy: Cleaner) -> None:
        write_page(tmp_path / "sub", "page", PAGE + "<p>Nobody labelled this!!!</p>")
        (tmp_path / "sub" / "own.txt").write_text("Buy!!!\nThe heron.\n\nIt waits!!!\n")
        rows = [
            ("sub/page.html", 1, "content", "The heron stands."),
            ("sub/page.html", 2, "navigation", "Menu!!!"),
            ("sub/own.txt", 2, "content", "The heron."),
            ("sub/own.txt", 4, "content", "It waits!!!"),
        ]
        write_annotated(tmp_path, rows)
        text, page = bench(tmp_path, toy).items
        assert (page.name, page.f1) == ("sub/page.html", 1)
        assert page.lines is not None
        assert page.lines.count() == 2
        # kept: the heron; labelled content: it waits too
        assert (text.name, text.f1) == ("sub/own.txt", pytest.approx(2 * 2 / (2 + 4)))

    def test_labels_whose_line_has_changed_are_left_out_and_counted(
        self, tmp_path: Path, toy: Cleaner
    ) -> None:
        write_page(tmp_path, "page", PAGE)
        rows = [
            ("page.html", 1, "content", "The heron stands."),
            ("page.html", 2, "content", "another line"),
        ]
        write_annotated(tmp_path, rows)
        report = bench(tmp_path, toy)
        (item,) = report.items
        assert item.f1 == 1
        expected = "1.0000  page.html (1 labels left out: page.html: line 2 is not the line"
        assert report.render().startswith(expected)
        write_annotated(tmp_path, rows[1:])
        (item,) = bench(tmp_path, toy).items
        assert item.f1 == 0
        assert item.error.startswith("no label fits: page.html: line 2")

    def test_annotated_lines_count_before_other_files(self, tmp_path: Path, toy: Cleaner) -> None:
        write_page(tmp_path, "page", PAGE, txt="Nothing alike")
        write_text(tmp_path, "own", "The heron.", ["legal"])
        rows = [
            ("page.html", 1, "content", "The heron stands."),
            ("own.txt", 1, "content", "The heron."),
        ]
        write_annotated(tmp_path, rows)
        assert [(item.name, item.f1) for item in bench(tmp_path, toy).items] == [
            ("own.txt", 1),
            ("page.html", 1),
        ]

    def test_an_exception_costs_its_page_and_no_other(self, tmp_path: Path, toy: Cleaner) -> None:
        write_page(tmp_path, "good", PAGE, txt="The heron stands.")
        write_page(tmp_path, "bad", PAGE, txt="The heron stands.")

        class Failing:
            def classify_html(self, html: bytes) -> object:
                if "bad" not in seen:
                    seen.append("bad")
                    raise RuntimeError("broken")
                return toy.classify_html(html)

        seen: list[str] = []
        report = bench(tmp_path, Failing())  # type: ignore[arg-type]
        assert [(item.f1, item.error) for item in report.items] == [
            (0, "RuntimeError: broken"),
            (1, ""),
        ]
        assert "0.0000  bad.html: RuntimeError: broken" in report.render()


def test_report_lists_the_worst_first_and_ends_with_the_verdict(
    tmp_path: Path, toy: Cleaner
) -> None:
    write_page(tmp_path, "a", PAGE, txt="The heron stands.")
    write_page(tmp_path, "b", PAGE, txt="Nothing alike")
    write_text(tmp_path, "c", "Buy!!!\nThe heron.", ["subscription", "content"])
    assert bench(tmp_path, toy).render().splitlines() == [
        "0.0000  b.html",
        "1.0000  a.html",
        "1.0000  c",
        "0.0000  content words lost",
        "1.0000  chrome lines found",
        "0.0000  macro-F1 over the chrome labels",
        "0.6667  mean F1 of 3 (floor 0.9): FAILED",
    ]


class TestBadInput:
    def test_a_folder_without_labelled_pages(self, tmp_path: Path, toy: Cleaner) -> None:
        with pytest.raises(ConfigError, match=r"expected NAME\.html with NAME\.txt"):
            bench(tmp_path, toy)
        with pytest.raises(ConfigError, match="no such folder"):
            bench(tmp_path / "missing", toy)

    @pytest.mark.parametrize("floor", [-0.1, 1.1, float("nan")])
    def test_a_floor_that_is_no_share(self, tmp_path: Path, toy: Cleaner, floor: float) -> None:
        with pytest.raises(ConfigError, match="between 0 and 1"):
            bench(tmp_path, toy, min_f1=floor)

    def test_a_page_without_labels(self, tmp_path: Path) -> None:
        write_page(tmp_path, "page", PAGE)
        with pytest.raises(ConfigError, match=r"neither page\.txt nor page\.json"):
            list(read_folder(tmp_path))

    @pytest.mark.parametrize("doc", ["missing.html", "../page.html"])
    def test_annotated_documents_that_are_not_there(self, tmp_path: Path, doc: str) -> None:
        write_page(tmp_path, "page", PAGE, txt="The heron stands.")
        (tmp_path / "sub").mkdir()
        write_annotated(tmp_path / "sub", [(doc, 1, "content", "The heron stands.")])
        with pytest.raises(ConfigError, match=f"labels {doc}, which is not beside it"):
            list(read_folder(tmp_path))

    def test_labels_without_their_text(self, tmp_path: Path) -> None:
        (tmp_path / "x.labels.json").write_text('{"labels": []}')
        with pytest.raises(ConfigError, match=r"x\.txt, which is not there"):
            list(read_folder(tmp_path))

    def test_a_line_whose_text_is_none(self, tmp_path: Path) -> None:
        write_page(tmp_path, "page", PAGE, json={"lines": [{"text": 3, "label": "content"}]})
        with pytest.raises(ConfigError, match=r"page\.json: a line's text must be a string, not 3"):
            list(read_folder(tmp_path))

    @pytest.mark.parametrize("name", ["page.txt", "page.json"])
    def test_a_file_that_is_not_utf8(self, tmp_path: Path, name: str) -> None:
        write_page(tmp_path, "page", PAGE)
        (tmp_path / name).write_bytes("Möwe".encode("latin-1"))
        with pytest.raises(ConfigError, match=f"{name} is not UTF-8"):
            list(read_folder(tmp_path))

    def test_a_folder_named_like_a_page_is_looked_into(self, tmp_path: Path) -> None:
        write_page(tmp_path / "site.html", "page", PAGE, txt="The heron stands.")
        (item,) = read_folder(tmp_path)
        assert item.name == "site.html/page.html"

    @pytest.mark.parametrize("labels", [["content"], ["content"] * 3])
    def test_labels_that_do_not_fit_the_lines(self, tmp_path: Path, labels: list[str]) -> None:
        write_text(tmp_path, "x", "one\ntwo", labels)
        with pytest.raises(ConfigError, match=f"{len(labels)} labels for the 2 lines"):
            list(read_folder(tmp_path))

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            ('{"labels": ["contents"]}', "'contents' is not a valid Label"),
            ('{"label": []}', "the key 'labels' is missing"),
            ("[1]", "list indices"),
            ("{", "Expecting property name"),
        ],
    )
    def test_a_broken_labels_file(self, tmp_path: Path, labels: str, message: str) -> None:
        (tmp_path / "x.txt").write_text("one")
        (tmp_path / "x.labels.json").write_text(labels)
        with pytest.raises(ConfigError, match=message):
            list(read_folder(tmp_path))
